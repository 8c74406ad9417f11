"""The contract of every producer: Kafka clients against Apache Kafka and the local Keen, HTTP against the latter."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from destination_keen.config import Config, Limits
from destination_keen.errors import ConfigError, PermissionDeniedError, UndeliverableError
from destination_keen.ledger import Share
from destination_keen.producer import Producer
from destination_keen.producer.http import HttpProducer
from destination_keen.producer.kafka_python import KafkaPythonProducer
from destination_keen.producer.librdkafka import LibrdkafkaProducer
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.sandbox import Sandbox

SECONDS = 60.0

Opened = Callable[..., closing[Producer]]

KAFKA_CLIENTS = [KafkaPythonProducer, LibrdkafkaProducer]
with_kafka = pytest.mark.parametrize("opened", KAFKA_CLIENTS, indirect=True)
with_any = pytest.mark.parametrize("opened", [*KAFKA_CLIENTS, HttpProducer], indirect=True)
everywhere = pytest.mark.parametrize(
    ("opened", "config"),
    [*product(KAFKA_CLIENTS, ["apache-kafka", "sandbox"]), (HttpProducer, "sandbox")],
    indirect=True,
)


@pytest.fixture(scope="module")
def config(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    if request.param == "apache-kafka":
        yield request.getfixturevalue("apache_kafka").connector_config("SASL_PLAINTEXT")
    else:
        with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
            yield sandbox.config


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens a producer for the length of a block."""

    def open_one(config: dict[str, Any], **limits: float) -> closing[Producer]:
        delivery = {"delivery": {"method": "http"}} if request.param is HttpProducer else {}
        return closing(request.param(Config.parse(config | delivery), Limits(**limits)))  # type: ignore[arg-type]

    return open_one


def put(producer: Producer, collection: str, *values: bytes) -> Share:
    """Send values as the writer does: each again and again until it is taken. Gives where they are counted."""
    end = time.monotonic() + SECONDS
    tally = Share()
    send = producer.sender(collection, tally)
    for value in values:
        while not send(value):
            assert time.monotonic() < end
            if producer.failure is not None:
                raise producer.failure
            producer.poll(0.01)
    return tally


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


@everywhere
def test_every_value_is_reported_delivered_once(config: dict[str, Any], opened: Opened) -> None:
    with opened(config) as producer:
        tallies = [put(producer, "reported", b'{"i":%d}' % i) for i in range(5_000)]
        settle(producer)
        assert [tally.delivered for tally in tallies] == [1] * 5_000
        assert producer.failure is None


@everywhere
def test_nothing_is_reported_before_poll(config: dict[str, Any], opened: Opened) -> None:
    with opened(config) as producer:
        tally = put(producer, "quiet", b"{}")
        time.sleep(0.5)
        assert tally.delivered == 0
        assert producer.in_flight
        settle(producer)
        assert (tally.delivered, producer.in_flight) == (1, 0)


@everywhere
@pytest.mark.parametrize("bound", [{"in_flight_records": 3}, {"in_flight_bytes": 100 * 1024}])
def test_no_value_is_taken_beyond_the_bound(config: dict[str, Any], opened: Opened, bound: dict[str, float]) -> None:
    with opened(config, **bound) as producer:
        put(producer, "bounded", b"{}")
        settle(producer)
        send = producer.sender("bounded", Share())
        value = b"{%b}" % b",".join(b'"p%d":"%b"' % (i, b"x" * 3_000) for i in range(10))
        taken = [send(value) for _ in range(9)]
        # What a value counts besides its own bytes differs from client to client.
        assert taken == sorted(taken, reverse=True)
        assert 3 <= taken.count(True) <= 5
        settle(producer)
        assert send(b"{}")
        settle(producer)
        assert producer.failure is None


@with_kafka
def test_values_keep_their_order_within_a_partition(apache_kafka: ApacheKafka, opened: Opened) -> None:
    topic = f"ordered-{time.monotonic_ns()}"
    admin = KafkaAdminClient(bootstrap_servers=apache_kafka.internal)
    admin.create_topics([NewTopic(topic, 1, 1)])
    admin.close()
    values = [b'{"i":%d}' % i for i in range(20_000)]
    with opened(apache_kafka.connector_config()) as producer:
        put(producer, topic, *values)
        settle(producer)
    assert apache_kafka.read(topic, len(values)) == values


@with_kafka
def test_a_user_without_permission_is_told_the_collection(apache_kafka: ApacheKafka, opened: Opened) -> None:
    other = {"project_id": apache_kafka.other_id, "api_key": apache_kafka.other_key}
    with opened(apache_kafka.connector_config() | other) as producer:
        failure = failure_of(producer, "forbidden")
    assert isinstance(failure, PermissionDeniedError)
    assert '"forbidden"' in failure.message


@with_any
def test_a_keen_that_stops_answering_is_named_after_the_delivery_timeout(tmp_path: Path, opened: Opened) -> None:
    with Sandbox(tmp_path) as sandbox, opened(sandbox.config, delivery_timeout=3.0) as producer:
        put(producer, "stopped", b"{}")
        settle(producer)
        sandbox.pause()
        failure = failure_of(producer, "stopped")
        sandbox.resume()
    assert isinstance(failure, UndeliverableError)
    over_kafka = f"(localhost:{sandbox.kafka_port}) took no record for 3 seconds"
    over_http = f"({sandbox.ready['api_url']}) left events unconfirmed for 3 seconds"
    assert (over_http if isinstance(producer, HttpProducer) else over_kafka) in failure.message


@with_any
def test_a_connection_that_is_lost_once_is_made_anew_and_nothing_is_lost(tmp_path: Path, opened: Opened) -> None:
    data = ["--data", str(tmp_path / "keen.duckdb")]
    with Sandbox(tmp_path, *data) as first, opened(first.config) as producer:
        before = put(producer, "restarted", b'{"i":1}')
        settle(producer)
        first.process.terminate()
        first.process.wait(SECONDS)
        after = put(producer, "restarted", b'{"i":2}')
        ports = ["--kafka-port", str(first.kafka_port), "--http-port", str(first.http_port)]
        with Sandbox(tmp_path, *data, *ports) as second:
            settle(producer)
            assert producer.failure is None
            assert sorted(event["i"] for event in second.events("restarted")) == [1, 2]
    assert (before.delivered, after.delivered) == (1, 1)


@with_kafka
@pytest.mark.parametrize("end", [ApacheKafka.stop, ApacheKafka.kill])
def test_i9_a_broker_that_is_restarted_adds_no_duplicates(
    apache_kafka: ApacheKafka, opened: Opened, end: Callable[[ApacheKafka], None]
) -> None:
    topic = f"restarted-{time.monotonic_ns()}"
    values = [b'{"i":%d}' % i for i in range(30_000)]
    with opened(apache_kafka.connector_config()) as producer:
        put(producer, topic, *values[:15_000])
        end(apache_kafka)
        put(producer, topic, *values[15_000:])
        apache_kafka.start()
        settle(producer)
        assert producer.failure is None
    assert sorted(apache_kafka.read(topic, len(values))) == sorted(values)


@with_kafka
def test_the_value_arrives_as_it_was_sent(apache_kafka: ApacheKafka, opened: Opened) -> None:
    topic = f"exact-{time.monotonic_ns()}"
    value = json.dumps({"text": "ü 用户 \n"}, ensure_ascii=False).encode()
    with opened(apache_kafka.connector_config("SASL_SSL")) as producer:
        put(producer, topic, value)
        settle(producer)
    assert apache_kafka.read(topic, 1) == [value]
