"""Clients reach the listener over real connections, and none of them disturbs another."""

from __future__ import annotations

import asyncio
import logging
import ssl
import struct

import pytest
from kafka.protocol.metadata import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    MetadataResponse,
)
from kafka.protocol.sasl import (
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)

from keen_sandbox.certificate import make_certificate
from keen_sandbox.ingest import Ingest
from keen_sandbox.store import Store
from unit_tests.sandbox_connections import (
    Client,
    Connect,
    listening,
    metadata,
    open_listener,
    produce,
)
from unit_tests.sandbox_over_kafka import Accepted


@pytest.mark.parametrize("key", ["the-master-key", "the-write-key"])
def test_a_key_that_may_write_is_let_in(key: str) -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        client = await connect()
        assert (await client.log_in(key=key)).error_code == 0
        answer = await client.ask(metadata("orders"), MetadataResponse)
        assert [(topic.name, topic.error_code) for topic in answer.topics] == [("orders", 0)]

    listening(scenario)


@pytest.mark.parametrize(
    ("user", "key"),
    [("project", "no-such-key"), ("somebody", "the-master-key"), ("project", "the-read-key")],
)
def test_another_key_or_user_is_told_so_and_the_connection_is_closed(user: str, key: str) -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        client = await connect()
        answer = await client.log_in(user, key)
        assert answer.error_code == 58
        assert answer.error_message.startswith("Authentication failed: ")
        assert key not in answer.error_message
        assert await client.is_closed()

    listening(scenario)


def test_a_client_of_another_mechanism_is_told_which_one_is_spoken() -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        client = await connect()
        answer = await client.ask(SaslHandshakeRequest(version=1, mechanism="GSSAPI"), SaslHandshakeResponse)
        assert (answer.error_code, answer.mechanisms) == (33, ["PLAIN"])
        assert (await client.log_in()).error_code == 0

    listening(scenario)


def test_a_bare_token_after_the_old_handshake_is_answered_barely() -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        for key, granted in ((b"the-write-key", True), (b"wrong", False)):
            client = await connect()
            await client.ask(SaslHandshakeRequest(version=0, mechanism="PLAIN"), SaslHandshakeResponse)
            token = b"\0project\0" + key
            client.writer.write(struct.pack(">i", len(token)) + token)
            if granted:
                assert await client.receive() == b""
                assert (await client.ask(metadata(), MetadataResponse)).topics == []
            else:
                assert await client.is_closed()

    listening(scenario)


def test_a_request_before_the_login_ends_the_connection() -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        client = await connect()
        client.send(metadata("orders"))
        assert await client.is_closed()

    listening(scenario)


def test_an_unknown_version_of_api_versions_is_answered_in_the_first() -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        client = await connect()
        client.writer.write(struct.pack(">ihhih", 10, ApiVersionsRequest.API_KEY, 99, 6, -1))
        answer = ApiVersionsResponse.decode(await client.receive(), version=0, header=True)
        assert (answer.header.correlation_id, answer.error_code) == (6, 35)
        assert (18, 0, 4) in [(one.api_key, one.min_version, one.max_version) for one in answer.api_keys]
        assert (await client.log_in()).error_code == 0

    listening(scenario)


def test_requests_of_one_connection_are_answered_in_order_and_silence_is_kept_for_acks_0() -> None:
    async def scenario(connect: Connect, accepted: Accepted) -> None:
        client = await connect()
        await client.log_in()
        client.send(metadata("orders"), 10)
        client.send(produce("orders", b"1", acks=-1), 11)
        client.send(produce("orders", b"2", acks=0), 12)
        client.send(produce("orders", b"3", acks=1), 13)
        numbers = [struct.unpack_from(">i", await client.receive())[0] for _ in range(3)]
        assert numbers == [10, 11, 13]
        assert accepted == [("orders", b"1"), ("orders", b"2"), ("orders", b"3")]

    listening(scenario)


def test_a_client_waits_for_its_acknowledgement_while_too_many_messages_wait() -> None:
    async def run() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=3_600, most_messages=2)
        async with open_listener(ingest) as port:
            client, other = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(2)]
            await client.log_in()
            client.send(metadata("orders"), 10)
            for number in (11, 12, 13):
                client.send(produce("orders", b"{}", acks=-1), number)
            numbers = [struct.unpack_from(">i", await client.receive())[0] for _ in range(3)]
            assert numbers == [10, 11, 12]
            late = asyncio.create_task(client.receive())
            assert (await other.log_in()).error_code == 0
            done, _ = await asyncio.wait([late], timeout=0.1)
            assert (done, ingest.backlog) == (set(), 2)
            await ingest.close()
            assert struct.unpack_from(">i", await late) == (13,)
            assert ingest.backlog == 1
            for each in (client, other):
                each.writer.close()
        store.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "a request of 1195725856 bytes"),
        (struct.pack(">i", 104_857_601), "a request of 104857601 bytes"),
        (b"\0\0\0\2ab", "2 bytes are no request"),
        (b"\0\0\1\0a", "the client left in the middle of a request"),
        (b"", "the client left"),
    ],
)
def test_a_connection_that_ends_is_one_line_in_the_log(
    sent: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        steady, other = await connect(), await connect()
        await steady.log_in()
        other.writer.write(sent)
        other.writer.write_eof()
        assert await other.is_closed()
        assert [record.getMessage().split(" closed: ")[1].startswith(reason) for record in caplog.records] == [True]
        assert (await steady.ask(metadata(), MetadataResponse)).topics == []

    with caplog.at_level(logging.INFO, "keen_sandbox"):
        listening(scenario)


def test_tls_that_fails_is_one_line_in_the_log_and_the_next_client_is_served(
    caplog: pytest.LogCaptureFixture,
) -> None:
    certificate = make_certificate()

    async def run() -> None:
        async with open_listener(Accepted(), certificate.server_context()) as port:
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection("localhost", port, ssl=ssl.create_default_context())
            plain = Client(*await asyncio.open_connection("localhost", port))
            plain.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await plain.is_closed()
            trusting = ssl.create_default_context(cadata=certificate.pem)
            client = Client(*await asyncio.open_connection("localhost", port, ssl=trusting))
            assert (await client.log_in()).error_code == 0
            assert ["TLS failed" in record.getMessage() for record in caplog.records] == [True, True]
            for other in (plain, client):
                other.writer.close()

    with caplog.at_level(logging.INFO, "keen_sandbox"):
        asyncio.run(run())


def test_closing_ends_the_connections_and_frees_the_port() -> None:
    async def run() -> None:
        async with open_listener(Accepted()) as port:
            client = Client(*await asyncio.open_connection("127.0.0.1", port))
            await client.log_in()
        assert await client.is_closed()
        client.writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(run())
