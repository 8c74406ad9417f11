"""Brokers take batches and events up to a size, which may be less than Keen documents."""

from __future__ import annotations

import json

from integration_tests import connector
from integration_tests.apache_kafka.administration import create_topic
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.faults.conftest import Started
from integration_tests.faults.sync import error_of, text


def test_i10_an_event_over_keens_limit_is_made_to_fit_a_broker(
    apache_kafka: ApacheKafka, start: Started, collection: str
) -> None:
    fields = {f"field_{i}": text(9_000) for i in range(150)}
    with start(apache_kafka.connector_config(), collection) as sync:
        sync.put(connector.record(collection, i=0, **fields), connector.state(1, collection))
        sync.ends(apache_kafka.read)
    (value,) = apache_kafka.read(collection)
    assert len(value) <= 900_000
    assert {each["change"] for each in json.loads(value)["_airbyte_meta"]["changes"]} == {"NULLED"}


def test_an_event_that_the_broker_finds_too_large_is_a_config_error(
    apache_kafka: ApacheKafka, start: Started, collection: str
) -> None:
    create_topic(apache_kafka.internal, collection, settings={"max.message.bytes": "20000"})
    with start(apache_kafka.connector_config(), collection) as sync:
        sync.has_confirmed(sync.feed(1))
        large = {f"field_{i}": text(9_000) for i in range(6)}
        sync.put(connector.record(collection, i=1_000, **large), connector.state(2, collection))
        sync.feed(50)
        ended = sync.ends(apache_kafka.read, 1)
    assert len(ended.states) == 1
    kind, said = error_of(ended)
    assert kind == "config_error"
    assert f'event of the collection \\"{collection}\\" as too large' in said


def test_i3_batches_that_the_broker_finds_too_large_are_split_or_end_the_sync(
    apache_kafka: ApacheKafka, start: Started, client: dict[str, str], collection: str
) -> None:
    create_topic(apache_kafka.internal, collection, settings={"max.message.bytes": "20000"})
    with start(apache_kafka.connector_config(), collection) as sync:
        sync.feed(2_000, pad=1_000)
        # librdkafka splits no batch. Those that it makes are smaller than what brokers take by default.
        ended = sync.ends(apache_kafka.read, 0 if client else 1)
    if not client:
        kind, said = error_of(ended)
        assert kind == "config_error"
        assert f'event of the collection \\"{collection}\\" as too large' in said
