"""Reads the records of one partition in a Produce request: one batch of Kafka's second message format."""

from __future__ import annotations

from typing import NamedTuple

from kafka.errors import (
    CorruptRecordError,
    InvalidRecordError,
    MessageSizeTooLargeError,
    UnsupportedCodecError,
    UnsupportedCompressionTypeError,
    UnsupportedForMessageFormatError,
)
from kafka.record.default_records import DefaultRecordBatch

from keen_sandbox.inbound.producers import Stamp

MAX_BATCH_BYTES = 1_048_588
"""Kafka's default for message.max.bytes, which counts a compressed batch with its header."""

_MAGIC = 2
_MAGIC_AT = 16
_HEADER_BYTES = DefaultRecordBatch.HEADER_STRUCT.size


class Batch(NamedTuple):
    """The values of a batch (None for a tombstone), and the stamp of its producer if that is idempotent."""

    stamp: Stamp | None
    values: list[bytes | None]


def read_batch(records: bytes | memoryview | None) -> Batch:
    """Check and unpack the records of one partition; keys, headers and timestamps mean nothing to Keen.

    Raises the error of kafka-python whose number a broker answers: MessageSizeTooLargeError, CorruptRecordError
    (torn, or the checksum is wrong), UnsupportedForMessageFormatError (messages of Kafka 0.10 and before),
    UnsupportedCompressionTypeError, InvalidRecordError (not exactly one batch, or not one of records).
    """
    if not records:
        raise InvalidRecordError
    if len(records) > MAX_BATCH_BYTES:
        raise MessageSizeTooLargeError
    if len(records) <= _MAGIC_AT:
        raise CorruptRecordError
    if records[_MAGIC_AT] != _MAGIC:
        raise UnsupportedForMessageFormatError
    if len(records) < _HEADER_BYTES:
        raise CorruptRecordError
    batch = DefaultRecordBatch(records)
    if batch.size_in_bytes < len(records):
        raise InvalidRecordError
    if batch.size_in_bytes > len(records) or not batch.validate_crc():
        raise CorruptRecordError
    if batch.is_control_batch or not 0 < batch.records_count == batch.last_offset_delta + 1:
        raise InvalidRecordError
    stamp = None
    if batch.has_producer_id():
        stamp = Stamp(batch.producer_id, batch.producer_epoch, batch.base_sequence)
    return Batch(stamp, _values(batch))


def _values(batch: DefaultRecordBatch) -> list[bytes | None]:
    try:
        return [record.value for record in batch]
    except UnsupportedCodecError:
        raise UnsupportedCompressionTypeError from None
    except Exception:  # each codec has exceptions of its own for bytes that it cannot unpack
        raise CorruptRecordError from None
