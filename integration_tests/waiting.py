"""Waits for what other processes do in their own time."""

from __future__ import annotations

import time
from collections.abc import Callable

_SECONDS = 60.0
_PAUSE = 0.005


def until(condition: Callable[[], object], seconds: float = _SECONDS) -> float:
    """Wait for a condition and give how long that took.

    Raises:
        AssertionError: it did not come about in so many seconds.
    """
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "it did not happen"
        time.sleep(_PAUSE)
    return time.monotonic() - begin
