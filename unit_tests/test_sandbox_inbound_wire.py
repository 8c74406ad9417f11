"""What arrives is a request that is spoken, or ends the connection with a reason."""

from __future__ import annotations

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.metadata import ApiVersionsRequest, MetadataRequest, MetadataResponse

from keen_sandbox.inbound.wire import SPOKEN, ProtocolError, Request, decode, encode, frame, read_frame


def read(received: bytes) -> bytes | None:
    async def once() -> bytes | None:
        reader = asyncio.StreamReader()
        reader.feed_data(received)
        reader.feed_eof()
        return await read_frame(reader)

    return asyncio.run(once())


def test_a_frame_is_read_without_its_length() -> None:
    assert read(frame(b"payload") + b"more") == b"payload"


def test_a_client_that_leaves_between_frames_just_leaves() -> None:
    assert read(b"") is None


@pytest.mark.parametrize("received", [b"\0", b"\0\0\0", b"\0\0\0\1", b"\0\0\0\4abc"])
def test_a_client_that_leaves_within_a_frame_is_noticed(received: bytes) -> None:
    with pytest.raises(ProtocolError, match="left in the middle"):
        read(received)


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1", b"\x16\x03\x01\x02\x00", b"\xff\xff\xff\xff"])
def test_a_length_of_no_kafka_client_is_refused(start: bytes) -> None:
    with pytest.raises(ProtocolError, match="right security protocol"):
        read(start)


def test_the_longest_frame_is_a_hundred_mebibytes() -> None:
    with pytest.raises(ProtocolError, match="left in the middle"):
        read(struct.pack(">i", 104_857_600))
    with pytest.raises(ProtocolError, match="a request of 104857601 bytes"):
        read(struct.pack(">i", 104_857_601))


@pytest.mark.parametrize("version", range(9))
def test_a_request_is_decoded_and_its_answer_encoded_in_its_version(version: int) -> None:
    message = MetadataRequest(version=version, topics=[MetadataRequest.MetadataRequestTopic(name="orders")])
    message.with_header(correlation_id=5)
    request = decode(bytes(message.encode(header=True)))
    assert (request.api_key, request.version, request.correlation_id) == (3, version, 5)
    assert [topic.name for topic in request.body.topics] == ["orders"]
    answer = encode(MetadataResponse(brokers=[], topics=[], controller_id=3), request)
    assert answer[:8] == struct.pack(">ii", len(answer) - 4, 5)
    assert MetadataResponse.decode(answer, version=version, header=True, framed=True).brokers == []


def test_an_unknown_version_of_api_versions_is_left_to_be_answered() -> None:
    assert decode(struct.pack(">hhi", ApiVersionsRequest.API_KEY, 99, 7)) == Request(18, 99, 7, None)


@pytest.mark.parametrize(("api_key", "version"), [(2, 1), (19, 5), (0, 10), (3, 9), (3, -1), (1, 3), (-1, 0), (999, 0)])
def test_any_other_request_that_is_not_spoken_ends_the_connection(api_key: int, version: int) -> None:
    with pytest.raises(ProtocolError, match=f"request {api_key} in version {version} is not spoken"):
        decode(struct.pack(">hhihh", api_key, version, 1, -1, 0))


@given(st.sampled_from(sorted(SPOKEN)), st.integers(-1, 10), st.binary(max_size=60))
def test_any_bytes_are_a_request_or_end_the_connection(api_key: int, version: int, noise: bytes) -> None:
    for payload in (noise, struct.pack(">hhi", api_key, version, 1) + noise):
        try:
            request = decode(payload)
        except ProtocolError:
            continue
        assert isinstance(request, Request)
