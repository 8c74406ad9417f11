"""SIGTERM and SIGINT end a run in good order; a second one ends it at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from destination_keen.errors import InterruptedRunError

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """Whether the run should end, to be asked at safe points."""

    def __init__(self) -> None:
        self._error: InterruptedRunError | None = None

    def check(self) -> None:
        """Go on, or end.

        Raises:
            InterruptedRunError: a signal came.
        """
        if self._error is not None:
            raise self._error

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to signals in this block. Only the main thread may."""
        previous = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a handler
        if self._error is not None:
            os._exit(self._error.exit_code)
        self._error = InterruptedRunError(number, signal.Signals(number).name)
