"""Real data, end to end: airbyte-source-faker through the connector into Apache Kafka and into the local Keen."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from integration_tests import connector
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.connector import Ended
from integration_tests.sandbox import Sandbox
from integration_tests.source_faker import SourceFaker

USERS = 1_000
ISO_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def sent_by(lines: Iterable[bytes]) -> dict[str, Counter[str]]:
    """The records of a source by stream, as text that can be compared."""
    sent: dict[str, Counter[str]] = {}
    for message in map(json.loads, lines):
        if message["type"] == "RECORD":
            record = message["record"]
            text = json.dumps([record["data"], record["emitted_at"]], sort_keys=True)
            sent.setdefault(record["stream"], Counter())[text] += 1
    return sent


def arrived(events: Iterable[dict[str, Any]]) -> Counter[str]:
    """The records that events were made of; what the connector and Keen add has to be there, and is taken off."""
    found: Counter[str] = Counter()
    for event in events:
        assert ISO_UTC.fullmatch(event.pop("keen")["timestamp"])
        assert list(event.pop("_airbyte_meta")) == ["sync_id"]
        emitted_at = event.pop("_airbyte_extracted_at")
        found[json.dumps([event, emitted_at], sort_keys=True)] += 1
    return found


def states_of(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    return [message["state"] for message in map(json.loads, lines) if message["type"] == "STATE"]


def check_ended_well(ended: Ended, lines: list[bytes]) -> None:
    assert (ended.code, ended.stderr, ended.errors) == (0, b"", [])
    without_stats = [{key: each[key] for key in each if key != "destinationStats"} for each in ended.states]
    assert without_stats == states_of(lines)
    counted = sum(each["destinationStats"]["recordCount"] for each in ended.states)
    assert counted == sum(stream.total() for stream in sent_by(lines).values())


def test_faker_arrives_in_apache_kafka_record_for_record(apache_kafka: ApacheKafka, faker: SourceFaker) -> None:
    lines = faker.lines(USERS)
    check_ended_well(connector.run("write", apache_kafka.connector_config("SASL_SSL"), faker.catalog, lines), lines)
    sent = sent_by(lines)
    assert set(sent) == {"users", "products", "purchases"}
    for collection, records in sent.items():
        values = apache_kafka.read(collection, records.total())
        assert arrived(map(json.loads, values)) == records


def test_faker_is_piped_into_the_local_keen_and_nothing_is_dropped(tmp_path: Path, faker: SourceFaker) -> None:
    with Sandbox(tmp_path) as sandbox:
        with (
            faker.reading(USERS) as source,
            connector.started("write", sandbox.config, faker.catalog, stdin=source.stdout) as running,
        ):
            ended = running.wait()
        assert (ended.code, ended.stderr) == (0, b"")
        counts = sandbox.counts()
        assert set(counts) == {"users", "products", "purchases"}
        assert counts["users"] == (USERS, 0)
        assert sum(dropped for _, dropped in counts.values()) == 0
        received = sum(each["destinationStats"]["recordCount"] for each in ended.states)
        assert received == sum(events for events, _ in counts.values())


def test_faker_reads_the_same_from_the_local_keen_as_it_was_sent(tmp_path: Path, faker: SourceFaker) -> None:
    lines = faker.lines(200)
    with Sandbox(tmp_path) as sandbox:
        check_ended_well(connector.run("write", sandbox.config, faker.catalog, lines), lines)
        for collection, records in sent_by(lines).items():
            assert arrived(sandbox.events(collection)) == records
