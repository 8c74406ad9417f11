"""Which time a query is about: timeframes relative to now or absolute, and the intervals that divide them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from keen_sandbox.errors import KeenError
from keen_sandbox.instants import read_instant, write_instant

_MOST_INTERVALS = 9_000
_RELATIVE = re.compile(r"(this|previous)_(?:(\d{1,6})_)?(minute|hour|day|week|month|year)s?", re.ASCII)
_EVERY = re.compile(r"every_(\d{1,6})_(minute|hour|day|week|month|year)s?", re.ASCII)
_SHORTHANDS = {"today": "this_day", "yesterday": "previous_day"}
_NAMED_INTERVALS = {
    "minutely": "minute",
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "yearly": "year",
}


class Timeframe(NamedTuple):
    """A span of time: `start` belongs to it, `end` does not. Both are aware, in the time zone of the query."""

    start: datetime
    end: datetime

    def as_json(self) -> dict[str, str]:
        """Write the span as Keen does in the rows of an interval."""
        return {"start": write_instant(self.start), "end": write_instant(self.end)}


def read_timeframe(timeframe: Any, zone: tzinfo, now: datetime) -> Timeframe:
    """Read a `timeframe` parameter: `this_N_units`, `previous_N_units`, a shorthand, or an object of start and end.

    A relative timeframe is made of whole calendar units of the time zone: `this_` ends with the unit that `now` is in,
    `previous_` before it, and weeks begin on Sunday. Raises KeenError for anything else.
    """
    try:
        if isinstance(timeframe, Mapping):
            start, end = (read_instant(timeframe[edge]).astimezone(zone) for edge in ("start", "end"))
            return Timeframe(start, end)
        match = _RELATIVE.fullmatch(_SHORTHANDS.get(timeframe, timeframe))
        if match and (count := int(match[2] or 1)):
            unit = match[3]
            current = _begin(now.astimezone(zone), unit)
            end = _step(current, unit, 1) if match[1] == "this" else current
            return Timeframe(_step(end, unit, -count), end)
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    raise KeenError(
        "InvalidParameterError",
        f"The timeframe {timeframe!r} is neither relative, such as this_14_days or previous_2_weeks, nor an object "
        "with start and end as ISO 8601 dates and times.",
    )


def read_zone(name: Any) -> tzinfo:
    """Read a `timezone` parameter: an IANA name, or the offset from UTC in seconds. Raises KeenError for another."""
    try:
        if isinstance(name, str) and not re.fullmatch(r"[+-]?\d+", name, re.ASCII):
            return ZoneInfo(name)
        return timezone(timedelta(seconds=int(name)))
    except (TypeError, ValueError, OverflowError, OSError, ZoneInfoNotFoundError) as error:
        message = f"The timezone {name!r} is neither an IANA name nor an offset in seconds."
        raise KeenError("InvalidParameterError", message) from error


def divide(timeframe: Timeframe, interval: Any) -> list[Timeframe]:
    """Divide a timeframe by an `interval` parameter, such as `daily` or `every_2_weeks`, along the calendar.

    The first and the last part are cut where the timeframe is. Raises KeenError for an unknown interval, and where it
    gives more than the 9,000 parts that Keen allows.
    """
    match = _EVERY.fullmatch(interval) if isinstance(interval, str) else None
    count, unit = (int(match[1]), match[2]) if match else (1, _NAMED_INTERVALS.get(str(interval), ""))
    if not unit or not count:
        raise KeenError(
            "InvalidParameterError",
            f"The interval {interval!r} is neither minutely, hourly, daily, weekly, monthly or yearly, "
            "nor of the form every_2_days.",
        )
    parts = list(islice(_parts(timeframe, unit, count), _MOST_INTERVALS + 1))
    if len(parts) > _MOST_INTERVALS:
        raise KeenError("InvalidParameterError", "The interval divides the timeframe into more than 9,000 parts.")
    return parts


def _parts(timeframe: Timeframe, unit: str, count: int) -> Iterator[Timeframe]:
    """Give the parts in UTC: two moments of one time zone compare by the clock on the wall, which can go back."""
    first, last = (edge.astimezone(timezone.utc) for edge in timeframe)
    try:
        edge = _begin(timeframe.start, unit)
        start = first
        while start < last:
            edge = _step(edge, unit, count)
            end = min(edge.astimezone(timezone.utc), last)
            yield Timeframe(start, end)
            start = end
    except (ValueError, OverflowError) as error:
        raise KeenError("InvalidParameterError", "The interval leaves the years 1 to 9999.") from error


def _begin(moment: datetime, unit: str) -> datetime:
    """Give the beginning of the calendar unit that a moment is in."""
    if unit == "minute":
        return moment.replace(second=0, microsecond=0)
    if unit == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.isoweekday() % 7)
    return day if unit == "day" else day.replace(day=1, month=1 if unit == "year" else day.month)


def _step(moment: datetime, unit: str, count: int) -> datetime:
    """Go `count` units on from the beginning of a unit, by the clock on the wall for a day and longer."""
    if unit in ("minute", "hour"):
        length = timedelta(minutes=count) if unit == "minute" else timedelta(hours=count)
        return (moment.astimezone(timezone.utc) + length).astimezone(moment.tzinfo)
    if unit in ("day", "week"):
        return moment + timedelta(days=count if unit == "day" else 7 * count)
    months = moment.year * 12 + moment.month - 1 + (count if unit == "month" else 12 * count)
    return moment.replace(year=months // 12, month=months % 12 + 1)
