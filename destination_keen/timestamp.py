"""Which field of a stream gives `keen.timestamp`, and how its value becomes ISO 8601 in UTC.

The field is chosen once per stream: the cursor where it can be a time, else the field that the schema declares as a
time and whose name sounds most like the time of the event. Where a record has no readable time there, the time at
which the source read it is taken, for that record only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from dateutil import parser as dateutil_parser
from dateutil import tz

from destination_keen import schemas
from destination_keen.protocol import Path

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# Names that say event time, the clearest first.
_NAMES = (
    "timestamp",
    "time",
    "event_time",
    "occurred_at",
    "created_at",
    "created",
    "date",
    "datetime",
    "updated_at",
    "updated",
    "modified_at",
)
_NAMED_A_TIME = re.compile(
    r"(?i:(^|_)(timestamp|time|date|datetime|ts|epoch|created|updated|modified|at|on)(_|$))|[a-z](At|Time|Date|Timestamp)$"
)
_LONGEST_TIME = 64
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
# The common case, which needs no arithmetic: a moment in UTC, as most sources write it.
_UTC = (timezone.utc, None)
# Every third character of it from the fifth on.
_WITH_FRACTION = "--T::."
_LAYOUTS = {_WITH_FRACTION, "--T::", "--T::Z", "--T::+"}
# The end of a timeframe of Keen's is not in it, so that no query ever finds this moment.
_NEVER = "9999-12-31T23:59:59.999Z"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# What JavaScript writes in front of an offset. dateutil would turn the sign around, as POSIX does.
_UTC_BEFORE_OFFSET = re.compile(r"\b(GMT|UTC)(?=[+-][0-9])")
# The zones of RFC 822, in hours from UTC. Other abbreviations mean different things in different countries.
_ZONES = {"UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
# Two days that share neither year, month nor week of the month: what dateutil fills in shows as a difference.
_ONE_DAY, _OTHER_DAY = datetime(2000, 1, 1), datetime(2004, 2, 15)


class TimestampRule(NamedTuple):
    """Where a stream's event time is. `numeric`: whether numbers in that place are times, not, say, counters."""

    path: Path | None
    numeric: bool

    def __str__(self) -> str:
        return "emitted_at" if self.path is None else ".".join(self.path)

    def find(self, data: Mapping[str, Any]) -> Any:
        """Give what a record has in that place, None where it has nothing."""
        value: Any = data if self.path else None
        for name in self.path or ():
            if type(value) is not dict:
                return None
            value = value.get(name)
        return value

    def read(self, value: Any) -> str | None:
        """Give what was found as `YYYY-MM-DDTHH:MM:SS.mmmZ`, or None where it is not a time that can be read."""
        if type(value) is str and (kept := _kept(value)) is not None:
            return kept
        return None if value is None else iso_utc(value, numeric=self.numeric)


BY_EMISSION = TimestampRule(None, numeric=False)
"""The rule of a stream whose event time is the time at which the source read the record."""


def choose(schema: Mapping[str, Any], cursor: Sequence[str]) -> TimestampRule:
    """Choose the rule of a stream from its JSON schema and its cursor field (a path, empty where it has none).

    A cursor that is declared or named as a time comes first, then what the schema declares as a moment or a day, then a
    cursor of text, which may hold times all the same.
    """
    declared = schemas.declared(schema, cursor)
    types = schemas.types(declared) - {"null"}
    has_text = bool(cursor) and (not types or "string" in types)
    has_numbers = bool(cursor) and bool(types & {"integer", "number"})
    if (has_text or has_numbers) and (_is_time(declared) or _named_a_time(cursor[-1])):
        return TimestampRule(tuple(cursor), numeric=True)
    properties = schemas.properties(schema)
    for is_candidate in (_is_moment, _is_day):
        names = [name for name, declared in properties.items() if is_candidate(declared)]
        if names:
            return TimestampRule((min(names, key=_rank),), numeric=True)
    return TimestampRule(tuple(cursor), numeric=False) if has_text else BY_EMISSION


def from_milliseconds(milliseconds: int | float) -> str:
    """Write epoch milliseconds as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return _written(EPOCH + timedelta(milliseconds=milliseconds))


def iso_utc(value: Any, *, numeric: bool) -> str | None:
    """Read a time as sources write it and give it as `YYYY-MM-DDTHH:MM:SS.mmmZ`; None where it is not a time.

    Text is ISO 8601, or anything else that names at least a year, a month and a day and leaves no choice between day
    and month; no zone means UTC. Numbers, and text that is one, are times only if `numeric`: seconds, milliseconds,
    microseconds or nanoseconds since 1970 by their magnitude, from March 1973 on (what is smaller is more likely a
    duration or a count), or written like 20240131 or 20240131101112.
    """
    try:
        if type(value) is str:
            moment = _from_text(value, numeric=numeric)
        elif numeric and not isinstance(value, (bool, str)):
            moment = _from_number(value)
        else:
            return None
        written = None if moment is None else _written(moment)
        return None if written == _NEVER else written
    except (ValueError, OverflowError, TypeError, LookupError, ArithmeticError):
        return None


def _kept(text: str) -> str | None:
    # What most sources write is checked, and kept rather than made anew.
    layout = text[4:20:3]
    if layout not in _LAYOUTS or text >= "9999":
        return None
    try:
        if datetime.fromisoformat(text).tzinfo not in _UTC:
            return None
    except ValueError:
        return None
    if layout != _WITH_FRACTION:
        return text[:19] + ".000Z"
    return text[:23] + "Z" if len(text) > 22 and text[20:23].isdigit() else None


def _from_text(text: str, *, numeric: bool) -> datetime | None:
    text = text.strip()
    if len(text) > _LONGEST_TIME or not _FOUR_DIGITS.search(text):
        return None
    if _NUMBER.fullmatch(text):
        return _from_number(Decimal(text)) if numeric else None
    try:
        if "W" in text:
            raise ValueError("a week of the ISO calendar, which not every version of Python reads")
        return datetime.fromisoformat(text[:-1] + "+00:00" if text[-1] in "Zz" else text)
    except ValueError:
        pass
    parse = partial(dateutil_parser.parse, _UTC_BEFORE_OFFSET.sub("", text), tzinfos=_zone)
    moment = parse(default=_ONE_DAY)
    # Read again with the other order where only that tells day from month: 01/02/2024 is no time, 01/31/2024 is.
    other = parse(default=_OTHER_DAY, dayfirst=not text[:4].isdigit())
    return moment if moment == other else None


def _from_number(number: Any) -> datetime | None:
    if 19_000_101 <= number <= 21_001_231 and number % 1 == 0:
        return datetime.strptime(str(int(number)), "%Y%m%d")
    if 19_000_101_000_000 <= number <= 21_001_231_235_959:
        return datetime.strptime(str(int(number)), "%Y%m%d%H%M%S")
    size = abs(number)
    if 1e8 <= size < 1e11:
        return EPOCH + timedelta(seconds=float(number)) if number % 1 else EPOCH + timedelta(seconds=int(number))
    if 1e11 <= size < 1e14:
        return EPOCH + timedelta(milliseconds=int(number))
    if 1e14 <= size < 1e17:
        return EPOCH + timedelta(microseconds=int(number))
    if 1e17 <= size < 1e20:
        return EPOCH + timedelta(microseconds=int(number) // 1000)
    return None


def _written(moment: datetime) -> str:
    utc = moment.astimezone(timezone.utc) if moment.tzinfo is not None else moment
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _zone(name: str | None, offset: int | None) -> tz.tzoffset | None:
    if name is None and offset is None:
        return None
    # dateutil would take a zone that it does not know for UTC, and a name of this machine's own zone for local time.
    if offset is None:
        offset = 3600 * _ZONES[(name or "").upper()]
    return tz.tzoffset(None, offset)


def _is_moment(declared: Any) -> bool:
    return any(form == "date-time" or form.startswith("timestamp") for form in schemas.forms(declared))


def _is_day(declared: Any) -> bool:
    return "date" in schemas.forms(declared)


def _is_time(declared: Any) -> bool:
    return _is_moment(declared) or _is_day(declared)


def _named_a_time(name: str) -> bool:
    return _NAMED_A_TIME.search(name) is not None


def _rank(name: str) -> int:
    plain = name.lower()
    return next((rank for rank, known in enumerate(_NAMES) if plain == known), len(_NAMES))
