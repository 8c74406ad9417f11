"""The way of an acknowledged message: a little later it is judged, and stored or kept aside."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from datetime import datetime, timezone
from itertools import islice
from typing import NamedTuple

from keen_sandbox.rules import Dropped, Event, examine
from keen_sandbox.store import Store

_BATCH = 5_000
MOST_MESSAGES = 1_000_000
MOST_BYTES = 1 << 30
"""How many messages may wait, and how many bytes their values may have."""


class _Message(NamedTuple):
    due: float
    received_at: datetime
    collection: str
    value: bytes | None


class Ingest:
    """Takes what the inbound cluster acknowledged and, `delay` seconds later, validates and stores it.

    Keen makes an event visible within ten seconds of its acknowledgement; `delay` stands for that time. All methods
    belong to one event loop. Messages wait in memory: there is `room` for as many as the two bounds say.
    """

    def __init__(
        self, store: Store, delay: float, *, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES
    ) -> None:
        self._store = store
        self._delay = delay
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: deque[_Message] = deque()
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

    def accept(self, collection: str, value: bytes | None) -> None:
        """Take a message of a topic; `value` None is a Kafka tombstone. Never blocks and never raises."""
        due = time.monotonic() + self._delay
        self._waiting_bytes += len(value or b"")
        self._waiting.append(_Message(due, datetime.now(timezone.utc), collection, value))
        self._arrived.set()

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
            self._waiting_bytes -= len(message.value or b"")
        async with self._shrunk:
            self._shrunk.notify_all()

    def _judge(self, batch: list[_Message]) -> None:
        events: list[Event] = []
        dropped: list[Dropped] = []
        for message in batch:
            verdict = examine(message.collection, message.value, message.received_at)
            if isinstance(verdict, Event):
                events.append(verdict)
            else:
                dropped.append(verdict)
        self._store.add(events, dropped)
