"""Kafka's framing, and which requests are spoken: bytes to a request, an answer to bytes."""

from __future__ import annotations

import asyncio
import struct
from typing import Any, NamedTuple

from kafka.protocol.consumer import FetchRequest
from kafka.protocol.metadata import ApiVersionsRequest, FindCoordinatorRequest, MetadataRequest
from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

MAX_FRAME_BYTES = 104_857_600
"""Kafka's default for socket.request.max.bytes."""

PRODUCE = int(ProduceRequest.API_KEY)
"""The API key of the requests that bring records."""

_SIZE = struct.Struct(">i")
_HEADER_START = struct.Struct(">hhi")


class Spoken(NamedTuple):
    """A kind of request as kafka-python names it, with the oldest and the newest version that is spoken."""

    kind: Any
    oldest: int
    newest: int


# librdkafka reads more from these ranges than they say: it compresses for, and writes the current message format
# to, only a broker that also knows Produce 0, Fetch 4 (10 for zstd) and FindCoordinator 0, and it asks for the
# first version of the SASL handshake before it uses the second.
SPOKEN: dict[int, Spoken] = {
    spoken.kind.API_KEY: spoken
    for spoken in (
        Spoken(ProduceRequest, 0, 9),
        Spoken(FetchRequest, 4, 10),
        # librdkafka sets aside four times the size of an answer for what it reads from it. The compact form of
        # version 9 is too short for that where there are many topics with short names.
        Spoken(MetadataRequest, 0, 8),
        Spoken(FindCoordinatorRequest, 0, 0),
        Spoken(SaslHandshakeRequest, 0, 1),
        Spoken(ApiVersionsRequest, 0, 4),
        Spoken(InitProducerIdRequest, 0, 4),
        Spoken(SaslAuthenticateRequest, 0, 2),
    )
}
"""The requests that are answered, by API key: exactly what ApiVersions advertises."""


class ProtocolError(Exception):
    """The client sent what cannot be answered. Its connection has to end; the text is the reason for the log."""


class Request(NamedTuple):
    """A request: its kind, its version, the number that the answer repeats, and the body as kafka-python reads it."""

    api_key: int
    version: int
    correlation_id: int
    body: Any


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """Read one frame, without its length. None: the client closed the connection between two frames.

    Raises ProtocolError for a length that no Kafka client sends, and for a client that leaves within a frame.
    """
    start = b""
    try:
        start = await reader.readexactly(_SIZE.size)
        (size,) = _SIZE.unpack(start)
        if not 0 <= size <= MAX_FRAME_BYTES:
            raise ProtocolError(f"a request of {size} bytes; is it Kafka, and the right security protocol?")
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError as error:
        if not start and not error.partial:
            return None
        raise ProtocolError("the client left in the middle of a request") from None


def frame(payload: bytes) -> bytes:
    """Give the frame of a payload that is not a message."""
    return _SIZE.pack(len(payload)) + payload


def decode(payload: bytes) -> Request:
    """Read a request. An ApiVersions request in an unknown version has no body: it still has to be answered.

    Raises ProtocolError for any other request that is not in SPOKEN, and for bytes that are no request.
    """
    if len(payload) < _HEADER_START.size:
        raise ProtocolError(f"{len(payload)} bytes are no request")
    api_key, version, correlation_id = _HEADER_START.unpack_from(payload)
    spoken = SPOKEN.get(api_key)
    if spoken is None or not spoken.oldest <= version <= spoken.newest:
        if api_key == ApiVersionsRequest.API_KEY:
            return Request(api_key, version, correlation_id, None)
        raise ProtocolError(f"request {api_key} in version {version} is not spoken")
    try:
        body = spoken.kind.decode(payload, version=version, header=True)
    except (ValueError, IndexError, TypeError, struct.error):
        raise ProtocolError(f"request {api_key} in version {version} cannot be read") from None
    return Request(api_key, version, correlation_id, body)


def encode(answer: Any, request: Request) -> bytes:
    """Give the frame of an answer (a response of kafka-python) to a request, in the version of that request.

    An ApiVersions request without a body is answered in version 0, which every client can read.
    """
    answer.API_VERSION = 0 if request.body is None else request.version
    answer.with_header(correlation_id=request.correlation_id)
    return bytes(answer.encode(header=True, framed=True))
