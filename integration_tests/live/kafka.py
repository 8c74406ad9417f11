"""Raw messages to the inbound cluster: any bytes, with any setting of the client."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from confluent_kafka import KafkaError, Producer

from integration_tests.live.project import Project

_SECONDS = 60.0


def produce(project: Project, collection: str, *values: Any, key: bytes | None = None, **settings: Any) -> str:
    """Send values in order, as JSON where they are not bytes; give Kafka's first error, empty where there is none.

    `settings` are librdkafka's, with `_` for `.`.
    """
    failures: list[str] = []

    def report(error: KafkaError | None, _: object) -> None:
        if error is not None:
            failures.append(str(error.name()))

    client = _client(project, **settings)
    for value in values:
        client.produce(collection, _bytes(value), key, on_delivery=report)
    if client.flush(_SECONDS):
        client.purge()
        client.flush(1.0)
    return failures[0] if failures else ""


def partitions(project: Project, collection: str) -> tuple[int, str]:
    """Ask for the partitions of a topic, and nothing else: how many there are, or which error it has."""
    end = time.monotonic() + _SECONDS
    client = _client(project)
    while True:
        topic = client.list_topics(collection, timeout=_SECONDS).topics[collection]
        if topic.error is None or time.monotonic() > end or topic.error.code() != KafkaError.LEADER_NOT_AVAILABLE:
            return len(topic.partitions), "" if topic.error is None else str(topic.error.name())
        time.sleep(0.5)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _client(project: Project, **settings: Any) -> Producer:
    kafka = project.config.kafka
    merged: dict[str, Any] = {
        "bootstrap.servers": ",".join(kafka.servers),
        "security.protocol": kafka.security_protocol,
        "sasl.mechanisms": "PLAIN",
        "sasl.username": project.config.project_id,
        "sasl.password": project.config.api_key,
        "acks": "all",
        "message.timeout.ms": int(_SECONDS * 1000 / 2),
        **{name.replace("_", "."): value for name, value in settings.items()},
    }
    if kafka.ca_certificate is not None:
        merged["ssl.ca.pem"] = kafka.ca_certificate
    return Producer(merged, logger=logging.Logger("librdkafka", logging.CRITICAL + 1))
