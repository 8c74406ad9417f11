"""Time that is bounded: an instant on the monotonic clock, and calls that may not take longer than they should."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadline:
    """A span of time that started when the object was made. It does not move when the wall clock does."""

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, 0.0 when it has passed."""
        return max(0.0, self._at - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._at


class _Call(threading.Thread, Generic[T]):
    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._function = function
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self._function())
        except BaseException as error:
            self.error = error


def within(seconds: float, function: Callable[[], T]) -> T:
    """Call a function that has no time limit of its own (a name resolution, say), and give what it gives.

    Raises:
        TimeoutError: it did not return in time. It goes on in a thread that does not keep the process alive.
    """
    call = _Call(function)
    call.start()
    call.join(seconds)
    if call.error is not None:
        raise call.error
    if not call.results:
        raise TimeoutError(f"no answer within {seconds:g} seconds")
    return call.results[0]
