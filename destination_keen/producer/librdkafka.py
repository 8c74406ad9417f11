"""Delivery over librdkafka (confluent-kafka): the same promises as kafka-python, several times faster."""

from __future__ import annotations

import logging
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from destination_keen.config import Config, Limits
from destination_keen.errors import DestinationError
from destination_keen.producer import Send, Tally, failures

logger = logging.getLogger(__name__)

_LINGER_MS = 50
_BATCH_BYTES = 1_000_000
_BATCH_RECORDS = 10_000
_ANY_PARTITION = -1
# How long a broker may leave a request unanswered. After it the client turns to whoever leads the partition then.
_ANSWER_TIMEOUT_MS = 30_000

_REFUSED = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}
_NOT_PERMITTED = {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED}
_NO_TOPIC = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError.TOPIC_EXCEPTION}
_TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
_NO_ANSWER = {
    KafkaError._MSG_TIMED_OUT,
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError.REQUEST_TIMED_OUT,
}


class LibrdkafkaProducer:
    """A `Producer` on librdkafka: acks from all replicas, lz4, null keys, idempotent where the cluster allows it."""

    def __init__(self, config: Config, limits: Limits, *, idempotence: bool = True) -> None:
        self._addresses = ", ".join(config.kafka.servers)
        self._limits = limits
        self._last: KafkaError | None = None
        self.failure: DestinationError | None = None
        settings = _settings(config, limits)
        # librdkafka's own log lines quote what it is configured with and come from its threads: they stay silent.
        silent = logging.Logger("librdkafka", logging.CRITICAL + 1)
        self._client = Producer({**settings, "enable.idempotence": idempotence, "error_cb": self._note}, logger=silent)

    def sender(self, collection: str, tally: Tally) -> Send:
        """Give what takes a value unless the bound on what is in flight is reached."""
        produce = self._client.produce

        # One function reports all values of a tally: to make one for each would cost more than to send it.
        def report(error: KafkaError | None, _: Message) -> None:
            if error is None:
                tally.delivered += 1
            else:
                self._fail(error, collection)

        def send(value: bytes) -> bool:
            try:
                # Without a key, and to a partition that the client chooses. Positional, which is faster.
                produce(collection, value, None, _ANY_PARTITION, report)
            except BufferError:
                return False
            except KafkaException as error:
                self._fail(error.args[0], collection)
                return False
            return True

        return send

    def poll(self, seconds: float) -> None:
        """Serve the delivery reports that are there; if there are none yet, wait first."""
        try:
            self._client.poll(seconds)
        except KafkaException as error:
            # So the client says that it gave up for good; no delivery report tells why.
            self.failure = self.failure or failures.client_gave_up(error.args[0].name(), error.args[0].str())

    def stalled(self, seconds: float) -> DestinationError:
        """Say that nothing was delivered; why is for a probe to find out, since the client tries in silence."""
        return failures.no_answer(self._addresses, seconds, self._last)

    @property
    def in_flight(self) -> int:
        """Values taken whose delivery was not reported yet; those whose report waits for `poll` count twice."""
        return len(self._client)

    def close(self) -> None:
        """Give up what is in flight and end the client's threads."""
        self._client.purge()
        self._client.flush(1.0)

    def _fail(self, error: KafkaError, collection: str) -> None:
        self.failure = self.failure or self._sorted(error, collection)

    def _note(self, error: KafkaError) -> None:
        if self._last is None or self._last.code() != error.code():
            logger.warning("A connection to Keen's brokers failed and is tried again: %s", error.str())
        self._last = error

    def _sorted(self, error: KafkaError, collection: str) -> DestinationError:
        code, told = error.code(), f"Collection {collection}: {error.name()} ({error.str()})"
        if code in _REFUSED:
            return failures.refused()
        if code in _NOT_PERMITTED:
            return failures.not_permitted(collection, told)
        if code in _NO_TOPIC:
            return failures.no_topic(collection, told)
        if code in _TOO_LARGE:
            return failures.too_large(collection, told)
        if code in _NO_ANSWER:
            return self.stalled(self._limits.delivery_timeout)
        return failures.not_taken(collection, error.name(), told)


def _settings(config: Config, limits: Limits) -> dict[str, Any]:
    timeout_ms = int(limits.delivery_timeout * 1000)
    answer_timeout_ms = min(_ANSWER_TIMEOUT_MS, timeout_ms // 3)
    settings = {
        "client.id": "destination-keen",
        "bootstrap.servers": ",".join(config.kafka.servers),
        "security.protocol": config.kafka.security_protocol,
        "sasl.mechanisms": "PLAIN",
        "sasl.username": config.project_id,
        "sasl.password": config.api_key,
        "acks": "all",
        "compression.type": "lz4",
        "linger.ms": _LINGER_MS,
        "batch.size": _BATCH_BYTES,
        "batch.num.messages": _BATCH_RECORDS,
        "queue.buffering.max.messages": limits.in_flight_records,
        "queue.buffering.max.kbytes": limits.in_flight_bytes // 1024,
        "max.in.flight.requests.per.connection": 5,
        "message.timeout.ms": timeout_ms,
        "topic.metadata.propagation.max.ms": answer_timeout_ms,
        "socket.timeout.ms": answer_timeout_ms,
        "request.timeout.ms": answer_timeout_ms,
    }
    if config.kafka.ca_certificate is not None:
        settings["ssl.ca.pem"] = config.kafka.ca_certificate
    return settings
