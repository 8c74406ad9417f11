"""A client's side of the sandbox's broker, without a wire in between."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.producer import ProduceRequest
from kafka.record import MemoryRecordsBuilder

from keen_sandbox.inbound.broker import Broker
from keen_sandbox.inbound.faults import Fault, Script
from keen_sandbox.inbound.login import Login
from keen_sandbox.inbound.rehearsal import Rehearsal
from keen_sandbox.inbound.wire import Request
from keen_sandbox.project import Project


class Accepted(list[tuple[str, bytes | None]]):
    """What an ingest was given, in order; there is always room."""

    def __init__(self) -> None:
        super().__init__()
        self.autofills: list[Mapping[str, Any]] = []

    def accept(self, collection: str, value: bytes | None, autofill: Mapping[str, Any]) -> None:
        self.append((collection, value))
        self.autofills.append(autofill)

    async def room(self) -> None:
        """Give way at once."""


class Side:
    """A client that is logged in to a broker, which may play faults."""

    def __init__(self, *faults: Fault) -> None:
        self.accepted = Accepted()
        broker = Broker(self.accepted, "localhost", 9092)  # type: ignore[arg-type]  # the same shape
        self.rehearsal = Rehearsal(broker, Script(faults))
        self.log_out()
        self.login.handshake("PLAIN", version=1)
        self.login.authenticate(b"\0p\0w")

    def log_out(self) -> None:
        self.login = Login(Project("p", "m", "w", "r"))

    def ask(self, body: Any, version: int) -> Any:
        return asyncio.run(self.rehearsal.answer(Request(body.API_KEY, version, 1, body), self.login))

    def metadata(self, *names: str, create: bool = True) -> list[tuple[str, int]]:
        """Ask for topics, and give each with its error."""
        topics = [MetadataRequest.MetadataRequestTopic(name=name) for name in names]
        body = MetadataRequest(version=8, topics=topics, allow_auto_topic_creation=create)
        return [(topic.name, topic.error_code) for topic in self.ask(body, 8).topics]

    def produce(self, topic: str, batch: bytes, *, index: int = 0, acks: int = -1) -> Any:
        """Send a batch to a topic, and give what is said of it; None: no answer."""
        answer = self.ask(_produce({topic: batch}, index, acks), 9)
        return None if answer is None else answer.responses[0].partition_responses[0]

    def produce_to(self, *topics: str) -> dict[str, int]:
        """Send one value to several topics in one request, and give the error of each."""
        answer = self.ask(_produce(dict.fromkeys(topics, records(b"{}"))), 9)
        return {topic.name: topic.partition_responses[0].error_code for topic in answer.responses}


def _produce(batches: Mapping[str, bytes], index: int = 0, acks: int = -1) -> Any:
    topic = ProduceRequest.TopicProduceData
    partition = topic.PartitionProduceData
    data = [topic(name=name, partition_data=[partition(index=index, records=batch)]) for name, batch in batches.items()]
    return ProduceRequest(version=9, acks=acks, timeout_ms=1000, topic_data=data)


def records(*values: bytes, **stamp: int) -> bytes:
    """Give a batch; `stamp` is what an idempotent producer writes on it."""
    builder = MemoryRecordsBuilder(2, 0, 1 << 20, **stamp)
    for value in values:
        builder.append(timestamp=1, key=None, value=value)
    builder.close()
    return bytes(builder.buffer())
