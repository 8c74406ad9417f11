"""Records are read as a broker reads them, and what is wrong with them is told apart."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import (
    BrokerResponseError,
    CorruptRecordError,
    InvalidRecordError,
    MessageSizeTooLargeError,
    UnsupportedCompressionTypeError,
    UnsupportedForMessageFormatError,
)
from kafka.record import MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from keen_sandbox.inbound.batches import read_batch
from keen_sandbox.inbound.producers import Stamp

NONE, GZIP, LZ4 = 0, 1, 3
ATTRIBUTES_AT, LAST_OFFSET_DELTA_AT, COUNT_AT = 21, 23, 57


def batch(*values: bytes | None, compression: int = NONE, **options: int) -> bytearray:
    builder = MemoryRecordsBuilder(2, compression, 1 << 30, **options)
    for value in values:
        builder.append(timestamp=1, key=None, value=value, headers=[("h", b"ignored")])
    builder.close()
    return bytearray(builder.buffer())


def sealed(records: bytearray) -> bytearray:
    struct.pack_into(">I", records, 17, calc_crc32c(memoryview(records)[ATTRIBUTES_AT:]))
    return records


@pytest.mark.parametrize("compression", [NONE, GZIP, LZ4])
def test_values_come_out_in_order_whatever_the_compression(compression: int) -> None:
    values = [b'{"n":%d,"text":"%s"}' % (n, b"x" * 100) for n in range(50)]
    assert read_batch(batch(*values, compression=compression)) == (None, values)


def test_a_tombstone_is_a_value_of_none() -> None:
    assert read_batch(batch(b"", None)).values == [b"", None]


def test_the_stamp_of_an_idempotent_producer_is_read() -> None:
    records = batch(b"{}", producer_id=41, producer_epoch=2, base_sequence=9)
    assert read_batch(records).stamp == Stamp(41, 2, 9)


def test_a_batch_of_the_largest_size_is_read_and_one_byte_more_is_refused() -> None:
    largest = batch(b"x" * (1_048_588 - len(batch(b"x" * 1_000_000)) + 1_000_000))
    assert len(largest) == 1_048_588
    assert len(read_batch(largest).values) == 1
    with pytest.raises(MessageSizeTooLargeError):
        read_batch(largest + b"x")


@given(st.integers(min_value=ATTRIBUTES_AT * 8), st.sampled_from([NONE, LZ4]))
def test_any_flipped_bit_under_the_checksum_is_seen(bit: int, compression: int) -> None:
    records = batch(b'{"a":1}' * 20, b"{}", compression=compression)
    bit = bit % ((len(records) - ATTRIBUTES_AT) * 8) + ATTRIBUTES_AT * 8
    records[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CorruptRecordError):
        read_batch(records)


def test_torn_records_are_corrupt() -> None:
    whole = batch(b"{}")
    for length in range(1, len(whole)):
        with pytest.raises(CorruptRecordError):
            read_batch(whole[:length])


def test_no_records_and_two_batches_are_invalid() -> None:
    for records in (None, b"", batch(b"{}") + batch(b"{}")):
        with pytest.raises(InvalidRecordError):
            read_batch(records)


@pytest.mark.parametrize(("at", "number"), [(LAST_OFFSET_DELTA_AT, 2), (COUNT_AT, 2), (COUNT_AT, -1)])
def test_a_count_that_contradicts_the_offsets_is_invalid(at: int, number: int) -> None:
    records = batch(b"{}")
    struct.pack_into(">i", records, at, number)
    with pytest.raises(InvalidRecordError):
        read_batch(sealed(records))


def test_a_control_batch_is_invalid() -> None:
    records = batch(b"{}")
    records[ATTRIBUTES_AT + 1] |= 0x20
    with pytest.raises(InvalidRecordError):
        read_batch(sealed(records))


def test_a_codec_that_is_not_there_is_unsupported() -> None:
    records = batch(b"{}")
    records[ATTRIBUTES_AT + 1] |= 5
    with pytest.raises(UnsupportedCompressionTypeError):
        read_batch(sealed(records))


@pytest.mark.parametrize("codec", [GZIP, LZ4])
def test_bytes_that_do_not_unpack_are_corrupt(codec: int) -> None:
    records = batch(b"{}")
    records[ATTRIBUTES_AT + 1] |= codec
    with pytest.raises(CorruptRecordError):
        read_batch(sealed(records))


@pytest.mark.parametrize("magic", [0, 1])
def test_messages_of_the_old_formats_are_unsupported(magic: int) -> None:
    builder = MemoryRecordsBuilder(magic, NONE, 1 << 20)
    builder.append(timestamp=1, key=None, value=b"{}")
    builder.close()
    with pytest.raises(UnsupportedForMessageFormatError):
        read_batch(bytes(builder.buffer()))


@given(st.binary(max_size=200))
def test_any_bytes_give_an_error_of_the_protocol(noise: bytes) -> None:
    for records in (noise, sealed(batch(b"{}")[:16] + b"\2" + bytes(4) + noise)):
        with pytest.raises(BrokerResponseError):
            read_batch(records)
