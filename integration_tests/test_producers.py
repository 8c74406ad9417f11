"""The contract of every producer, on each Kafka client, against Apache Kafka and the local Keen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from destination_keen.config import Config, Limits
from destination_keen.errors import ConfigError, PermissionDeniedError, UndeliverableError
from destination_keen.ledger import Share
from destination_keen.producer import Producer
from destination_keen.producer.kafka_python import KafkaPythonProducer
from destination_keen.producer.librdkafka import LibrdkafkaProducer
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.sandbox import Sandbox

SECONDS = 60.0

Opened = Callable[..., closing[Producer]]


@pytest.fixture(scope="module", params=["apache-kafka", "sandbox"])
def config(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    if request.param == "apache-kafka":
        yield request.getfixturevalue("apache_kafka").connector_config("SASL_PLAINTEXT")
    else:
        with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
            yield sandbox.config


@pytest.fixture(params=[KafkaPythonProducer, LibrdkafkaProducer])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens a producer for the length of a block."""

    def open_one(config: dict[str, Any], **limits: float) -> closing[Producer]:
        return closing(request.param(Config.parse(config), Limits(**limits)))  # type: ignore[arg-type]

    return open_one


def put(producer: Producer, collection: str, value: bytes, share: Share | None = None) -> Share:
    """Send a value as the writer does: again and again until it is taken. Give where its delivery is counted."""
    end = time.monotonic() + SECONDS
    share = share or Share()
    send = producer.sender(collection, share)
    while not send(value):
        assert time.monotonic() < end
        if producer.failure is not None:
            raise producer.failure
        producer.poll(0.01)
    return share


def settle(producer: Producer) -> None:
    end = time.monotonic() + SECONDS
    while producer.in_flight:
        assert time.monotonic() < end
        producer.poll(0.01)


def failure_of(producer: Producer, collection: str) -> Exception:
    with pytest.raises((ConfigError, UndeliverableError)) as failure:
        put(producer, collection, b"{}")
        settle(producer)
        assert producer.failure is not None
        raise producer.failure
    return failure.value


def test_every_value_is_reported_delivered_once(config: dict[str, Any], opened: Opened) -> None:
    even, odd = Share(), Share()
    with opened(config) as producer:
        for i in range(5_001):
            put(producer, "reported", b'{"i":%d}' % i, odd if i % 2 else even)
        settle(producer)
        assert (even.delivered, odd.delivered) == (2_501, 2_500)
        assert producer.failure is None


def test_nothing_is_reported_before_poll(config: dict[str, Any], opened: Opened) -> None:
    with opened(config) as producer:
        share = put(producer, "quiet", b"{}")
        time.sleep(0.5)
        assert share.delivered == 0
        assert producer.in_flight
        settle(producer)
        assert (share.delivered, producer.in_flight) == (1, 0)


@pytest.mark.parametrize("bound", [{"in_flight_records": 4}, {"in_flight_bytes": 4_096}])
def test_no_value_is_taken_beyond_the_bound(config: dict[str, Any], opened: Opened, bound: dict[str, float]) -> None:
    with opened(config, **bound) as producer:
        put(producer, "bounded", b"{}")
        settle(producer)
        send = producer.sender("bounded", Share())
        taken = [send(b'"%b"' % (b"x" * 1_022)) for _ in range(9)]
        # A value counts with what the client remembers of it, which differs from client to client.
        assert taken == sorted(taken, reverse=True)
        assert 3 <= taken.count(True) <= 5
        settle(producer)
        assert send(b"{}")
        settle(producer)


def test_values_keep_their_order_within_a_partition(apache_kafka: ApacheKafka, opened: Opened) -> None:
    topic = f"ordered-{time.monotonic_ns()}"
    admin = KafkaAdminClient(bootstrap_servers=apache_kafka.internal)
    admin.create_topics([NewTopic(topic, 1, 1)])
    admin.close()
    values = [b'{"i":%d}' % i for i in range(20_000)]
    with opened(apache_kafka.connector_config()) as producer:
        for value in values:
            put(producer, topic, value)
        settle(producer)
    assert apache_kafka.read(topic, len(values)) == values


def test_a_user_without_permission_is_told_the_collection(apache_kafka: ApacheKafka, opened: Opened) -> None:
    other = {"project_id": apache_kafka.other_id, "api_key": apache_kafka.other_key}
    with opened(apache_kafka.connector_config() | other) as producer:
        failure = failure_of(producer, "forbidden")
    assert isinstance(failure, PermissionDeniedError)
    assert '"forbidden"' in failure.message


def test_a_broker_that_stops_answering_is_named_after_the_delivery_timeout(tmp_path: Path, opened: Opened) -> None:
    with Sandbox(tmp_path) as sandbox, opened(sandbox.config, delivery_timeout=3.0) as producer:
        put(producer, "stopped", b"{}")
        settle(producer)
        sandbox.pause()
        failure = failure_of(producer, "stopped")
        sandbox.resume()
    assert isinstance(failure, UndeliverableError)
    assert f"(localhost:{sandbox.kafka_port}) took no record for 3 seconds" in failure.message


def test_a_connection_that_is_lost_once_is_made_anew_and_nothing_is_lost(tmp_path: Path, opened: Opened) -> None:
    data = ["--data", str(tmp_path / "keen.duckdb")]
    share = Share()
    with Sandbox(tmp_path, *data) as first:
        config = first.config
        with opened(config) as producer:
            put(producer, "restarted", b'{"i":1}', share)
            settle(producer)
            first.process.terminate()
            first.process.wait(SECONDS)
            put(producer, "restarted", b'{"i":2}', share)
            with Sandbox(tmp_path, *data, "--kafka-port", str(first.kafka_port)) as second:
                settle(producer)
                assert producer.failure is None
                assert sorted(event["i"] for event in second.events("restarted")) == [1, 2]
    assert share.delivered == 2


@pytest.mark.parametrize("end", [ApacheKafka.stop, ApacheKafka.kill])
def test_i9_a_broker_that_is_restarted_adds_no_duplicates(
    apache_kafka: ApacheKafka, opened: Opened, end: Callable[[ApacheKafka], None]
) -> None:
    topic = f"restarted-{time.monotonic_ns()}"
    values = [b'{"i":%d}' % i for i in range(30_000)]
    with opened(apache_kafka.connector_config()) as producer:
        for value in values[:15_000]:
            put(producer, topic, value)
        end(apache_kafka)
        for value in values[15_000:]:
            put(producer, topic, value)
        apache_kafka.start()
        settle(producer)
        assert producer.failure is None
    assert sorted(apache_kafka.read(topic, len(values))) == sorted(values)


def test_the_value_arrives_as_it_was_sent(apache_kafka: ApacheKafka, opened: Opened) -> None:
    topic = f"exact-{time.monotonic_ns()}"
    value = json.dumps({"text": "ü 用户 \n"}, ensure_ascii=False).encode()
    with opened(apache_kafka.connector_config("SASL_SSL")) as producer:
        put(producer, topic, value)
        settle(producer)
    assert apache_kafka.read(topic, 1) == [value]
