"""The way of an accepted event into the store: it is there a little later, and one from Kafka is judged only then."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from keen_sandbox.readings import USUAL, Readings
from keen_sandbox.rules import NO_AUTOFILL, Dropped, Event, examine
from keen_sandbox.store import Store

_BATCH = 5_000
MOST_MESSAGES = 1_000_000
MOST_BYTES = 1 << 30
"""How many messages may wait, and how many bytes their values may have."""


class _Waiting(NamedTuple):
    due: float
    size: int
    judge: Callable[[], Event | Dropped]


class Ingest:
    """Takes what was acknowledged, over Kafka or HTTP, and stores it `delay` seconds later.

    Keen makes an event visible within ten seconds of its acknowledgement; `delay` stands for that time. All methods
    belong to one event loop. Messages wait in memory: there is `room` for as many as the two bounds say.
    """

    def __init__(
        self,
        store: Store,
        delay: float,
        readings: Readings = USUAL,
        *,
        most_messages: int = MOST_MESSAGES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._store = store
        self._delay = delay
        self._readings = readings
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._shrunk = asyncio.Condition()
        self._arrived = asyncio.Event()
        self._closing = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()

    @property
    def backlog(self) -> int:
        """How many messages were accepted and are neither stored nor dropped yet."""
        return len(self._waiting)

    def accept(self, collection: str, value: bytes | None, autofill: Mapping[str, Any] = NO_AUTOFILL) -> None:
        """Take a message of a topic, which is judged when it is due. Never blocks and never raises.

        `value` None is a Kafka tombstone; `autofill` is what the sender's key adds to its events.
        """
        received_at = datetime.now(timezone.utc)
        self._append(len(value or b""), partial(self._examine, collection, value, received_at, autofill))

    async def record(self, events: Sequence[Event]) -> None:
        """Take events that were judged already; without a delay they are stored when this returns."""
        if not self._delay:
            await asyncio.to_thread(self._store.add, events)
            return
        await self.room()
        for event in events:
            self._append(len(event.body), partial(_same, event))

    def _append(self, size: int, judge: Callable[[], Event | Dropped]) -> None:
        self._waiting_bytes += size
        self._waiting.append(_Waiting(time.monotonic() + self._delay, size, judge))
        self._arrived.set()

    def _examine(
        self, collection: str, value: bytes | None, received_at: datetime, autofill: Mapping[str, Any]
    ) -> Event | Dropped:
        verdict = examine(collection, value, received_at, self._readings, autofill)
        if self._readings.no_kafka_tokens and isinstance(verdict, Event):
            return verdict._replace(token=None)
        return verdict

    async def room(self) -> None:
        """Wait until the backlog is below its bounds; who waits here before `accept` keeps memory bounded."""
        async with self._shrunk:
            await self._shrunk.wait_for(
                lambda: len(self._waiting) < self._most_messages and self._waiting_bytes < self._most_bytes
            )

    async def run(self) -> None:
        """Move messages into the store as they become due, until `close`. Raises what the store raises."""
        self._stopped.clear()
        try:
            while not self._closing.is_set():
                await self._arrived.wait()
                await self._pause()
                await self._move(time.monotonic())
                if not self._waiting:
                    self._arrived.clear()
        finally:
            self._stopped.set()

    async def close(self) -> None:
        """Store everything that was accepted, due or not, and end `run`."""
        self._closing.set()
        self._arrived.set()
        await self._stopped.wait()
        while self._waiting:
            await self._move(float("inf"))

    async def _pause(self) -> None:
        """Wait until the first message is due or `close` is called."""
        remaining = self._waiting[0].due - time.monotonic() if self._waiting else 0.0
        if remaining > 0:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._closing.wait(), remaining)

    async def _move(self, until: float) -> None:
        """Store the first messages that are due at the monotonic instant `until`; they leave the backlog only then."""
        batch = [message for message in islice(self._waiting, _BATCH) if message.due <= until]
        await asyncio.to_thread(self._judge, batch)
        for message in batch:
            self._waiting.popleft()
            self._waiting_bytes -= message.size
        async with self._shrunk:
            self._shrunk.notify_all()

    def _judge(self, batch: list[_Waiting]) -> None:
        events: list[Event] = []
        dropped: list[Dropped] = []
        for message in batch:
            verdict = message.judge()
            if isinstance(verdict, Event):
                events.append(verdict)
            else:
                dropped.append(verdict)
        self._store.add(events, dropped)


def _same(event: Event) -> Event:
    return event
