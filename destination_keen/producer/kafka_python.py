"""Delivery over kafka-python, with a bound on memory that the client itself does not have.

Deliveries are looked up in the order of sending, by the writer's own thread: there is no callback and no lock. A value
whose delivery is known early waits for those before it, which costs nothing, since states leave in order as well.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any

from kafka import KafkaProducer, errors
from kafka.partitioner import StickyPartitioner

from destination_keen.config import Config, Limits
from destination_keen.deadline import Deadline
from destination_keen.errors import DestinationError
from destination_keen.producer import Send, Tally, failures
from destination_keen.producer.kafka_session import library_log

logger = logging.getLogger(__name__)

_LINGER_MS = 50
_BATCH_BYTES = 256 * 1024
# What the client remembers of a value in flight, besides the value.
_BOOKKEEPING_BYTES = 1_000
_REQUEST_TIMEOUT_MS = 30_000
# How long `send` waits for a collection's partitions before it gives the turn back to the writer.
_METADATA_WAIT_MS = 50
_SECONDS_BETWEEN_LOGS = 10.0

_NO_ANSWER = (errors.KafkaTimeoutError, errors.RequestTimedOutError, errors.KafkaConnectionError)

_PendingDelivery = tuple[Any, str, int, Tally]


class _Watch(logging.Handler):
    """Hears what the client logs: it retries much in silence and ends with a mere time-out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: object = None
        self.missing: str | None = None
        self._quiet = Deadline(0.0)

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        if record.name == "kafka.cluster" and record.msg.startswith("Topic %s not found"):
            self.missing = str(arguments[0])
        if record.name == "kafka.producer.sender":
            # Names of errors and of partitions; no record.
            self.last = record.getMessage()
        failure = next((each for each in arguments if isinstance(each, Exception)), None)
        if failure is None or not record.name.startswith("kafka.net"):
            return
        self.last = failure
        if self._quiet.passed:
            self._quiet = Deadline(_SECONDS_BETWEEN_LOGS)
            logger.warning("A connection to Keen's brokers failed and is tried again: %s", failure)


class _Client(KafkaProducer):  # type: ignore[misc]  # the library has no types
    """The client, whose `close` gives up what is in flight instead of failing half-way for it."""

    def flush(self, timeout: float | None = None) -> None:
        with suppress(errors.KafkaTimeoutError):
            super().flush(timeout)


class KafkaPythonProducer:
    """A `Producer` on kafka-python: acks from all replicas, lz4, null keys, idempotent where the cluster allows it."""

    def __init__(self, config: Config, limits: Limits, *, idempotence: bool = True) -> None:
        self._addresses = ", ".join(config.kafka.servers)
        self._limits = limits
        self._pending: deque[_PendingDelivery] = deque()
        self._in_flight_bytes = 0
        self.failure: DestinationError | None = None
        self._watch = _Watch()
        library_log.handlers[:] = [self._watch]
        try:
            self._client = _Client(**_settings(config, limits), enable_idempotence=idempotence)
        except errors.KafkaError as error:
            raise self.stalled(limits.probe_timeout) from error

    def sender(self, collection: str, tally: Tally) -> Send:
        """Give what takes a value unless the bound on what is in flight is reached or the collection not known yet."""
        return partial(self._send, collection, tally)

    def _send(self, collection: str, tally: Tally, value: bytes) -> bool:
        limits = self._limits
        if len(self._pending) >= limits.in_flight_records or self._in_flight_bytes >= limits.in_flight_bytes:
            return False
        try:
            future = self._client.send(collection, value)
        except errors.KafkaTimeoutError:
            return False
        except errors.KafkaError as error:
            self.failure = self.failure or self._sorted(error, collection)
            return False
        self._pending.append((future, collection, len(value), tally))
        self._in_flight_bytes += len(value) + _BOOKKEEPING_BYTES
        return True

    def poll(self, seconds: float) -> None:
        """Look for deliveries; if there are none yet, wait first."""
        if seconds and not (self._pending and self._pending[0][0].is_done):
            time.sleep(seconds)
        pending = self._pending
        while pending and pending[0][0].is_done:
            future, collection, size, tally = pending.popleft()
            self._in_flight_bytes -= size + _BOOKKEEPING_BYTES
            if future.exception is None:
                tally.delivered += 1
            elif self.failure is None:
                self.failure = self._sorted(future.exception, collection)

    def stalled(self, seconds: float) -> DestinationError:
        """Say that nothing was delivered; why is for a probe to find out, since the client tries in silence."""
        missing = self._watch.missing
        if missing is not None and not self._has_partitions(missing):
            return failures.no_topic(missing, f"The brokers know no such topic after {seconds:g} seconds.")
        return failures.no_answer(self._addresses, seconds, self._watch.last)

    def _has_partitions(self, collection: str) -> bool:
        try:
            return bool(self._client.partitions_for(collection))
        except errors.KafkaError:
            return False

    @property
    def in_flight(self) -> int:
        """Values taken whose delivery was not looked up yet."""
        return len(self._pending)

    def close(self) -> None:
        """Give up what is in flight and end the client's thread."""
        self._client.close(timeout=0 if self._pending else 1)

    def _sorted(self, error: Exception, collection: str) -> DestinationError:
        told = f"Collection {collection}: {error!r}"
        if isinstance(error, errors.SaslAuthenticationFailedError):
            return failures.refused()
        if isinstance(error, errors.AuthorizationError):
            return failures.not_permitted(collection, told)
        if isinstance(error, (errors.UnknownTopicOrPartitionError, errors.InvalidTopicError)):
            return failures.no_topic(collection, told)
        if isinstance(error, (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)):
            return failures.too_large(collection, told)
        if isinstance(error, _NO_ANSWER):
            return self.stalled(self._limits.delivery_timeout)
        return failures.not_taken(collection, type(error).__name__, told)


def _settings(config: Config, limits: Limits) -> dict[str, Any]:
    timeout_ms = int(limits.delivery_timeout * 1000)
    return {
        "client_id": "destination-keen",
        "bootstrap_servers": config.kafka.servers,
        "bootstrap_timeout_ms": int(limits.probe_timeout * 1000),
        "security_protocol": config.kafka.security_protocol,
        "ssl_context": config.kafka.tls() if config.kafka.encrypted else None,
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": config.project_id,
        "sasl_plain_password": config.api_key,
        "acks": "all",
        "compression_type": "lz4",
        "linger_ms": _LINGER_MS,
        "batch_size": _BATCH_BYTES,
        "max_in_flight_requests_per_connection": 5,
        "delivery_timeout_ms": timeout_ms,
        "request_timeout_ms": min(_REQUEST_TIMEOUT_MS, timeout_ms // 3),
        "max_block_ms": _METADATA_WAIT_MS,
        "partitioner": StickyPartitioner(),
        "metrics_enabled": False,
    }
