"""Overwrite and refreshes as a process against the local Keen: when old events go, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from integration_tests import connector
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.connector import record, started, state
from integration_tests.refreshes import (
    LIMITS,
    catalog,
    complete,
    fill,
    generations,
    record_over_http,
    sync,
)
from integration_tests.sandbox import WRITE_KEY, Sandbox
from integration_tests.waiting import until

SANDBOX_OPTIONS = ("--fast-limits",)


def test_after_complete_the_new_generation_is_all_there_is(sandbox: Sandbox) -> None:
    fill(sandbox, "refreshed")
    ended = sync(
        sandbox, catalog("refreshed", 2, 2, 12), record("refreshed"), state(1, "refreshed"), complete("refreshed")
    )
    assert (ended.code, ended.errors, ended.stderr) == (0, [], b"")
    assert [each["id"] for each in ended.states] == [1]
    assert generations(sandbox, "refreshed") == {2: 1}
    assert 'The collection "refreshed" has been replaced: 4 superseded events deleted, none left, 1 kept.' in ended.logs


@pytest.mark.parametrize("last", [[], ["INCOMPLETE"], ["RUNNING"]], ids=["nothing", "incomplete", "running"])
def test_without_complete_nothing_goes_until_a_later_attempt_is_complete(sandbox: Sandbox, last: list[str]) -> None:
    name = "-".join(["interrupted", *last])
    fill(sandbox, name)
    ended = sync(
        sandbox, catalog(name, 2, 2, 12), record(name), state(1, name), *(complete(name, each) for each in last)
    )
    assert (ended.code, [each["id"] for each in ended.states]) == (0, [1])
    assert generations(sandbox, name) == {1: 3, None: 1, 2: 1}
    assert any("did not complete the stream" in line for line in ended.logs)
    assert sync(sandbox, catalog(name, 2, 2, 12), complete(name)).code == 0
    assert generations(sandbox, name) == {2: 1}


def test_the_same_generation_again_is_an_append(sandbox: Sandbox) -> None:
    for _ in range(2):
        assert sync(sandbox, catalog("again", 2, 2, 12), record("again"), complete("again")).code == 0
    assert generations(sandbox, "again") == {2: 2}


def test_zero_records_and_complete_leave_nothing(sandbox: Sandbox) -> None:
    fill(sandbox, "cleared")
    assert sync(sandbox, catalog("cleared", 2, 2, 12), state(1, "cleared"), complete("cleared")).code == 0
    assert generations(sandbox, "cleared") == {}


def test_minimum_0_deletes_nothing(sandbox: Sandbox) -> None:
    fill(sandbox, "appended")
    assert sync(sandbox, catalog("appended", 2, 0, 12), record("appended"), complete("appended")).code == 0
    assert generations(sandbox, "appended") == {1: 3, None: 1, 2: 1}


@pytest.mark.parametrize("mode", ["append", "append_dedup"])
def test_the_ids_of_pyairbyte_delete_nothing(sandbox: Sandbox, mode: str) -> None:
    name = f"pyairbyte-{mode}"
    fill(sandbox, name)
    assert sync(sandbox, catalog(name, 1, 1, 1, mode), record(name), complete(name)).code == 0
    assert generations(sandbox, name) == {None: 1, 1: 4}


def test_without_ids_a_job_replaces_what_other_jobs_wrote_and_keeps_its_own(sandbox: Sandbox) -> None:
    streams = catalog("custom", mode="overwrite")
    for job, attempts in (("41", 1), ("42", 2)):
        for _ in range(attempts):
            assert sync(sandbox, streams, record("custom"), state(1, "custom"), WORKER_JOB_ID=job).code == 0
    assert [event["_airbyte_meta"]["sync_id"] for event in sandbox.events("custom")] == [42, 42]
    assert sync(sandbox, streams, record("custom"), WORKER_JOB_ID="").code == 0
    [event] = sandbox.events("custom")
    assert event["_airbyte_meta"]["sync_id"] > 1_700_000_000_000


def test_a_sync_that_fails_deletes_nothing(sandbox: Sandbox) -> None:
    fill(sandbox, "failed")
    ended = sync(sandbox, catalog("failed", 2, 2, 12), record("failed"), complete("failed"), b"no message")
    assert ended.code == 1
    assert generations(sandbox, "failed") == {1: 3, None: 1, 2: 1}


def test_a_key_that_may_not_delete_is_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    config = sandbox.config | {"api_key": WRITE_KEY}
    ended = connector.run("write", config, catalog("denied", 2, 2, 12), [record("denied"), complete("denied")])
    assert ended.code == 1
    [error] = ended.errors
    assert error["failure_type"] == "config_error"
    assert 'The key in "Master API Key" is not a master key' in error["message"]
    assert "denied" not in sandbox.counts()
    assert connector.run("write", config, catalog("allowed", 2, 0, 12), [record("allowed")]).code == 0


def test_a_quarter_of_a_million_old_events_go_in_windows_within_the_limits(sandbox: Sandbox) -> None:
    old = 250_000
    days = [f"20{year}-{month:02}-{day:02}" for year in range(20, 25) for month in range(1, 13) for day in (1, 15)]
    moments = [f"{day}T00:00:00.{millisecond:03}Z" for day in days for millisecond in range(5)]
    record_over_http(sandbox, "many", [{"keen": {"timestamp": moments[i % len(moments)]}} for i in range(old)])
    until(lambda: sandbox.stored("many") == old)
    ended = sync(sandbox, catalog("many", 2, 2, 12), record("many"), complete("many"))
    assert (ended.code, ended.errors) == (0, [])
    assert sandbox.counts()["many"] == (1, 0)
    assert f'The collection "many" has been replaced: {old:,} superseded events deleted, none left, 1 kept.' in (
        ended.logs
    )


def test_more_old_events_of_one_moment_than_can_go_at_once_are_told_apart(sandbox: Sandbox) -> None:
    for _ in range(4):
        record_over_http(sandbox, "moment", [{"keen": {"timestamp": "2024-05-01T00:00:00.000Z"}}] * 500)
    until(lambda: sandbox.stored("moment") == 2_000)
    limits = replace(LIMITS, events_per_delete=600)
    assert sync(sandbox, catalog("moment", 2, 2, 12), complete("moment"), limits=limits).code == 0
    assert "moment" not in sandbox.counts()


def test_the_same_records_again_replace_themselves_though_keen_drops_repetitions(sandbox: Sandbox) -> None:
    config = sandbox.config | {"deduplicate": True}
    streams = catalog("same", mode="overwrite")
    streams["streams"][0]["primary_key"] = [["id"]]
    for job in ("51", "52"):
        with started("write", config, streams, limits=LIMITS, environment={"WORKER_JOB_ID": job}) as running:
            running.write(*(record("same", id=i) for i in range(3)))
            assert running.process.stdin is not None
            running.process.stdin.close()
            assert running.wait().code == 0
    assert [event["_airbyte_meta"]["sync_id"] for event in sandbox.events("same")] == [52] * 3


def test_a_refresh_through_apache_kafka_replaces_what_was_there(tmp_path: Path, apache_kafka: ApacheKafka) -> None:
    name = "refreshed_through_kafka"
    reading = ("--kafka", apache_kafka.internal, "--kafka-security-protocol", "PLAINTEXT", "--kafka-topics", name)
    project = ("--project-id", apache_kafka.project_id, "--master-key", apache_kafka.api_key)
    with Sandbox(tmp_path, *reading, *project, "--fast-limits") as sandbox:
        config = apache_kafka.connector_config() | {"api_url": sandbox.ready["api_url"], "verify_delivery": True}
        for generation in (1, 2):
            lines = [*[record(name)] * 500 * generation, state(generation, name), complete(name)]
            ended = connector.run("write", config, catalog(name, generation, generation, 12), lines, limits=LIMITS)
            assert (ended.code, ended.errors, len(ended.states)) == (0, [], 1)
            assert sandbox.stored(name) == 500 * generation
    assert len(apache_kafka.read(name)) == 1_500
