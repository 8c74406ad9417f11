"""Delivery over Keen's HTTP API, where its Kafka cluster cannot be reached: the same promises, at a web server's pace.

Events are collected into batches, and a few threads post them. The verdicts come back in a queue, and are counted by
the writer's own thread while it polls.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from functools import partial
from queue import Empty, SimpleQueue

from destination_keen.api import Api
from destination_keen.config import Config, Limits
from destination_keen.deadline import Deadline
from destination_keen.errors import DestinationError, InternalError
from destination_keen.producer import Send, Tally, failures
from destination_keen.producer.bulk import Bulk, Item, Verdict

logger = logging.getLogger(__name__)

_LINGER = 0.05
# Keen recommends no more events in one request, and takes 10,000,000 bytes (the API reference). Less than that gets
# through a slow line within the time of a request, and half a dozen bodies take no memory worth mentioning.
_BATCH_EVENTS = 5_000
_BATCH_BYTES = 4_000_000
_POSTS_AT_A_TIME = 4
# What is remembered of a value in flight besides the value, its part of a request's body included.
_BOOKKEEPING_BYTES = 600
_SECONDS_BETWEEN_LOGS = 10.0


class HttpProducer:
    """A `Producer` on Keen's HTTP API: bulk posts, several at a time, each event delivered by Keen's own word."""

    def __init__(self, config: Config, limits: Limits) -> None:
        self._url = config.api_url
        self._limits = limits
        self._batch: list[Item] = []
        self._batch_bytes = 0
        self._lingering = Deadline(_LINGER)
        self._in_flight = 0
        self._in_flight_bytes = 0
        self._trouble = ""
        self._quiet = Deadline(0.0)
        self.failure: DestinationError | None = None
        self._batches: SimpleQueue[list[Item]] = SimpleQueue()
        self._verdicts: SimpleQueue[Verdict] = SimpleQueue()
        self._stop = threading.Event()
        self._posts = [
            threading.Thread(target=self._post, args=(config,), name=f"keen-post-{i}", daemon=True)
            for i in range(_POSTS_AT_A_TIME)
        ]
        for post in self._posts:
            post.start()

    def sender(self, collection: str, tally: Tally) -> Send:
        """Give what takes values for a collection until the bound on what is in flight is reached."""
        return partial(self._take, collection, tally)

    def poll(self, seconds: float) -> None:
        """Count the verdicts that are there; if there are none yet, wait first."""
        if self._batch and self._lingering.passed:
            self._hand_over()
        wait = min(seconds, self._lingering.remaining) if self._batch else seconds
        try:
            self._count(self._verdicts.get(timeout=wait) if wait else self._verdicts.get_nowait())
            while True:
                self._count(self._verdicts.get_nowait())
        except Empty:
            return

    def stalled(self, seconds: float) -> DestinationError:
        """Say that nothing was confirmed, and what the API did last."""
        return failures.unconfirmed(self._url, seconds, self._trouble)

    @property
    def in_flight(self) -> int:
        """Values taken that have no verdict yet."""
        return self._in_flight

    def close(self) -> None:
        """Give up what is in flight. A request that is being answered is left to itself."""
        self._stop.set()
        for _ in self._posts:
            self._batches.put([])
        deadline = Deadline(0.5)
        for post in self._posts:
            post.join(deadline.remaining)

    def _take(self, collection: str, tally: Tally, value: bytes) -> bool:
        limits = self._limits
        if self._in_flight >= limits.in_flight_records or self._in_flight_bytes >= limits.in_flight_bytes:
            return False
        size = len(value)
        if self._batch and (len(self._batch) >= _BATCH_EVENTS or self._batch_bytes + size > _BATCH_BYTES):
            self._hand_over()
        if not self._batch:
            self._lingering = Deadline(_LINGER)
        self._batch.append(Item(collection, value, tally))
        self._batch_bytes += size
        self._in_flight += 1
        self._in_flight_bytes += size + _BOOKKEEPING_BYTES
        return True

    def _hand_over(self) -> None:
        self._batches.put(self._batch)
        self._batch, self._batch_bytes = [], 0

    def _count(self, verdict: Verdict) -> None:
        for item in verdict.items:
            self._in_flight -= 1
            self._in_flight_bytes -= len(item.value) + _BOOKKEEPING_BYTES
            if verdict.failure is None:
                item.tally.delivered += 1
        self.failure = self.failure or verdict.failure
        if verdict.trouble:
            self._trouble = verdict.trouble
            if self._quiet.passed:
                self._quiet = Deadline(_SECONDS_BETWEEN_LOGS)
                logger.warning("Keen's HTTP API did not confirm events and is asked again: %s.", verdict.trouble)

    def _post(self, config: Config) -> None:
        seconds = self._limits.delivery_timeout
        with closing(Api(config, seconds)) as api:
            bulk = Bulk(api, config.api_url, seconds, self._stop)
            while (batch := self._batches.get()) and not self._stop.is_set():
                try:
                    for verdict in bulk.deliver(batch):
                        self._verdicts.put(verdict)
                except Exception as error:
                    self._verdicts.put(Verdict((), InternalError.unexpected(error)))
