"""A part of a collection by time, which can be halved until it is small enough to be deleted at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from destination_keen.marks import Filter, where

_FIRST = datetime.min
_CREATED = "keen.created_at"
_MILLISECOND = timedelta(milliseconds=1)
# Keen's timeframes end before their end, and no year is later than 9999.
_END = (datetime.max - _FIRST) // _MILLISECOND


class Window(NamedTuple):
    """The events from `start` on and before `end` by `keen.timestamp`, in milliseconds since the year 1.

    Within one millisecond, `since` and `until` are the same by `keen.created_at`.
    """

    start: int = 0
    end: int = _END
    since: int = 0
    until: int = _END

    @property
    def timeframe(self) -> dict[str, str]:
        """The window as the `timeframe` of a request."""
        return {"start": _written(self.start), "end": _written(self.end)}

    @property
    def filters(self) -> list[Filter]:
        """What of the window the timeframe does not say, as `filters` of a request."""
        return [
            where(_CREATED, operator, _written(edge))
            for operator, edge, whole in (("gte", self.since, 0), ("lt", self.until, _END))
            if edge != whole
        ]

    def halves(self) -> tuple[Window, Window] | None:
        """Give the two windows that make up this one, or None where it is one millisecond in both times."""
        if self.end - self.start > 1:
            middle = (self.start + self.end) // 2
            return self._replace(end=middle), self._replace(start=middle)
        if self.until - self.since > 1:
            middle = (self.since + self.until) // 2
            return self._replace(until=middle), self._replace(since=middle)
        return None


ALWAYS = Window()
"""All that Keen can be asked about."""


def _written(milliseconds: int) -> str:
    return (_FIRST + milliseconds * _MILLISECOND).isoformat(timespec="milliseconds") + "Z"
