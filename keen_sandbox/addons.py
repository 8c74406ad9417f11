"""Evaluates the add-ons that an event asks for: of Keen's enrichments, the date and time parser.

The others need data that a local Keen does not have, so an event keeps nothing of them, as when their input is missing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from keen_sandbox.errors import KeenError
from keen_sandbox.instants import read_instant
from keen_sandbox.properties import check_name


def read_addons(configuration: Any) -> list[dict[str, Any]]:
    """Check the shape of `keen.addons`, an array of objects (Keen's page on data enrichment).

    Raises KeenError where it has another shape.
    """
    if not isinstance(configuration, list) or not all(isinstance(addon, dict) for addon in configuration):
        raise KeenError("InvalidPropertyValueError", "keen.addons has to be an array of objects.")
    return configuration


def enrich(event: dict[str, Any], addons: list[dict[str, Any]]) -> set[str]:
    """Fill the outputs of the add-ons into an event, in place, and tell which root properties changed.

    `event` is the whole event with its final `keen` object. An add-on whose input is missing or unreadable, or whose
    output is not an object outside the `keen` object, adds nothing. Raises KeenError for an output that Keen's rules
    for property names do not allow.
    """
    changed = set()
    for addon in addons:
        arguments, output = addon.get("input"), addon.get("output")
        if addon.get("name") != "keen:date_time_parser" or not isinstance(arguments, dict):
            continue
        moment = _moment(_look_up(event, arguments.get("date_time")))
        if moment is None or not isinstance(output, str):
            continue
        path = output.split(".")
        for name in path:
            check_name(name)
        if path[0] != "keen" and _fill(event, path, _date_time_members(moment)):
            changed.add(path[0])
    return changed


def _look_up(event: dict[str, Any], path: Any) -> Any:
    value: Any = event
    for name in path.split(".") if isinstance(path, str) else [None]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _moment(value: Any) -> datetime | None:
    try:
        return read_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _fill(event: dict[str, Any], path: list[str], members: dict[str, Any]) -> bool:
    place: Any = event
    for name in path:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            return False
    place.update(members)
    return True


def _date_time_members(moment: datetime) -> dict[str, Any]:
    """Name the parts of a moment as stored events show them: ISO week, and days from Monday = 1 to Sunday = 7."""
    offset = moment.utcoffset()
    return {
        "year": moment.year,
        "month": moment.month,
        "week": moment.isocalendar().week,
        "day_of_month": moment.day,
        "day_of_week": moment.isoweekday(),
        "day_of_week_string": moment.strftime("%A"),
        "hour": moment.hour,
        "minute": moment.minute,
        "second": moment.second,
        "millisecond": moment.microsecond // 1000,
        "timezone_offset": int(offset.total_seconds()) if offset else 0,
    }
