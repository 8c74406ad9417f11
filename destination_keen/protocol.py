"""A line of bytes becomes a Record, a State, a StreamStatus or nothing.

The envelope is the Airbyte protocol's `AirbyteMessage`. It is read leniently (unknown types and keys are no error), but
a line that is not JSON, or that claims to be a RECORD or STATE and is malformed, is refused: skipping it would lose
data.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from destination_keen import lenient

Descriptor = tuple[str | None, str]
"""A stream's namespace (None where there is none) and name."""

Path = tuple[str, ...]
"""The names that lead to a field of a record, from the root."""

NULL = msgspec.Raw(b"null")
"""What stands for an absent object."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# `emitted_at` is in milliseconds. PyAirbyte replays its cache with seconds; these are smaller by far.
_FIRST_MILLISECONDS = 100_000_000_000
_LAST_MILLISECONDS = 253_402_300_799_999


class Record(msgspec.Struct, frozen=True, gc=False):
    """A RECORD: its stream, its data and `AirbyteRecordMessageMeta` as raw JSON, and when the source read it.

    `emitted_at` is in epoch milliseconds. Data and meta may be anything yet, an absent meta is `NULL`.
    """

    stream: str
    data: msgspec.Raw
    emitted_at: Annotated[int, msgspec.Meta(ge=_FIRST_MILLISECONDS, le=_LAST_MILLISECONDS)]
    namespace: str | None = None
    meta: msgspec.Raw = NULL


class LenientRecord(Record, frozen=True, gc=False):
    """A RECORD of a line that is not quite JSON: `content` is its data and `notes` its meta, by `lenient.loads`."""

    content: dict[str, Any] = {}
    notes: dict[str, Any] = {}


class State(NamedTuple):
    """A STATE: the stream it closes (None for GLOBAL and LEGACY, which close all), and the line it came in."""

    descriptor: Descriptor | None
    line: bytes


class StreamStatus(NamedTuple):
    """A TRACE STREAM_STATUS: STARTED, RUNNING, COMPLETE or INCOMPLETE."""

    descriptor: Descriptor
    status: str


class _RecordLine(msgspec.Struct, gc=False):
    type: Literal["RECORD"]
    record: Record


class _AnyRecord(msgspec.Struct):
    stream: str
    data: msgspec.Raw
    emitted_at: int | float
    namespace: str | None = None
    meta: msgspec.Raw = NULL


class _Envelope(msgspec.Struct):
    type: str
    record: _AnyRecord | None = None


class _StreamDescriptor(msgspec.Struct):
    name: str
    namespace: str | None = None


class _StreamPart(msgspec.Struct):
    stream_descriptor: _StreamDescriptor


class _StateBody(msgspec.Struct):
    type: str | None = None
    stream: _StreamPart | None = None


class _StatusPart(msgspec.Struct):
    stream_descriptor: _StreamDescriptor
    status: str


class _TraceBody(msgspec.Struct):
    type: str | None = None
    stream_status: _StatusPart | None = None


class _StateEnvelope(msgspec.Struct):
    state: _StateBody


class _TraceEnvelope(msgspec.Struct):
    trace: _TraceBody


_record_line = msgspec.json.Decoder(_RecordLine)
_envelope = msgspec.json.Decoder(_Envelope)
_state = msgspec.json.Decoder(_StateEnvelope)
_trace = msgspec.json.Decoder(_TraceEnvelope)


def decode(line: bytes) -> Record | State | StreamStatus | None:
    """Read one line; None for blank lines and for messages that a destination has no use for.

    Raises:
        ValueError: not an Airbyte message. The text of the error may quote the line: it is not for the log.
    """
    try:
        return _record_line.decode(line).record
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_other(line)


def _decode_other(line: bytes) -> Record | State | StreamStatus | None:
    try:
        envelope = _envelope.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_again(line)
    if envelope.type == "RECORD":
        record = envelope.record
        if record is None:
            raise ValueError("a RECORD without a record")
        return Record(record.stream, record.data, _milliseconds(record.emitted_at), record.namespace, record.meta)
    if envelope.type == "STATE":
        # What msgspec has no use for it does not check, and here all of it leaves again.
        line.decode()
        return State(_closed_stream(_state.decode(line).state), line)
    return _status(line) if envelope.type == "TRACE" else None


def _decode_again(line: bytes) -> Record | State | StreamStatus | None:
    stripped = line.removeprefix(_BYTE_ORDER_MARK).strip()
    if not stripped:
        return None
    if len(stripped) != len(line):
        return decode(stripped)
    message = lenient.loads(line)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError("not an Airbyte message")
    if message["type"] not in ("RECORD", "STATE"):
        return None
    if message["type"] == "STATE":
        return State(_closed_stream(msgspec.convert(message, _StateEnvelope).state), line)
    body = message.get("record")
    if not isinstance(body, dict):
        raise ValueError("malformed")
    content, notes = body.get("data"), body.get("meta") or {}
    if not isinstance(content, dict) or not isinstance(notes, dict):
        raise ValueError("malformed record")
    record = msgspec.convert({**body, "data": NULL, "meta": NULL}, _AnyRecord)
    moment = _milliseconds(record.emitted_at)
    return LenientRecord(record.stream, NULL, moment, record.namespace, content=content, notes=notes)


def _milliseconds(emitted_at: int | float) -> int:
    milliseconds = emitted_at if emitted_at >= _FIRST_MILLISECONDS else emitted_at * 1000
    if not 0 <= milliseconds <= _LAST_MILLISECONDS:
        raise ValueError("emitted_at is no time")
    return int(milliseconds)


def _closed_stream(body: _StateBody) -> Descriptor | None:
    if body.type == "STREAM" and body.stream is None:
        raise ValueError("a STREAM state without a stream")
    if body.stream is None or body.type not in ("STREAM", None):
        return None
    descriptor = body.stream.stream_descriptor
    return descriptor.namespace, descriptor.name


def _status(line: bytes) -> StreamStatus | None:
    try:
        part = _trace.decode(line).trace.stream_status
    except msgspec.ValidationError:
        return None
    if part is None:
        return None
    return StreamStatus((part.stream_descriptor.namespace, part.stream_descriptor.name), part.status)
