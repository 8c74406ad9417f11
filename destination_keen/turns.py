"""Steps that take long and give their caller the turn all the while, so that signals are noticed and nothing waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from typing import TypeVar

from destination_keen.deadline import Deadline

T = TypeVar("T")

Turns = Generator[None, None, T]
"""Yields whenever the caller may do something else, several times a second, and returns a T."""

_TURN = 0.1
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0


def pause(seconds: float) -> Turns[None]:
    """Wait."""
    deadline = Deadline(seconds)
    while not deadline.passed:
        time.sleep(min(_TURN, deadline.remaining))
        yield


def awaited(call: Callable[[], T]) -> Turns[T]:
    """Give what a call that takes its time gives, or raise what it raises.

    Whoever gives up on it leaves it behind in a thread that does not keep the process alive.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not wait([future], _TURN).done:
        yield
    return future.result()


class Patience:
    """How often and how long to ask again: ever less often, and no longer than `seconds` without progress."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Begin anew, because there was progress."""
        self._deadline = Deadline(self.seconds)

    @property
    def waited(self) -> float:
        """Seconds without progress."""
        return self.seconds - self._deadline.remaining

    @property
    def spent(self) -> bool:
        """Whether it is time to give up."""
        return self._deadline.passed

    def pause(self) -> Turns[None]:
        """Wait half as long as there has been no progress, from 0.05 to 5 s."""
        yield from pause(min(max(self.waited / 2, _SHORTEST_PAUSE), _LONGEST_PAUSE, self._deadline.remaining))


class Allowance:
    """At most `count` requests in any span of `seconds`, wherever between here and Keen the clock is."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._latest: deque[float] = deque(maxlen=count)

    def wait(self) -> Turns[None]:
        """Wait until one more is allowed."""
        if len(self._latest) == self._latest.maxlen:
            yield from pause(self._latest[0] + self._seconds - time.monotonic())

    def count(self) -> None:
        """Count a request, once it is over."""
        self._latest.append(time.monotonic())
