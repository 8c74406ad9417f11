"""Events that break or stretch a rule of Keen's, by the name under which a report lists them."""

from __future__ import annotations

import json
from typing import Any

_ASTRAL = "\U0001f600"

VALUES: dict[str, dict[str, Any]] = {
    "plain": {},
    "dot in a property name": {"a.b": 1},
    "$ before a property name": {"$a": 1},
    "empty property name": {"": 1},
    "property name of 255 characters": {"n" * 255: 1},
    "property name of 256 characters": {"n" * 256: 1},
    "property name with _ in front": {"_airbyte": 1},
    "text of 9,999 characters": {"text": "x" * 9_999},
    "text of 10,000 characters": {"text": "x" * 10_000},
    "text of 9,999 characters outside the basic plane": {"text": _ASTRAL * 9_999},
    "text of 4,999 characters outside the basic plane": {"text": _ASTRAL * 4_999},
    "null": {"nothing": None},
    "list of objects": {"list": [{"a": 1}, {"a": 2}]},
    "list of several types": {"list": [1, "a", None]},
    "empty object": {"object": {}},
    "integer of 64 bits": {"number": 2**63 - 1},
    "integer of 65 bits": {"number": 2**63},
    "nested 200 levels deep": {"deep": json.loads('{"d":' * 199 + "1" + "}" * 199)},
    "over 900,000 bytes": {f"p{i}": "x" * 9_000 for i in range(101)},
}
"""What an event has beside its name."""

KEEN: dict[str, dict[str, Any]] = {
    "unknown member of keen": {"unknown": 1},
    "timestamp that is no time": {"timestamp": "yesterday"},
    "timestamp with microseconds": {"timestamp": "2026-05-01T10:00:00.123456Z"},
    "timestamp without a zone": {"timestamp": "2026-05-01T10:00:00.123"},
    "timestamp with an offset": {"timestamp": "2026-05-01T12:00:00.123+02:00"},
    "timestamp of the year 1": {"timestamp": "0001-01-01T00:00:00.000Z"},
    "timestamp of the year 1900": {"timestamp": "1900-01-01T00:00:00.000Z"},
    "timestamp of the year 2100": {"timestamp": "2100-01-01T00:00:00.000Z"},
    "timestamp of the year 9999": {"timestamp": "9999-12-31T12:00:00.000Z"},
    "timestamp as a number": {"timestamp": 1_777_629_600},
}
"""What an event has as its `keen`."""

BROKEN: dict[str, bytes] = {
    "invalid JSON": b'{"case":',
    "list at the root": b'[{"case":"list"}]',
    "text at the root": b'"case"',
    "nothing at all": b"",
    "not UTF-8": b'{"case":"\xff"}',
}
"""Messages that hold no event."""

LAST = "last"
"""The name of a plain event that is sent behind all others."""


def events() -> dict[str, dict[str, Any]]:
    """All events by name, each with its name as `case`."""
    named = {name: {"case": name, **more} for name, more in VALUES.items()}
    return named | {name: {"case": name, "keen": keen} for name, keen in KEEN.items()}
