"""What holds for any line of input whatever: it is sent, returned, ignored, or refused with one clear error.

Which of the four it has to be is read here by the standard library's decoder, which the connector does not use for it.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any, NamedTuple

from destination_keen import catalog
from destination_keen.config import Limits
from destination_keen.errors import DestinationError, InternalError, MalformedInputError
from destination_keen.interruption import Interruption
from destination_keen.producer.memory import MemoryProducer
from destination_keen.writer import Writer
from keen_sandbox.rules import Event, examine

CONTENT = "0nly-1n-a-rec0rd"
"""Text for the contents of lines, which no error may show."""
STREAMS = (("users", None), ("orders", "public"))
"""The streams of the catalog, the second one with a schema and a cursor."""

_NOW = datetime(2024, 5, 6, tzinfo=timezone.utc)
_LAST_MILLISECONDS = 253_402_300_799_999
_DEEPEST = 100
_SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": ["null", "string"]},
        "at": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
_CATALOG = {
    "streams": [
        {"stream": {"name": "users", "json_schema": {}}, "destination_sync_mode": "append"},
        {
            "stream": {"name": "orders", "namespace": "public", "json_schema": _SCHEMA},
            "destination_sync_mode": "append",
            "cursor_field": ["at"],
        },
    ]
}
_RECORD = b'{"type":"RECORD","record":{"stream":"users","data":{"i":%d},"emitted_at":1760000000000}}'
_STATE = b'{"type":"STATE","state":{"type":"LEGACY","data":{},"id":%d}}'


class Outcome(NamedTuple):
    """What became of a line: events and states that were made of it, and the error that it ended the run with."""

    events: list[bytes]
    states: list[bytes]
    error: DestinationError | None


def outcome(line: bytes) -> Outcome:
    """Put a line between two records and two states, run a sync on all, and hold it to what is always true.

    Args:
        line: any bytes; a line break in it makes two lines of it, and of both together everything here is true.

    Raises:
        AssertionError: something before the line was lost, an event would be dropped by Keen, or the error is not
            one for the user or shows content.
    """
    first, last = [_RECORD % 1, _STATE % 1], [_RECORD % 2, _STATE % 2]
    producer = MemoryProducer()
    streams = catalog.parse(json.dumps(_CATALOG).encode(), infer_timestamp=True)
    states: list[bytes] = []
    error = None
    try:
        for released in Writer(streams, producer, Limits(), Interruption()).run([[*first, *line.split(b"\n"), *last]]):
            states += released
    except DestinationError as caught:
        error = caught
    values = [value for _, value in producer.events]
    for collection, value in producer.events:
        assert isinstance(examine(collection, value, _NOW), Event), "Keen would drop the event"
    assert _number(values.pop(0)) == 1, "the record before the line is missing"
    assert json.loads(states.pop(0))["state"]["id"] == 1, "the state before the line is missing"
    if error is not None:
        _assert_clear(error)
    else:
        assert _number(values.pop()) == 2, "the record after the line is missing"
        assert json.loads(states.pop())["state"]["id"] == 2, "the state after the line is missing"
    return Outcome(values, states, error)


def check(line: bytes) -> None:
    """Hold one line to what has to become of it.

    Args:
        line: any bytes without a line break.

    Raises:
        AssertionError: it was lost, taken for something else, or refused although it is right.
    """
    events, states, error = outcome(line)
    assert len(events) + len(states) + (error is not None) <= 1, "more than one thing was made of a line"
    message = _read(line)
    kind = message.get("type") if isinstance(message, dict) else None
    if kind == "RECORD":
        assert events or error, "a record was lost"
    elif kind == "STATE":
        assert states or error, "a state was lost"
    else:
        assert events + states == [], "something was made of a line that holds neither record nor state"
    if kind == "RECORD" and _is_utf_8(line) and _is_right_record(message.get("record")):
        assert events, "a record that is right was refused"


def _number(value: bytes) -> Any:
    return json.loads(value)["i"]


def _assert_clear(error: DestinationError) -> None:
    said = error.message + error.internal_message
    assert isinstance(error, MalformedInputError) or "not in the configured catalog" in said, f"unforeseen: {said}"
    assert type(error) in (InternalError, MalformedInputError)
    # A stream that the catalog lacks has to be named, whatever its name is.
    assert CONTENT not in re.sub('the stream ".*", which', "", said, flags=re.DOTALL), "the error shows content"


def _read(line: bytes) -> Any:
    """Read a line as the standard library does, with a sign for what is not UTF-8; None where it is no JSON."""
    text = line.decode(errors="replace").lstrip("\ufeff \t\v\f\r").rstrip(" \t\v\f\r")
    try:
        return json.loads(text, parse_int=float, strict=False)
    except (ValueError, RecursionError):
        return None


def _is_utf_8(line: bytes) -> bool:
    return line.decode(errors="ignore").encode() == line


def _is_right_record(record: Any) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("data"), dict):
        return False
    moment = record.get("emitted_at")
    known = (record.get("stream"), record.get("namespace")) in STREAMS
    timely = isinstance(moment, float) and 0 <= moment <= _LAST_MILLISECONDS
    return known and timely and isinstance(record.get("meta"), dict | None) and not _is_deeper(record, _DEEPEST)


def _is_deeper(value: Any, levels: int) -> bool:
    below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in below)
