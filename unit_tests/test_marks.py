from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from destination_keen.catalog import Stream, parse
from destination_keen.marks import current, of_sync, superseded
from unit_tests.fake_keen import Event, matches


def _stream(**settings: Any) -> Stream:
    configured = {"stream": {"name": "users"}, "destination_sync_mode": "overwrite", **settings}
    [stream] = parse(json.dumps({"streams": [configured]}).encode(), infer_timestamp=True, sync_id=815).values()
    return stream


GENERATION = _stream(generation_id=3, minimum_generation_id=3, sync_id=7)
SYNC = _stream()


def test_a_generation_supersedes_the_ones_below_and_what_has_none() -> None:
    name = "_airbyte_generation_id"
    assert current(GENERATION) == {"property_name": name, "operator": "eq", "property_value": 3}
    assert superseded(GENERATION) == (
        {"property_name": name, "operator": "lt", "property_value": 3},
        {"property_name": name, "operator": "exists", "property_value": False},
    )
    assert of_sync(GENERATION) == {"property_name": "_airbyte_meta.sync_id", "operator": "eq", "property_value": 7}


def test_without_generations_a_sync_supersedes_all_others() -> None:
    assert current(SYNC) == of_sync(SYNC)
    assert of_sync(SYNC) == {"property_name": "_airbyte_meta.sync_id", "operator": "eq", "property_value": 815}
    assert [(each["operator"], each["property_value"]) for each in superseded(SYNC)] == [
        ("lt", 815),
        ("gt", 815),
        ("exists", False),
    ]


@given(st.none() | st.integers(0, 5), st.none() | st.integers(813, 817))
def test_what_is_current_and_the_parts_of_what_is_superseded_have_nothing_in_common(
    generation: int | None, sync: int | None
) -> None:
    event = Event(generation, sync)
    for stream in (GENERATION, SYNC):
        assert sum(matches(event, [mark]) for mark in (current(stream), *superseded(stream))) <= 1
    assert any(matches(event, [mark]) for mark in (current(SYNC), *superseded(SYNC)))
