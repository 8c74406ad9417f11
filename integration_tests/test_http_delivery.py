"""Syncs over Keen's HTTP API: the promises that hold over Kafka, where the Kafka cluster cannot be reached at all."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from destination_keen.config import Limits
from integration_tests.connector import CONTENT, catalog, record, run, started, state
from integration_tests.gateway import LOSE_THE_ANSWER, Gateway, Instead
from integration_tests.sandbox import READ_KEY, WRITE_KEY, Sandbox
from integration_tests.waiting import until

PORTAL = Instead(200, b"<html>Accept our terms</html>")


def over_http(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    return sandbox.config | {"delivery": {"method": "http"}} | settings


def lines(count: int, per_state: int) -> list[bytes]:
    result = []
    for number in range(1, count + 1):
        result.append(record(i=number))
        if number % per_state == 0:
            result.append(state(number // per_state))
    return result


def numbers(sandbox: Sandbox) -> list[int]:
    return sorted(event["i"] for event in sandbox.events("users"))


def test_every_record_arrives_and_every_state_comes_back(fresh_sandbox: Sandbox) -> None:
    source = [*lines(12_000, 1_000), record("orders", i=1)]
    ended = run("write", over_http(fresh_sandbox), catalog("users", "orders"), source)
    assert (ended.code, ended.stderr, ended.errors) == (0, b"", [])
    assert [each["id"] for each in ended.states] == list(range(1, 13))
    assert {each["destinationStats"]["recordCount"] for each in ended.states} == {1_000.0}
    assert fresh_sandbox.counts() == {"users": (12_000, 0), "orders": (1, 0)}
    assert numbers(fresh_sandbox) == list(range(1, 12_001))


def test_an_event_is_the_one_that_kafka_would_have_brought(fresh_sandbox: Sandbox) -> None:
    source = [record("users", i=1, nested={"a.b": [1.50, None]}, at="2026-05-01T12:00:00+02:00")]
    for config in (fresh_sandbox.config, over_http(fresh_sandbox)):
        assert run("write", config, catalog("users"), source).code == 0
    kafka, http = fresh_sandbox.events("users")
    for event in (kafka, http):
        for name in ("id", "created_at"):
            del event["keen"][name]
        event["keen"].pop("uniqueness_token", None)
        del event["_airbyte_meta"]["sync_id"]
    assert kafka == http


def test_the_kafka_cluster_is_not_needed_and_a_write_key_is_enough(fresh_sandbox: Sandbox) -> None:
    config = over_http(fresh_sandbox, api_key=WRITE_KEY)
    config["delivery"]["bootstrap_servers"] = "no-such-host.invalid:9092"
    assert run("write", config, catalog("users"), [record(i=1), state(1)]).code == 0
    assert numbers(fresh_sandbox) == [1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"api_key": "wr0ng-key"}, '"Master API Key"'),
        ({"api_key": READ_KEY}, '"Master API Key" may not record events'),
        ({"project_id": "0ther"}, '"Project ID"'),
    ],
)
def test_a_key_or_project_that_cannot_write_ends_the_sync(
    fresh_sandbox: Sandbox, settings: dict[str, Any], message: str
) -> None:
    ended = run("write", over_http(fresh_sandbox, **settings), catalog("users"), [record(i=1), state(1)])
    assert (ended.code, ended.states) == (1, [])
    (error,) = ended.errors
    assert error["failure_type"] == "config_error"
    assert message in error["message"]


@pytest.mark.parametrize("fault", [Instead(503), Instead(429, b"{}"), Instead(500, b"x"), PORTAL, Instead(200, b"{}")])
def test_i3_what_keen_did_not_confirm_is_sent_again(fresh_sandbox: Sandbox, fault: Instead) -> None:
    with Gateway(fresh_sandbox, fault, fault) as gateway:
        ended = run("write", over_http(fresh_sandbox, api_url=gateway.url), catalog("users"), lines(100, 50))
        assert gateway.posts >= 3
    assert ended.code == 0
    assert [each["id"] for each in ended.states] == [1, 2]
    assert any("is asked again" in log for log in ended.logs)
    assert numbers(fresh_sandbox) == list(range(1, 101))


def test_i9_a_batch_whose_answer_was_lost_is_repeated_and_not_doubled(fresh_sandbox: Sandbox) -> None:
    with Gateway(fresh_sandbox, LOSE_THE_ANSWER, LOSE_THE_ANSWER) as gateway:
        ended = run("write", over_http(fresh_sandbox, api_url=gateway.url), catalog("users"), lines(100, 50))
        assert gateway.posts >= 3
    assert (ended.code, len(ended.states)) == (0, 2)
    assert numbers(fresh_sandbox) == list(range(1, 101))


def test_i1_no_state_comes_out_for_what_keen_never_confirmed(fresh_sandbox: Sandbox) -> None:
    with Gateway(fresh_sandbox, *[PORTAL] * 1_000) as gateway:
        config = over_http(fresh_sandbox, api_url=gateway.url)
        ended = run("write", config, catalog("users"), lines(100, 50), limits=Limits(delivery_timeout=2.0))
    assert (ended.code, ended.states) == (1, [])
    (error,) = ended.errors
    assert error["failure_type"] == "transient_error"
    assert "left events unconfirmed for 2 seconds: it answered, but did not confirm every event" in error["message"]
    assert fresh_sandbox.counts() == {}


def test_a_refused_event_ends_the_sync_after_the_states_before_it(fresh_sandbox: Sandbox) -> None:
    refusal = {"success": False, "error": {"name": "InvalidPropertyValueError", "description": CONTENT}}
    with (
        Gateway(fresh_sandbox) as gateway,
        started("write", over_http(fresh_sandbox, api_url=gateway.url), catalog("users")) as running,
    ):
        running.write(record(i=1), state(1))
        until(lambda: any(b'"STATE"' in line for line in running.lines()))
        gateway.faults.append(Instead(200, json.dumps({"users": [refusal]}).encode()))
        running.write(record(i=2), state(2))
        ended = running.wait()
    assert (ended.code, [each["id"] for each in ended.states]) == (1, [1])
    (error,) = ended.errors
    assert 'refused an event of the collection "users" (InvalidPropertyValueError)' in error["message"]
    assert numbers(fresh_sandbox) == [1]


def test_i6_a_keen_that_is_gone_is_named_after_the_delivery_timeout(fresh_sandbox: Sandbox) -> None:
    with started("write", over_http(fresh_sandbox), catalog("users"), limits=Limits(delivery_timeout=2.0)) as running:
        running.write(record(i=1), state(1))
        until(lambda: any(b'"STATE"' in line for line in running.lines()))
        fresh_sandbox.pause()
        stopped = time.monotonic()
        running.write(record(i=2), state(2))
        ended = running.wait()
        assert time.monotonic() - stopped < 10 * 2.0
        fresh_sandbox.resume()
    assert (ended.code, [each["id"] for each in ended.states]) == (1, [1])
    (error,) = ended.errors
    assert error["failure_type"] == "transient_error"
    assert f"({fresh_sandbox.config['api_url']}) left events unconfirmed for 2 seconds" in error["message"]


def test_a_signal_ends_the_sync_with_what_is_delivered_released(fresh_sandbox: Sandbox) -> None:
    with started("write", over_http(fresh_sandbox), catalog("users")) as running:
        running.write(*lines(1_000, 100))
        until(lambda: sum(b'"STATE"' in line for line in running.lines()) >= 10)
        running.process.send_signal(signal.SIGTERM)
        ended = running.wait()
    assert ended.code == 143
    assert numbers(fresh_sandbox) == list(range(1, 1_001))


def test_a_check_needs_the_api_where_the_delivery_does(fresh_sandbox: Sandbox) -> None:
    config = over_http(fresh_sandbox)
    config["delivery"]["bootstrap_servers"] = "no-such-host.invalid:9092"
    assert run("check", config).status["status"] == "SUCCEEDED"
    assert run("check", config | {"api_key": WRITE_KEY}).status["status"] == "SUCCEEDED"
    failed = run("check", config | {"api_url": "http://localhost:1/3.0"}).status
    assert failed["status"] == "FAILED"
    assert '"API URL"' in failed["message"]
