"""`keen-sandbox` reads from an existing Kafka cluster what others write to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from integration_tests import connector
from integration_tests.apache_kafka.administration import administrator
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.sandbox import COMMAND, FREE_PORTS, SECONDS, Sandbox
from integration_tests.waiting import until

PREFIX = "read_by_sandbox_"
"""The topics that the reading user is let read, and so the only ones that it sees."""


SEEN = "seen_by_sandbox"
"""A topic that the reading user is told of and may not read."""


@pytest.fixture(scope="module")
def readable(apache_kafka: ApacheKafka) -> Iterator[ApacheKafka]:
    topics = ResourcePattern(ResourceType.TOPIC, PREFIX, ACLResourcePatternType.PREFIXED)
    seen = ResourcePattern(ResourceType.TOPIC, SEEN, ACLResourcePatternType.LITERAL)
    principal, allow = f"User:{apache_kafka.other_id}", ACLPermissionType.ALLOW
    rules = [
        ACL(principal, "*", ACLOperation.READ, allow, topics),
        ACL(principal, "*", ACLOperation.DESCRIBE, allow, seen),
    ]
    with administrator(apache_kafka.internal) as admin:
        admin.create_acls(rules)
    yield apache_kafka
    with administrator(apache_kafka.internal) as admin:
        admin.delete_acls(rules)


@pytest.fixture
def options(readable: ApacheKafka, tmp_path: Path) -> tuple[str, ...]:
    """How to read the broker over SASL_SSL as the reading user."""
    password = tmp_path / "password"
    password.write_text(f"{readable.other_key}\n")
    user = ("--kafka-username", readable.other_id, "--kafka-password-file", str(password))
    return ("--kafka", readable.sasl_ssl, "--kafka-ca-file", str(readable.ca_file), *user)


def produce(broker: ApacheKafka, topic: str, *events: object) -> None:
    client = KafkaProducer(bootstrap_servers=broker.internal)
    for event in events:
        client.send(topic, json.dumps(event).encode())
    client.close()


def test_what_the_connector_writes_is_read_with_its_times(
    tmp_path: Path, readable: ApacheKafka, options: tuple[str, ...]
) -> None:
    before, after = f"{PREFIX}before", f"{PREFIX}after"
    catalog = connector.catalog(before, after)
    for each in catalog["streams"]:
        each["stream"]["json_schema"] = {"properties": {"created_at": {"type": "string", "format": "date-time"}}}

    def sync(stream: str, count: int) -> None:
        days = [f"2026-05-{day % 28 + 1:02}T12:00:00Z" for day in range(count)]
        lines = [connector.record(stream, created_at=day, n=n) for n, day in enumerate(days)]
        ended = connector.run("write", readable.connector_config(), catalog, [*lines, connector.state(1, stream)])
        assert (ended.code, len(ended.states)) == (0, 1)

    sync(before, 3000)
    with Sandbox(tmp_path, *options) as sandbox:
        assert sandbox.ready["bootstrap_servers"] == readable.sasl_ssl
        assert sandbox.config["delivery"] == readable.connector_config()["delivery"]
        until(lambda: sandbox.stored(before) >= 3000)
        sync(after, 500)
        until(lambda: sandbox.stored(after) >= 500)
        assert sandbox.counts() == {before: (3000, 0), after: (500, 0)}
        assert sorted(event["n"] for event in sandbox.events(before)) == list(range(3000))
        assert sandbox.spans()[before] == ("2026-05-01T12:00:00.000Z", "2026-05-28T12:00:00.000Z")
        assert sandbox.end() == 0
        assert readable.other_key not in sandbox.log.read_text()
    with administrator(readable.internal) as admin:
        assert list(admin.list_groups()) == []


def test_an_event_whose_uniqueness_token_was_seen_is_not_stored_again(
    tmp_path: Path, readable: ApacheKafka, options: tuple[str, ...]
) -> None:
    topic = f"{PREFIX}tokens"
    events = [{"n": n, "keen": {"uniqueness_token": f"token-{n % 2}"}} for n in range(10)]
    produce(readable, topic, *events, {"n": 10})
    with Sandbox(tmp_path, *options, "--kafka-topics", topic) as sandbox:
        until(lambda: sandbox.stored(topic) >= 3)
        assert sandbox.counts()[topic][0] == 3
        assert {event["n"] % 2 for event in sandbox.events(topic) if event["n"] < 10} == {0, 1}


def test_a_topic_that_may_not_be_read_does_not_keep_the_others_from_being_read(
    tmp_path: Path, readable: ApacheKafka, options: tuple[str, ...]
) -> None:
    topic = f"{PREFIX}others"
    produce(readable, SEEN, {"n": 0})
    with Sandbox(tmp_path, *options) as sandbox:
        until(lambda: f"the user may not read {SEEN}" in sandbox.log.read_text())
        produce(readable, topic, {"n": 1})
        until(lambda: sandbox.stored(topic) >= 1)
        assert SEEN not in sandbox.counts()


def test_a_restart_of_the_broker_leads_to_no_event_twice_and_none_missing(
    tmp_path: Path, readable: ApacheKafka, options: tuple[str, ...]
) -> None:
    topic = f"{PREFIX}restart"
    produce(readable, topic, *({"n": n} for n in range(100)))
    with Sandbox(tmp_path, *options) as sandbox, Sandbox(tmp_path, *options) as ending:
        until(lambda: sandbox.stored(topic) >= 100)
        readable.stop()
        assert ending.end() == 0
        readable.start()
        produce(readable, topic, *({"n": n} for n in range(100, 200)))
        until(lambda: sandbox.stored(topic) >= 200)
        assert sorted(event["n"] for event in sandbox.events(topic)) == list(range(200))


def test_a_wrong_password_is_refused_with_a_sentence(tmp_path: Path, readable: ApacheKafka) -> None:
    server = ("--kafka", readable.sasl_ssl, "--kafka-ca-file", str(readable.ca_file))
    command = [COMMAND, "serve", *FREE_PORTS, *server, "--kafka-username", readable.other_id]
    environment = {**os.environ, "KEEN_SANDBOX_KAFKA_PASSWORD": "n0t-the-password"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    sentence = ended.stderr.splitlines()[-1]
    assert sentence.startswith(f"keen-sandbox: No broker of {readable.sasl_ssl} let the sandbox in")
    assert sentence.endswith("Check --kafka, --kafka-security-protocol, user, password and certificate.")
    assert "n0t-the-password" not in ended.stderr
