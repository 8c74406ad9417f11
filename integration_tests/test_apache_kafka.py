"""The test broker does what other tests rely on it for."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from kafka import KafkaProducer
from kafka.errors import TopicAuthorizationFailedError

from integration_tests.apache_kafka.broker import ApacheKafka


@contextmanager
def _producer(broker: ApacheKafka, user: str, key: str) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(
        bootstrap_servers=broker.sasl_ssl,
        security_protocol="SASL_SSL",
        ssl_cafile=str(broker.ca_file),
        sasl_mechanism="PLAIN",
        sasl_plain_username=user,
        sasl_plain_password=key,
    )
    try:
        yield producer
    finally:
        producer.close(timeout=5)


def _write(broker: ApacheKafka, topic: str, *values: bytes) -> None:
    with _producer(broker, broker.project_id, broker.api_key) as producer:
        for value in values:
            producer.send(topic, value).get(timeout=30)


def test_the_project_writes_to_a_topic_that_did_not_exist_and_kcat_reads_the_same_bytes(
    apache_kafka: ApacheKafka,
) -> None:
    assert apache_kafka.read("new_topic") == []
    _write(apache_kafka, "new_topic", b'{"n": 1}', '{"name": "Zoë"}'.encode(), b"two\nlines", b"")
    assert sorted(apache_kafka.read("new_topic")) == [
        b"",
        b"two\nlines",
        b'{"n": 1}',
        '{"name": "Zoë"}'.encode(),
    ]


@pytest.mark.parametrize("listener", ["SASL_SSL", "SASL_PLAINTEXT"])
@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("3A9C1E5F7B2D4860A1C3E5F70918273645546372819", "1 topics"),
        ("wrong", "Authentication failed"),
    ],
)
def test_each_listener_lets_the_project_in_by_its_own_key_only(
    apache_kafka: ApacheKafka, listener: str, key: str, answer: str
) -> None:
    _write(apache_kafka, "metadata", b"{}")
    settings = {
        "security.protocol": listener,
        "ssl.ca.location": str(apache_kafka.ca_file),
        "sasl.mechanism": "PLAIN",
        "sasl.username": "5f0c8e2ac9e77c00014bd301",
        "sasl.password": key,
    }
    broker = apache_kafka.sasl_ssl if listener == "SASL_SSL" else apache_kafka.sasl_plaintext
    options = [option for name, value in settings.items() for option in ("-X", f"{name}={value}")]
    ask = ["kcat", "-L", "-m", "2", "-b", broker, "-t", "metadata", *options]
    run = subprocess.run(ask, capture_output=True, text=True, check=False)
    assert answer in run.stdout + run.stderr


def test_the_other_user_gets_in_but_may_not_write(apache_kafka: ApacheKafka) -> None:
    with (
        _producer(apache_kafka, apache_kafka.other_id, apache_kafka.other_key) as producer,
        pytest.raises(TopicAuthorizationFailedError),
    ):
        producer.send("denied", b"{}").get(timeout=30)
    assert apache_kafka.read("denied") == []


@pytest.mark.parametrize("end", [ApacheKafka.stop, ApacheKafka.kill])
def test_what_was_written_survives_the_end_of_the_process(
    apache_kafka: ApacheKafka, end: Callable[[ApacheKafka], None]
) -> None:
    topic = f"survives_{end.__name__}"
    _write(apache_kafka, topic, b"before")
    end(apache_kafka)
    apache_kafka.start()
    _write(apache_kafka, topic, b"after")
    assert sorted(apache_kafka.read(topic, 2)) == [b"after", b"before"]


def test_the_configuration_names_the_listener_of_its_security_protocol(apache_kafka: ApacheKafka) -> None:
    assert apache_kafka.connector_config("SASL_PLAINTEXT", "http://localhost:1") == {
        "project_id": "5f0c8e2ac9e77c00014bd301",
        "api_key": "3A9C1E5F7B2D4860A1C3E5F70918273645546372819",
        "api_url": "http://localhost:1",
        "delivery": {
            "method": "kafka",
            "bootstrap_servers": apache_kafka.sasl_plaintext,
            "security_protocol": "SASL_PLAINTEXT",
        },
    }
    encrypted = apache_kafka.connector_config()["delivery"]
    assert encrypted["bootstrap_servers"] == apache_kafka.sasl_ssl
    assert encrypted["security_protocol"] == "SASL_SSL"
    assert encrypted["ca_certificate"].startswith("-----BEGIN CERTIFICATE-----")
