"""Reads the topics of an existing Kafka cluster from their beginning into an ingest, and leaves nothing in the cluster.

Partitions are assigned by hand and no offset is committed, so there is no consumer group. Topics that appear later are
read as well.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kafka import TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from keen_sandbox.ingest import Ingest

REFRESH_SECONDS = 1.0
"""How often the consumer looks for new topics and partitions, and how long it pauses after a failure."""
GOODBYE_SECONDS = 5.0
"""How long the end may wait for an answer of the cluster."""

_POLL_MS = 100

log = logging.getLogger(__name__)


class Consumer:
    """A thread that reads a cluster until it is closed."""

    def __init__(self, client: Any, takes: Callable[[str], bool], ingest: Ingest) -> None:
        """Read from a client (kafka-python's KafkaConsumer), inside a running event loop, which `ingest` belongs to.

        `takes` says which topics are read. While the ingest has no room, nothing is read.
        """
        self._client = client
        self._takes = takes
        self._ingest = ingest
        self._loop = asyncio.get_running_loop()
        self._denied: set[str] = set()
        self._partitions: set[TopicPartition] = set()
        self._refresh_at = time.monotonic()
        self._closing = threading.Event()
        self._handing_over: concurrent.futures.Future[None] | None = None
        self._thread = threading.Thread(target=self._read, name="keen-sandbox-consumer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Stop reading. The client is left to whoever made it."""
        self._closing.set()
        if self._handing_over is not None:
            self._handing_over.cancel()
        await asyncio.to_thread(self._thread.join, GOODBYE_SECONDS)

    def _read(self) -> None:
        while not self._closing.is_set():
            try:
                if time.monotonic() >= self._refresh_at:
                    self._refresh()
                self._hand_over(self._client.poll(timeout_ms=_POLL_MS))
            except concurrent.futures.CancelledError:
                break
            except TopicAuthorizationFailedError as error:
                self._deny(error)
            except Exception as error:  # the library raises its own errors, and others for bytes that it cannot read
                log.warning("inbound: the cluster cannot be read now: %s", error)
                self._closing.wait(REFRESH_SECONDS)

    def _refresh(self) -> None:
        topics = [each for each in self._client.topics() if self._takes(each) and each not in self._denied]
        self._refresh_at = time.monotonic() + REFRESH_SECONDS
        found = {TopicPartition(each, index) for each in topics for index in self._client.partitions_for_topic(each)}
        # A partition that is out of sight for a moment stays assigned: given up, it would be read from its beginning.
        if new := found - self._partitions:
            self._partitions |= new
            self._client.assign(list(self._partitions))
            log.info("inbound: reading %s", ", ".join(sorted({partition.topic for partition in new})))

    def _deny(self, error: TopicAuthorizationFailedError) -> None:
        self._denied |= set(error.args[0])
        self._partitions = {each for each in self._partitions if each.topic not in self._denied}
        self._client.assign(list(self._partitions))
        log.warning("inbound: the user may not read %s", ", ".join(sorted(self._denied)))

    def _hand_over(self, batches: dict[TopicPartition, list[Any]]) -> None:
        for partition, records in batches.items():
            values = [record.value for record in records]
            self._handing_over = asyncio.run_coroutine_threadsafe(self._accept(partition.topic, values), self._loop)
            # `close` may have come before there was anything to cancel.
            if self._closing.is_set():
                self._handing_over.cancel()
            self._handing_over.result()

    async def _accept(self, topic: str, values: list[bytes | None]) -> None:
        await self._ingest.room()
        for value in values:
            self._ingest.accept(topic, value)
