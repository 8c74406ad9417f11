"""`verify_delivery` as a process against the local Keen: what Keen does not hold in the end is an error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integration_tests import connector
from integration_tests.connector import record, state
from integration_tests.refreshes import LIMITS, catalog, record_over_http
from integration_tests.sandbox import PROJECT, WRITE_KEY, Sandbox

SANDBOX_OPTIONS = ("--fast-limits",)
SHORT = replace(LIMITS, ingest_patience=2.0)


def verifying(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    return sandbox.config | {"verify_delivery": True, **settings}


def test_events_that_keen_holds_are_verified(sandbox: Sandbox) -> None:
    for attempt in range(2):
        ended = connector.run("write", verifying(sandbox), catalog("held", 1, 0, 7), [record("held")] * 3 + [state(1)])
        assert (ended.code, ended.errors, ended.stderr) == (0, [], b"")
        assert f'Keen holds what was delivered to "held": {3 * (attempt + 1)} events.' in ended.logs


def test_events_that_keen_stores_late_are_waited_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Sandbox(tmp_path_factory.mktemp("late"), "--ingest-delay", "1.5") as sandbox:
        ended = connector.run("write", verifying(sandbox), catalog("late"), [record("late")] * 3)
        assert ended.code == 0
        assert sandbox.stored("late") == 3


def test_events_that_keen_does_not_hold_are_an_error_with_collection_and_numbers(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Sandbox(tmp_path_factory.mktemp("never"), "--ingest-delay", "3600") as sandbox:
        lines = [record("lost")] * 3 + [state(1, "lost")]
        ended = connector.run("write", verifying(sandbox), catalog("lost", 1, 0, 7), lines, limits=SHORT)
    assert (ended.code, [each["id"] for each in ended.states]) == (1, [1])
    [error] = ended.errors
    assert error["failure_type"] == "transient_error"
    assert '0 of 3 in "lost" (_airbyte_meta.sync_id 7); no more came for 2 s.' in error["message"]


def test_what_was_there_before_does_not_stand_in_for_what_is_missing(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("again")
    data = ("--data", str(directory / "keen.duckdb"))
    with Sandbox(directory, *data) as sandbox:
        record_over_http(sandbox, "again", [{"_airbyte_meta": {"sync_id": 7}}] * 5)
        sandbox.counts()
        assert sandbox.end() == 0
    with Sandbox(directory, *data, "--ingest-delay", "3600") as sandbox:
        ended = connector.run("write", verifying(sandbox), catalog("again", 1, 0, 7), [record("again")], limits=SHORT)
    assert '0 of 1 in "again"' in ended.errors[0]["message"]


def test_many_streams_are_verified_within_the_rate_limit(sandbox: Sandbox) -> None:
    names = [f"stream-{i}" for i in range(120)]
    lines = [record(name) for name in names]
    ended = connector.run("write", verifying(sandbox), connector.catalog(*names), lines, limits=LIMITS)
    assert (ended.code, ended.errors) == (0, [])
    assert sum("Keen holds what was delivered to" in line for line in ended.logs) == 120


def test_streams_that_deduplicate_are_left_out_and_named(sandbox: Sandbox) -> None:
    streams = catalog("repeated", 1, 0, 7)
    streams["streams"][0]["primary_key"] = [["id"]]
    config = verifying(sandbox, deduplicate=True)
    ended = connector.run("write", config, streams, [record("repeated", id=1)] * 2)
    assert ended.code == 0
    assert any(line.startswith("Not verified") and line.endswith(": repeated.") for line in ended.logs)


def test_a_key_that_may_not_count_is_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    config = verifying(sandbox, api_key=WRITE_KEY)
    ended = connector.run("write", config, catalog("unseen"), [record("unseen")])
    assert ended.code == 1
    assert ended.errors[0]["failure_type"] == "config_error"
    assert '"Master API Key" may not count events' in ended.errors[0]["message"]
    assert "unseen" not in sandbox.counts()
    status = connector.run("check", config).status
    assert status["status"] == "FAILED"
    assert "may not count events" in status["message"]


def test_a_project_that_is_not_there_is_no_empty_one(sandbox: Sandbox) -> None:
    config = verifying(sandbox, api_url=sandbox.config["api_url"] + f"/projects/{PROJECT}")
    ended = connector.run(
        "write", config, catalog("astray"), [record("astray")], limits=replace(SHORT, request_patience=1.0)
    )
    assert ended.code == 1
    assert "astray" not in sandbox.counts()
