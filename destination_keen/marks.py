"""How the events of a collection are told apart, as property filters of Keen's API: by sync, and by generation.

Every event carries `_airbyte_meta.sync_id`, and `_airbyte_generation_id` where the platform gives generations.
"""

from __future__ import annotations

from typing import Any

from destination_keen.catalog import Stream

Filter = dict[str, Any]
"""A property filter: property_name, operator and property_value."""

_SYNC = "_airbyte_meta.sync_id"
_GENERATION = "_airbyte_generation_id"


def of_sync(stream: Stream) -> Filter:
    """The events of this sync, its earlier attempts included."""
    return where(_SYNC, "eq", stream.sync_id)


def current(stream: Stream) -> Filter:
    """The events that belong to what this sync writes: those of its generation, or of the sync itself."""
    return of_sync(stream) if stream.generation_id is None else where(_GENERATION, "eq", stream.generation_id)


def superseded(stream: Stream) -> tuple[Filter, ...]:
    """The events that this sync replaces, in parts that have no event in common: those of an older generation (without
    generations: of another sync), and those that carry no mark at all.
    """
    if stream.generation_id is not None:
        return where(_GENERATION, "lt", stream.generation_id), where(_GENERATION, "exists", False)
    return (
        where(_SYNC, "lt", stream.sync_id),
        where(_SYNC, "gt", stream.sync_id),
        where(_SYNC, "exists", False),
    )


def where(name: str, operator: str, value: object) -> Filter:
    """A filter on a property, by its path with dots."""
    return {"property_name": name, "operator": operator, "property_value": value}
