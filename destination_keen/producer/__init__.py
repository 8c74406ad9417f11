"""A producer hands event values to Keen and reports each delivery; which client does it is decided here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from destination_keen.config import Config, Limits
from destination_keen.delivery import HttpDelivery
from destination_keen.errors import DestinationError

logger = logging.getLogger(__name__)


class Tally(Protocol):
    """Where deliveries are counted."""

    delivered: int


Send = Callable[[bytes], bool]
"""Takes a value (an event's bytes), or gives False when none can be taken now: then `poll`, look at `failure`, and
send the value again."""


class Producer(Protocol):
    """What the writer needs of a client. Everything is called from the writer's thread."""

    failure: DestinationError | None
    """The first failure to deliver a value. Nothing is repeated after it."""

    def sender(self, collection: str, tally: Tally) -> Send:
        """Give what sends values to a collection.

        `tally.delivered` grows by one for each value that was delivered, while `poll` runs; never for another.
        """

    def poll(self, seconds: float) -> None:
        """Let delivery reports come in, for up to `seconds` if there are none yet."""

    def stalled(self, seconds: float) -> DestinationError:
        """The error to end with after `seconds` in which nothing was delivered."""

    @property
    def in_flight(self) -> int:
        """About how many values are on their way: 0 exactly when the fate of each is known."""

    def close(self) -> None:
        """Give up what is in flight and end the client's threads, within a second."""


def open_producer(config: Config, limits: Limits, *, idempotence: bool) -> Producer:
    """Open the producer for a configuration. `idempotence`: whether the cluster lets the project send idempotently.

    Raises:
        DestinationError: the client cannot be started.
    """
    # Imported here because `spec` needs no client, a sync only one, and because confluent-kafka is an extra.
    if isinstance(config.delivery, HttpDelivery):
        from destination_keen.producer.http import HttpProducer

        return HttpProducer(config, limits)
    try:
        from destination_keen.producer.librdkafka import LibrdkafkaProducer
    except ImportError:
        from destination_keen.producer.kafka_python import KafkaPythonProducer

        logger.info("confluent-kafka is not installed: sending with kafka-python, which is several times slower.")
        return KafkaPythonProducer(config, limits, idempotence=idempotence)
    return LibrdkafkaProducer(config, limits, idempotence=idempotence)
