"""A broker answers with every error that it may answer with, or does not answer, as scripted in the local Keen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from destination_keen.config import Limits
from integration_tests.faults.conftest import Started
from integration_tests.faults.sync import error_of
from integration_tests.sandbox import Sandbox

LIMITS = Limits(delivery_timeout=3.0, patience=4.5, shutdown_grace=2.0)
CLIENTS = ("librdkafka", "kafka-python")

# What a client has to get over by itself. Each begins with the second request, so that one state is out.
PASSING: dict[str, dict[str, Any]] = {
    "leader-moved": {"error": "NOT_LEADER_OR_FOLLOWER", "times": 2},
    "replica-missing": {"error": "NOT_ENOUGH_REPLICAS", "times": 2},
    "replica-missing-after-append": {"error": "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "keep": True},
    "timed-out-after-append": {"error": "REQUEST_TIMED_OUT", "keep": True},
    "disk-trouble": {"error": "KAFKA_STORAGE_ERROR", "times": 2},
    "closed-before-the-work": {"reply": "close", "keep": False, "times": 2},
    "closed-after-the-work": {"reply": "close"},
    "slow": {"delay": 0.7, "times": 3},
}
# What ends a sync: the type of the error, and words of its message.
ENDING: dict[str, tuple[dict[str, Any], str, str]] = {
    "replica-missing-for-good": ({"error": "NOT_ENOUGH_REPLICAS"}, "transient_error", "replicas"),
    "disk-failed": ({"error": "KAFKA_STORAGE_ERROR"}, "transient_error", "took no record for"),
    "forbidden": ({"error": "TOPIC_AUTHORIZATION_FAILED"}, "config_error", "does not let this project and key write"),
    "too-large": ({"error": "MESSAGE_TOO_LARGE"}, "config_error", "as too large"),
    "invalid": ({"error": "INVALID_RECORD"}, "transient_error", "did not take a record of the collection"),
    "against-policy": ({"error": "POLICY_VIOLATION"}, "transient_error", "did not take a record of the collection"),
    "corrupted": ({"error": "CORRUPT_MESSAGE"}, "transient_error", ""),
    "out-of-order": ({"error": "OUT_OF_ORDER_SEQUENCE_NUMBER"}, "transient_error", ""),
    "producer-unknown": ({"error": "UNKNOWN_PRODUCER_ID"}, "transient_error", ""),
    "fenced": ({"error": "INVALID_PRODUCER_EPOCH"}, "transient_error", ""),
    "fenced-anew": ({"error": "PRODUCER_FENCED"}, "transient_error", ""),
}
BEFORE_THE_FIRST: dict[str, dict[str, Any]] = {
    "no-leader-yet": {"request": "metadata", "error": "LEADER_NOT_AVAILABLE", "times": 3},
    "no-topic-yet": {"request": "metadata", "error": "UNKNOWN_TOPIC_OR_PARTITION", "times": 3},
    "not-known-to-the-leader-yet": {"request": "produce", "error": "UNKNOWN_TOPIC_OR_PARTITION", "times": 2},
}
REFUSED_AT_ONCE = {
    "no-topic-ever": ({"request": "metadata", "error": "UNKNOWN_TOPIC_OR_PARTITION"}, "no topic for the collection"),
    "not-to-be-seen": ({"request": "metadata", "error": "TOPIC_AUTHORIZATION_FAILED"}, "does not let this project"),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A local Keen that plays every fault, each to the collection of its name and of each client."""
    directory = tmp_path_factory.mktemp("scripted")
    played = {name: {"request": "produce", "from": 2, **fault} for name, fault in PASSING.items()}
    for name, (fault, _, _) in ENDING.items():
        played[name] = {"request": "produce", "from": 2, "times": "all", **fault}
    played |= BEFORE_THE_FIRST
    played |= {name: {"times": "all", **fault} for name, (fault, _) in REFUSED_AT_ONCE.items()}
    faults = [{**fault, "topic": f"{name}.{client}"} for name, fault in played.items() for client in CLIENTS]
    script = directory / "faults.json"
    script.write_text(json.dumps({"faults": faults}))
    with Sandbox(directory, "--faults", str(script)) as sandbox:
        yield sandbox


@pytest.fixture
def topic(request: pytest.FixtureRequest, client: dict[str, str]) -> str:
    """The collection whose name has the fault of the test's name and its client."""
    name: str = request.getfixturevalue("name")
    return f"{name}.{CLIENTS[1] if client else CLIENTS[0]}"


@pytest.mark.parametrize("name", PASSING)
def test_i9_what_passes_is_retried_and_adds_no_duplicates(
    sandbox: Sandbox, start: Started, name: str, topic: str
) -> None:
    with start(sandbox.config, topic) as sync:
        sync.has_confirmed(sync.feed(1))
        sync.has_confirmed(sync.feed(500))
        sync.feed(100)
        sync.ends(lambda _: read(sandbox, topic))


@pytest.mark.parametrize("name", BEFORE_THE_FIRST)
def test_the_first_record_waits_for_its_topic(sandbox: Sandbox, start: Started, name: str, topic: str) -> None:
    with start(sandbox.config, topic) as sync:
        sync.feed(500)
        sync.ends(lambda _: read(sandbox, topic))


@pytest.mark.parametrize("name", ENDING)
def test_i3_what_does_not_pass_ends_the_sync_with_its_cause(
    sandbox: Sandbox, start: Started, name: str, topic: str
) -> None:
    _, expected, words = ENDING[name]
    with start(sandbox.config, topic, limits=LIMITS) as sync:
        sync.has_confirmed(sync.feed(1))
        sync.watch.mark()
        sync.feed(500)
        ended = sync.ends(lambda _: read(sandbox, topic), 1)
    assert len(ended.states) == 1
    kind, said = error_of(ended)
    assert kind == expected
    assert words in said


@pytest.mark.parametrize("name", REFUSED_AT_ONCE)
def test_a_topic_that_cannot_be_had_is_a_config_error(sandbox: Sandbox, start: Started, name: str, topic: str) -> None:
    with start(sandbox.config, topic) as sync:
        sync.feed(500)
        ended = sync.ends(lambda _: read(sandbox, topic), 1)
    kind, said = error_of(ended)
    assert kind == "config_error"
    assert REFUSED_AT_ONCE[name][1] in said
    assert topic in said


def test_i9_a_cluster_that_is_still_loading_is_not_one_without_idempotence(tmp_path: Path, start: Started) -> None:
    fault = {"request": "init_producer_id", "error": "COORDINATOR_LOAD_IN_PROGRESS", "times": 3}
    script = tmp_path / "faults.json"
    script.write_text(json.dumps({"faults": [fault]}))
    with Sandbox(tmp_path, "--faults", str(script)) as sandbox, start(sandbox.config, "users") as sync:
        sync.feed(500)
        ended = sync.ends(lambda name: read(sandbox, name))
    assert not [line for line in ended.logs if "idempotent" in line]


def read(sandbox: Sandbox, collection: str) -> list[bytes]:
    if collection not in sandbox.counts():
        return []
    return [json.dumps(event).encode() for event in sandbox.events(collection)]
