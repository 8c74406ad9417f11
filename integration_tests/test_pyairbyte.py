"""PyAirbyte runs the connector. Its verdict is weak, so what arrived in the local Keen is
compared with what was sent.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from integration_tests import UnavailableError, do_without
from integration_tests.pyairbyte import PyAirbyte
from integration_tests.sandbox import Sandbox
from integration_tests.source_faker import SourceFaker

FAKER = {"users": 300, "purchases": 300, "products": 100}
SMOKE = {
    "preflight_basic_types": 3,
    "CamelCaseStreamName": 1,
    "array_of_primitives": 3,
    "basic_types": 3,
    "column_naming_edge_cases": 1,
    "duplicate_primary_keys": 6,
    "large_batch_stream": 1000,
    "large_decimals_and_numbers": 3,
    "large_string_values": 2,
    "long_column_names": 1,
    "nested_json_objects": 2,
    "null_handling": 3,
    "schema_with_no_primary_key": 3,
    "single_record_stream": 1,
    "sparse_records": 7,
    "special_number_values": 7,
    "table_naming_edge_cases": 1,
    "time_types": 3,
    "timestamp_types": 3,
    "unicode_and_special_strings": 4,
    "union_types": 3,
    "wide_table_50_columns": 2,
}
"""The events of each collection after the smoke test; it sends an empty stream besides."""
RENAMED = {
    "column.with.dots": "column_with_dots",
    "_airbyte_extracted_at": "_airbyte_extracted_at_",
    "_airbyte_meta": "_airbyte_meta_",
}
KEPT_OF_A_STRING = 9_999


@pytest.fixture
def pyairbyte(tmp_path: Path) -> PyAirbyte:
    try:
        return PyAirbyte(tmp_path)
    except UnavailableError as reason:
        if sys.version_info >= (3, 13):
            pytest.skip(str(reason))
        do_without(reason)


def text(data: dict[str, Any], extracted_at: int) -> str:
    """A record as text that can be compared."""
    return json.dumps([data, extracted_at], sort_keys=True)


def to_arrive(messages: Iterable[dict[str, Any]]) -> dict[str, Counter[str]]:
    """The records that PyAirbyte sent, by collection, as Keen should hold them."""
    records: dict[str, Counter[str]] = {}
    for message in messages:
        if message["type"] == "RECORD":
            record = message["record"]
            data = {
                RENAMED.get(name, name): value[:KEPT_OF_A_STRING] if isinstance(value, str) else value
                for name, value in record["data"].items()
            }
            # From its cache PyAirbyte sends seconds where the protocol says milliseconds.
            emitted_at = record["emitted_at"] * (1 if record["emitted_at"] > 1e11 else 1000)
            records.setdefault(record["stream"].lstrip("_"), Counter())[text(data, emitted_at)] += 1
    return records


def arrived(sandbox: Sandbox) -> dict[str, Counter[str]]:
    """The records that the sandbox holds, by collection; what the connector and Keen added is checked and taken off."""
    records: dict[str, Counter[str]] = {}
    for collection in sandbox.counts():
        records[collection] = Counter()
        for event in sandbox.events(collection):
            assert set(event.pop("keen")) == {"timestamp", "created_at", "id"}
            # PyAirbyte says 1 for every id, whatever it syncs.
            assert (event.pop("_airbyte_generation_id"), event.pop("_airbyte_meta")["sync_id"]) == (1, 1)
            records[collection][text(event, event.pop("_airbyte_extracted_at"))] += 1
    return records


def check_arrived(sandbox: Sandbox, pyairbyte: PyAirbyte, expected: dict[str, int]) -> None:
    assert sandbox.counts() == {collection: (events, 0) for collection, events in expected.items()}
    assert arrived(sandbox) == to_arrive(pyairbyte.sent)


def test_pyab_validate_passes(fresh_sandbox: Sandbox, pyairbyte: PyAirbyte) -> None:
    ended = pyairbyte.validate(fresh_sandbox.config_file)
    assert ended.returncode == 0, ended.stderr
    assert "Connection check succeeded" in ended.stderr


def test_pyab_validate_fails_where_nobody_listens(pyairbyte: PyAirbyte) -> None:
    ended = pyairbyte.validate(Path(__file__).with_name("nobody-listens.json"))
    assert ended.returncode == 1


def test_every_scenario_of_the_smoke_test_arrives_as_it_was_sent(fresh_sandbox: Sandbox, pyairbyte: PyAirbyte) -> None:
    verdict = pyairbyte.smoke_test(fresh_sandbox.config_file)
    assert verdict["success"], verdict["error"]
    assert (verdict["preflight_passed"], verdict["records_delivered"]) == (True, 1059)
    check_arrived(fresh_sandbox, pyairbyte, SMOKE)


def test_the_next_sync_begins_where_the_states_of_the_last_one_ended(
    fresh_sandbox: Sandbox, pyairbyte: PyAirbyte, faker: SourceFaker
) -> None:
    assert pyairbyte.sync(fresh_sandbox.config_file) == 700
    check_arrived(fresh_sandbox, pyairbyte, FAKER)
    assert pyairbyte.sync(fresh_sandbox.config_file) == 0
    check_arrived(fresh_sandbox, pyairbyte, FAKER)


def test_a_sync_by_way_of_a_cache_arrives_as_it_was_sent(
    fresh_sandbox: Sandbox, pyairbyte: PyAirbyte, faker: SourceFaker
) -> None:
    assert pyairbyte.sync(fresh_sandbox.config_file, cached=True) == 700
    check_arrived(fresh_sandbox, pyairbyte, FAKER)
