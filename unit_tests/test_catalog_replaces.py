"""Which streams replace what their collections hold, and how their events are told from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from destination_keen.catalog import parse
from destination_keen.errors import ConfigError
from unit_tests.configured import configured, event_of, parsed


@pytest.mark.parametrize(
    ("mode", "generation", "minimum", "sync", "replaces"),
    [
        ("append", 3, 0, 7, False),
        ("append", 3, None, 7, False),
        ("append", 3, 3, 7, True),
        ("append", 1, 1, 7, True),
        ("append", 0, 0, 7, False),
        ("append", None, None, 7, False),
        ("append_dedup", 3, 3, 7, True),
        ("overwrite", 3, 3, 7, True),
        ("overwrite", 3, 0, 7, False),
        ("overwrite", None, None, 7, True),
        ("overwrite", None, None, None, True),
        ("overwrite", None, 0, None, True),
    ],
)
def test_a_stream_replaces_where_its_generation_is_the_lowest_or_where_it_overwrites_without_generations(
    mode: str, generation: int | None, minimum: int | None, sync: int | None, replaces: bool
) -> None:
    ids = {"generation_id": generation, "minimum_generation_id": minimum, "sync_id": sync}
    [stream] = parsed(configured(destination_sync_mode=mode, **ids))
    assert (stream.replaces, stream.generation_id, stream.sync_id) == (replaces, generation, sync)


@pytest.mark.parametrize(("mode", "replaces"), [("append", False), ("append_dedup", False), ("overwrite", True)])
def test_the_ids_that_pyairbyte_always_sends_replace_nothing_unless_the_mode_says_so(mode: str, replaces: bool) -> None:
    ids = {"generation_id": 1, "minimum_generation_id": 1, "sync_id": 1}
    [stream] = parsed(configured(destination_sync_mode=mode, **ids))
    assert stream.replaces is replaces


@pytest.mark.parametrize(("generation", "minimum"), [(3, 2), (3, 4), (3, -1), (None, 3)])
def test_a_minimum_that_is_neither_0_nor_the_generation_is_refused(generation: int | None, minimum: int) -> None:
    with pytest.raises(ConfigError, match=r'"shop.orders" has the generation .* and the minimum generation'):
        parsed(configured("orders", namespace="shop", generation_id=generation, minimum_generation_id=minimum))


def test_the_sync_id_of_the_run_is_for_streams_that_have_none() -> None:
    catalog = json.dumps({"streams": [configured("a", sync_id=7), configured("b")]}).encode()
    a, b = parse(catalog, infer_timestamp=True, sync_id=815).values()
    assert (a.sync_id, b.sync_id) == (7, 815)
    assert [event_of(each, b"{}")["_airbyte_meta"] for each in (a, b)] == [{"sync_id": 7}, {"sync_id": 815}]


@pytest.mark.parametrize(
    ("deduplicate", "primary_key", "deduplicated"),
    [(True, [["id"]], True), (False, [["id"]], False), (True, [[]], False), (True, [], False), (True, None, False)],
)
def test_only_streams_with_a_primary_key_are_deduplicated(
    deduplicate: bool, primary_key: Any, deduplicated: bool
) -> None:
    catalog = json.dumps({"streams": [configured(primary_key=primary_key)]}).encode()
    [stream] = parse(catalog, infer_timestamp=True, deduplicate=deduplicate).values()
    assert stream.deduplicated is deduplicated


def _token(mode: str, generation: int | None, sync: int) -> Any:
    streams = [configured(destination_sync_mode=mode, generation_id=generation, primary_key=[["id"]])]
    catalog = json.dumps({"streams": streams}).encode()
    [stream] = parse(catalog, infer_timestamp=True, deduplicate=True, sync_id=sync).values()
    return event_of(stream, b'{"id":7}')["keen"]["uniqueness_token"]


def test_an_event_that_replaces_another_never_has_its_token() -> None:
    assert _token("overwrite", None, 1) == _token("overwrite", None, 1) != _token("overwrite", None, 2)
    assert _token("append", None, 1) == _token("append", None, 2) != _token("overwrite", None, 1)
    assert _token("append", 3, 1) == _token("append", 3, 2) != _token("append", 4, 2)
