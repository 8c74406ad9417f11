"""Clients of the sandbox's listener over real connections."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.producer import ProduceRequest
from kafka.protocol.sasl import (
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)

from keen_sandbox.inbound import Listener
from keen_sandbox.inbound.faults import Script
from keen_sandbox.ingest import Ingest
from keen_sandbox.project import Project
from unit_tests.sandbox_over_kafka import Accepted, records

PROJECT = Project("project", "the-master-key", "the-write-key", "the-read-key")
SECONDS = 10.0


class Client:
    """The client's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, body: Any, number: int = 1) -> None:
        body.with_header(correlation_id=number)
        self.writer.write(bytes(body.encode(header=True, framed=True)))

    async def receive(self) -> bytes:
        (size,) = struct.unpack(">i", await asyncio.wait_for(self.reader.readexactly(4), SECONDS))
        return await asyncio.wait_for(self.reader.readexactly(size), SECONDS)

    async def ask(self, body: Any, answer: Any) -> Any:
        self.send(body)
        return answer.decode(await self.receive(), version=body.API_VERSION, header=True)

    async def log_in(self, user: str = "project", key: str = "the-write-key") -> Any:
        await self.ask(SaslHandshakeRequest(version=1, mechanism="PLAIN"), SaslHandshakeResponse)
        token = f"\0{user}\0{key}".encode()
        return await self.ask(SaslAuthenticateRequest(version=2, auth_bytes=token), SaslAuthenticateResponse)

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), SECONDS) == b""


Connect = Callable[[], Awaitable[Client]]


def listening(scenario: Callable[[Connect, Accepted], Awaitable[None]], script: Script | None = None) -> None:
    """Run a scenario against a listener on a free port, which may play faults."""

    async def run() -> None:
        accepted = Accepted()
        async with open_listener(accepted, script=script) as port:
            clients: list[Client] = []

            async def connect() -> Client:
                clients.append(Client(*await asyncio.open_connection("127.0.0.1", port)))
                return clients[-1]

            await scenario(connect, accepted)
            for client in clients:
                client.writer.close()

    asyncio.run(run())


@asynccontextmanager
async def open_listener(
    accepted: Accepted | Ingest, tls: ssl.SSLContext | None = None, script: Script | None = None
) -> AsyncIterator[int]:
    bound = socket.create_server(("127.0.0.1", 0))
    listener = Listener(PROJECT, accepted, bound, tls, script)  # type: ignore[arg-type]  # the same shape as Ingest
    port = bound.getsockname()[1]
    try:
        yield port
    finally:
        await listener.close()


def metadata(*names: str) -> Any:
    topics = [MetadataRequest.MetadataRequestTopic(name=name) for name in names]
    return MetadataRequest(version=8, topics=topics, allow_auto_topic_creation=True)


def produce(topic: str, value: bytes, acks: int) -> Any:
    partition = ProduceRequest.TopicProduceData.PartitionProduceData(index=0, records=records(value))
    data = ProduceRequest.TopicProduceData(name=topic, partition_data=[partition])
    return ProduceRequest(version=9, acks=acks, timeout_ms=1000, topic_data=[data])
