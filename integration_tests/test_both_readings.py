"""The promises under either reading of what nobody has verified with Keen (docs/keen-assumptions.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from integration_tests.connector import record, run, state
from integration_tests.sandbox import WRITE_KEY, Sandbox

COMPLETE = (
    b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.0,'
    b'"stream_status":{"stream_descriptor":{"name":"users"},"status":"COMPLETE"}}}'
)


@contextmanager
def local_keen(*options: str) -> Iterator[Sandbox]:
    with TemporaryDirectory(prefix="keen-") as name, Sandbox(Path(name), "--fast-limits", *options) as sandbox:
        yield sandbox


def users(mode: str = "append", generation: int = 1, minimum: int = 0, sync: int = 1) -> dict[str, Any]:
    """A catalog of one stream with a primary key."""
    return {
        "streams": [
            {
                "stream": {"name": "users", "json_schema": {"properties": {"i": {"type": "integer"}}}},
                "destination_sync_mode": mode,
                "primary_key": [["i"]],
                "generation_id": generation,
                "minimum_generation_id": minimum,
                "sync_id": sync,
            }
        ]
    }


def source(count: int) -> list[bytes]:
    return [*(record(i=number) for number in range(count)), state(1), COMPLETE]


def numbers(sandbox: Sandbox) -> list[int]:
    return sorted(event["i"] for event in sandbox.events("users"))


@pytest.mark.parametrize(("reading", "times"), [([], 1), (["--no-kafka-tokens"], 2)])
def test_a_repeated_attempt_loses_nothing_whether_or_not_tokens_count_over_kafka(
    reading: list[str], times: int
) -> None:
    with local_keen(*reading) as sandbox:
        for _ in range(2):
            ended = run("write", sandbox.config | {"deduplicate": True}, users(), source(50))
            assert (ended.code, len(ended.states)) == (0, 1)
        assert numbers(sandbox) == sorted([*range(50)] * times)


@pytest.mark.parametrize(
    ("method", "reading"),
    [("kafka", []), ("kafka", ["--tokens-outlive-deletes"]), ("http", ["--tokens-outlive-deletes"])],
)
def test_i11_an_overwrite_with_the_same_data_keeps_all_of_it_whether_or_not_tokens_outlive_deletes(
    method: str, reading: list[str]
) -> None:
    with local_keen(*reading) as sandbox:
        config = sandbox.config | {"deduplicate": True}
        config["delivery"] |= {"method": method}
        for generation in (1, 2):
            catalog = users("overwrite", generation, minimum=generation, sync=generation)
            assert run("write", config, catalog, source(50)).code == 0
            assert numbers(sandbox) == list(range(50))
            assert {event["_airbyte_generation_id"] for event in sandbox.events("users")} == {generation}


@pytest.mark.parametrize("reading", [[], ["--tokens-outlive-deletes"]])
def test_i11_an_overwrite_without_generations_keeps_what_is_the_same_as_before(reading: list[str]) -> None:
    catalog = users("overwrite")
    for name in ("generation_id", "minimum_generation_id", "sync_id"):
        del catalog["streams"][0][name]
    with local_keen(*reading) as sandbox:
        for count in (50, 51):
            assert run("write", sandbox.config | {"deduplicate": True}, catalog, source(count)).code == 0
            assert numbers(sandbox) == list(range(count))


@pytest.mark.parametrize("reading", [[], ["--missing-collection-status", "200"]])
def test_a_collection_that_does_not_exist_counts_as_empty(reading: list[str]) -> None:
    with local_keen(*reading) as sandbox:
        config = sandbox.config | {"verify_delivery": True}
        assert run("write", config, users("overwrite", 1, minimum=1), source(5)).code == 0
        assert numbers(sandbox) == list(range(5))


@pytest.mark.parametrize("reading", [[], ["--forbidden-status", "401"]])
def test_a_key_that_may_not_delete_is_told_apart_from_a_wrong_one(reading: list[str]) -> None:
    with local_keen(*reading) as sandbox:
        config = sandbox.config | {"api_key": WRITE_KEY}
        checked = run("check", config).status
        assert (checked["status"], "is not a master key" in checked["message"]) == ("SUCCEEDED", True)
        ended = run("write", config, users("overwrite", 1, minimum=1), source(5))
        assert (ended.code, ended.states) == (1, [])
        (error,) = ended.errors
        assert (error["failure_type"], "is not a master key" in error["message"]) == ("config_error", True)
        assert sandbox.counts() == {}


@pytest.mark.parametrize("reading", [[], ["--string-units", "utf16"]])
def test_i10_no_text_is_too_long_in_whatever_units_keen_counts(reading: list[str]) -> None:
    texts = ["\U0001f600" * 9_999, "\U0001f600" * 4_999 + "ab", "\U0001f600" * 5_000, "é" * 9_999, "x" * 20_000]
    with local_keen(*reading) as sandbox:
        lines = [record(i=number, long=text) for number, text in enumerate(texts)]
        assert run("write", sandbox.config, users(), lines).code == 0
        assert sandbox.counts() == {"users": (5, 0)}


@pytest.mark.parametrize("method", ["kafka", "http"])
def test_verification_waits_for_events_that_keen_stores_late(method: str) -> None:
    with local_keen("--ingest-delay", "3") as sandbox:
        config = sandbox.config | {"verify_delivery": True}
        config["delivery"] |= {"method": method}
        ended = run("write", config, users("overwrite", 1, minimum=1), source(20))
        assert (ended.code, len(ended.states)) == (0, 1)
        assert numbers(sandbox) == list(range(20))
