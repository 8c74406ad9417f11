"""Points in time as Keen writes them: ISO 8601 in UTC with milliseconds, a fixed width that sorts as text."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_ISO_8601 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:\.(\d+))?(?:Z|([+-]\d\d):?(\d\d))?", re.ASCII)


def read_instant(text: str) -> datetime:
    """Read an ISO 8601 date and time; seconds, fraction and zone may be missing, and no zone means UTC.

    The zones are those of Keen's data modelling guide: `Z`, `+hhmm` and `+hh:mm`. The result keeps the offset
    that was written. Raises ValueError for any other text and for a date that does not exist.
    """
    match = _ISO_8601.fullmatch(text)
    if match is None:
        raise ValueError("not an ISO 8601 date and time such as 2024-03-31T09:30:00.000Z")
    day, minute, second, fraction, zone_hours, zone_minutes = match.groups()
    offset = f"{zone_hours}:{zone_minutes}" if zone_hours else "+00:00"
    return datetime.fromisoformat(f"{day}T{minute}{second or ':00'}.{(fraction or '')[:6]:0<6}{offset}")


def write_instant(instant: datetime) -> str:
    """Write an aware datetime as `YYYY-MM-DDTHH:MM:SS.mmmZ`; what is finer than a millisecond is cut off.

    Raises ValueError where the instant, taken to UTC, leaves the years 1 to 9999.
    """
    try:
        utc = instant.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def normalise_instant(text: str) -> str:
    """Rewrite an ISO 8601 date and time in Keen's own form. Raises ValueError where it is none."""
    return write_instant(read_instant(text))
