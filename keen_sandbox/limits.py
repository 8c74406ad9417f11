"""Keen's rate limits: so many requests of a kind in a minute, and after one too many none of that kind for a minute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from enum import Enum

from keen_sandbox.errors import KeenError

MINUTE = 60.0
FAST_MINUTE = 0.5
"""The seconds of a minute for tests, which reach a limit and wait for its end as they would with Keen."""


class Kind(Enum):
    """The kinds of requests that are limited: a text for the refusal, and how many of them a minute may have.

    The numbers are those of Keen's API reference, which limits no recording. Keen counts them for a project or for
    an organisation; a local Keen has one of each.
    """

    QUERY = ("queries", 200)
    EXTRACTION = ("extractions", 200)
    FILTERED_DELETION = ("deletions with filters or a timeframe", 10)
    COLLECTION_DELETION = ("deletions of a collection", 100)


class RateLimits:
    """What was asked for in the last minute, by kind. `minute` is in seconds; `clock` gives monotonic seconds."""

    def __init__(self, minute: float = MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._minute = minute
        self._clock = clock
        self._admitted: dict[Kind, deque[float]] = {kind: deque() for kind in Kind}
        self._closed_until = dict.fromkeys(Kind, float("-inf"))

    def admit(self, kind: Kind) -> None:
        """Count a request, or refuse it with a KeenError of status 429, as every one in the minute after that."""
        now = self._clock()
        text, most = kind.value
        admitted = self._admitted[kind]
        while admitted and admitted[0] <= now - self._minute:
            admitted.popleft()
        if now >= self._closed_until[kind]:
            if len(admitted) < most:
                admitted.append(now)
                return
            self._closed_until[kind] = now + self._minute
        raise KeenError(
            "TooManyRequestsError", f"There may be {most} {text} in a minute. Wait for a minute and ask again.", 429
        )
