"""Configured catalogs as the platform writes them, and what becomes of them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from destination_keen.catalog import Stream, parse
from destination_keen.protocol import Record

MOMENT = {"type": "string", "format": "date-time"}
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "created_at": MOMENT}}


def configured(name: Any = "users", schema: Any = SCHEMA, namespace: Any = None, **settings: Any) -> dict[str, Any]:
    """A configured stream, with all the keys that the platform and PyAirbyte send."""
    stream = {"name": name, "namespace": namespace, "json_schema": schema, "supported_sync_modes": ["full_refresh"]}
    return {
        "stream": {**stream, "source_defined_cursor": None, "is_resumable": False},
        "sync_mode": "incremental",
        "destination_sync_mode": "append",
        "cursor_field": None,
        "primary_key": None,
        "generation_id": None,
        "minimum_generation_id": None,
        "sync_id": None,
        "destination_object_name": None,
        **settings,
    }


def parsed(*streams: dict[str, Any], infer_timestamp: bool = True) -> list[Stream]:
    """The streams of a catalog."""
    return list(parse(json.dumps({"streams": streams}).encode(), infer_timestamp=infer_timestamp).values())


def event_of(stream: Stream, data: bytes) -> dict[str, Any]:
    """The event of a record with this data."""
    event: dict[str, Any] = json.loads(stream.encoder.encode(Record("s", msgspec.Raw(data), 1_700_000_000_000)))
    return event
