"""Serves Kafka clients: the requests of each are answered in order, and none disturbs another."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING

from keen_sandbox.inbound.broker import Broker
from keen_sandbox.inbound.faults import Script
from keen_sandbox.inbound.login import Login
from keen_sandbox.inbound.rehearsal import Rehearsal
from keen_sandbox.inbound.wire import PRODUCE, ProtocolError, decode, encode, frame, read_frame

if TYPE_CHECKING:
    from keen_sandbox.ingest import Ingest
    from keen_sandbox.project import Project

ADVERTISED = "localhost"
"""The name that clients are told to connect to, and that the certificate of a TLS server has to bear."""

READ_AHEAD_BYTES = 1 << 20
PAUSE_SECONDS = 1.0
"""How long to wait before the next client is taken when the system has no room for another connection."""
REFUSED_SECONDS = 0.1
"""How long a connection lives on after its login was refused, as with Kafka's brokers
(connection.failed.authentication.delay.ms): some clients that see the end of the connection together with the refusal
take the refusal for a broken connection."""

log = logging.getLogger(__name__)


class Listener:
    """An open listener: it takes clients until it is closed."""

    def __init__(
        self,
        project: Project,
        ingest: Ingest,
        bound: socket.socket,
        tls: ssl.SSLContext | None = None,
        script: Script | None = None,
    ) -> None:
        """Take clients from a listening socket of this machine, inside a running event loop.

        They log in to the project, and every value that they send goes to `ingest`; while that has no room, they wait
        for their acknowledgements. With the context of a TLS server the listener speaks SASL_SSL, else SASL_PLAINTEXT.
        The faults of a script happen to them. The socket is closed with the listener.
        """
        bound.setblocking(False)
        self._socket = bound
        self._ingest = ingest
        script = script or Script()
        host, port = script.advertised or (ADVERTISED, bound.getsockname()[1])
        self._broker = Rehearsal(Broker(ingest, host, port), script)
        self._project = project
        self._tls = tls
        self._connections: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        """Stop listening and close all connections. What was acknowledged has been handed to `ingest`."""
        tasks = [self._accepting, *self._connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, address = await loop.sock_accept(self._socket)
            except OSError as error:
                log.warning("inbound: no connection can be taken now: %s", error.strerror)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            connection = asyncio.create_task(self._serve(client, f"{address[0]}:{address[1]}"))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)

    async def _serve(self, client: socket.socket, peer: str) -> None:
        end = "the sandbox failed"
        try:
            end = await self._converse(*await _streams(client, self._tls))
        except ProtocolError as error:
            end = str(error)
        except ssl.SSLError as error:
            end = f"TLS failed ({error.reason})"
        except OSError as error:
            end = error.strerror or "the connection broke"
        except asyncio.CancelledError:
            end = "the sandbox stops"
            raise
        finally:
            log.info("inbound: %s closed: %s", peer, end)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        login = Login(self._project)
        try:
            while not login.refused:
                payload = await read_frame(reader)
                if payload is None:
                    return "the client left"
                answer = await self._answer(payload, login)
                if answer is not None:
                    writer.write(answer)
                    await writer.drain()
            await asyncio.sleep(REFUSED_SECONDS)
            return "the login was refused"
        finally:
            writer.close()

    async def _answer(self, payload: bytes, login: Login) -> bytes | None:
        if login.bare_token:
            login.authenticate(payload)
            return frame(b"") if login.granted else None
        request = decode(payload)
        if request.api_key == PRODUCE:
            await self._ingest.room()
        answer = await self._broker.answer(request, login)
        return None if answer is None else encode(answer, request)


async def _streams(
    client: socket.socket, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    # asyncio.start_server keeps silent about a TLS handshake that failed, and that is what users get wrong first.
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=READ_AHEAD_BYTES, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    try:
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=tls)
    except ConnectionError:
        raise ProtocolError("TLS failed (the client left)") from None
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
