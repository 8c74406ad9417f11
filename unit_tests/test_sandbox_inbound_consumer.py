"""A cluster is read from its beginning: each message once, topics as they appear, no more than there is room for."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from kafka import TopicPartition
from kafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from keen_sandbox.inbound.consumer import Consumer

SECONDS = 10.0
THREAD = "keen-sandbox-consumer"


class Record(NamedTuple):
    value: bytes | None


class Client:
    """A cluster whose topics and messages a test decides; the consumer's thread uses it as kafka-python's client."""

    def __init__(self, **topics: int) -> None:
        self.partitions = topics
        self.assigned: list[TopicPartition] = []
        self.coming: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def topics(self) -> set[str]:
        return set(self.partitions)

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(self.partitions[topic]))

    def assign(self, partitions: list[TopicPartition]) -> None:
        self.assigned = sorted(partitions)

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        try:
            coming = self.coming.get(timeout=timeout_ms / 1000)
        except queue.Empty:
            return {}
        if isinstance(coming, Exception):
            raise coming
        topic, *values = coming
        return {TopicPartition(topic, 0): [Record(value) for value in values]}


class Taken(list[tuple[str, bytes | None]]):
    """What an ingest was given, and whether it has room."""

    def __init__(self) -> None:
        super().__init__()
        self.has_room = asyncio.Event()
        self.has_room.set()

    def accept(self, collection: str, value: bytes | None) -> None:
        self.append((collection, value))

    async def room(self) -> None:
        await self.has_room.wait()


def reading(client: Client, scenario: Callable[[Taken], Awaitable[None]]) -> None:
    """Run a scenario while a consumer reads a client into an ingest; it must end within its time."""

    async def run() -> None:
        taken = Taken()
        consumer = Consumer(client, lambda topic: topic != "other", taken)  # type: ignore[arg-type]  # the same shape
        try:
            await asyncio.wait_for(scenario(taken), SECONDS)
        finally:
            await asyncio.wait_for(consumer.close(), SECONDS)
            assert THREAD not in {thread.name for thread in threading.enumerate()}

    asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def test_messages_are_handed_over_in_order_tombstones_too() -> None:
    client = Client(orders=1)
    client.coming.put(("orders", b"1", None))
    client.coming.put(("orders", b"2"))

    async def scenario(taken: Taken) -> None:
        await until(lambda: len(taken) == 3)
        assert taken == [("orders", b"1"), ("orders", None), ("orders", b"2")]

    reading(client, scenario)


def test_all_partitions_of_the_topics_that_are_taken_are_read_also_those_that_appear_later() -> None:
    client = Client(orders=2, other=1)

    async def scenario(_: Taken) -> None:
        await until(lambda: client.assigned == [("orders", 0), ("orders", 1)])
        client.partitions = {**client.partitions, "orders": 3, "users": 1}
        await until(lambda: client.assigned == [("orders", 0), ("orders", 1), ("orders", 2), ("users", 0)])

    reading(client, scenario)


def test_a_topic_that_is_out_of_sight_for_a_moment_stays_assigned() -> None:
    client = Client(orders=1)

    async def scenario(_: Taken) -> None:
        await until(lambda: client.assigned == [("orders", 0)])
        client.partitions = {"users": 1}
        await until(lambda: client.assigned == [("orders", 0), ("users", 0)])

    reading(client, scenario)


def test_a_topic_that_may_not_be_read_is_left_alone() -> None:
    client = Client(orders=1, secrets=1)

    async def scenario(taken: Taken) -> None:
        await until(lambda: len(client.assigned) == 2)
        client.coming.put(TopicAuthorizationFailedError({"secrets"}))
        await until(lambda: client.assigned == [("orders", 0)])
        client.partitions = {**client.partitions, "users": 1}
        await until(lambda: client.assigned == [("orders", 0), ("users", 0)])
        client.coming.put(("orders", b"1"))
        await until(lambda: taken == [("orders", b"1")])

    reading(client, scenario)


def test_a_failure_is_tried_again() -> None:
    client = Client(orders=1)
    client.coming.put(KafkaConnectionError("gone"))
    client.coming.put(("orders", b"1"))

    async def scenario(taken: Taken) -> None:
        await until(lambda: taken == [("orders", b"1")])

    reading(client, scenario)


def test_while_there_is_no_room_nothing_is_read() -> None:
    client = Client(orders=1)

    async def scenario(taken: Taken) -> None:
        taken.has_room.clear()
        client.coming.put(("orders", b"1"))
        client.coming.put(("orders", b"2"))
        await until(lambda: client.coming.qsize() == 1)
        await asyncio.sleep(0.3)
        assert (taken, client.coming.qsize()) == ([], 1)
        taken.has_room.set()
        await until(lambda: len(taken) == 2)

    reading(client, scenario)


def test_it_ends_although_there_is_no_room() -> None:
    client = Client(orders=1)

    async def scenario(taken: Taken) -> None:
        taken.has_room.clear()
        client.coming.put(("orders", b"1"))
        await until(client.coming.empty)

    reading(client, scenario)
