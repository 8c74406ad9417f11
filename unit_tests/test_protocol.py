import msgspec
import pytest

from destination_keen.protocol import NULL, LenientRecord, Record, State, StreamStatus, decode
from destination_keen.states import with_stats


def _record(line: bytes) -> Record:
    record = decode(line)
    assert isinstance(record, Record)
    return record


def _state(line: bytes) -> State:
    state = decode(line)
    assert isinstance(state, State)
    return state


def _with_body(body: bytes) -> bytes:
    return b'{"type":"RECORD","record":%b}' % body


def _is_refused(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return True
    return False


def _emitted_at(text: bytes) -> int | float:
    return _record(_with_body(b'{"stream":"s","data":{},"emitted_at":%b}' % text)).emitted_at


def test_a_record_keeps_its_data_as_the_bytes_that_came() -> None:
    record = _record(
        b'{"record": {"emitted_at": 1700000000123, "data": { "a": 1.10,"b":"\\u00e9" } , "namespace": "n",'
        b' "unknown": [1], "stream": "s", "meta": {"changes": [ ]}}, "extra": null, "type": "RECORD"}'
    )
    assert (record.namespace, record.stream, record.emitted_at) == ("n", "s", 1_700_000_000_123)
    assert record.data == msgspec.Raw(b'{ "a": 1.10,"b":"\\u00e9" }')
    assert record.meta == msgspec.Raw(b'{"changes": [ ]}')


def test_what_may_be_missing_or_null_in_a_record_is_both_the_same() -> None:
    missing = _record(b'{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":1700000000123}}')
    null = _record(
        b'{"type":"RECORD","log":null,"state":null,"trace":null,"record":{"namespace":null,"stream":"s","data":{},'
        b'"emitted_at":1700000000123,"meta":null,"file_reference":null}}'
    )
    for record in (missing, null):
        assert record.namespace is None
        assert record.meta == NULL


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        (b"1700000000123", 1_700_000_000_123),
        (b"1700000000123.0", 1_700_000_000_123),
        (b"1.700000000123e12", 1_700_000_000_123),
        (b"1700000000", 1_700_000_000_000),
        (b"1700000000.25", 1_700_000_000_250),
        (b"99999999999", 99_999_999_999_000),
        (b"100000000000", 100_000_000_000),
        (b"253402300799999", 253_402_300_799_999),
        (b"0", 0),
    ],
)
def test_the_time_of_reading_is_in_milliseconds_also_where_the_source_sent_seconds(
    text: bytes, milliseconds: int
) -> None:
    assert _emitted_at(text) == milliseconds


@pytest.mark.parametrize("text", [b"-1", b"-1700000000123", b"253402300800000", b"1e300", b"9" * 40])
def test_a_time_of_reading_outside_the_calendar_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="emitted_at"):
        _emitted_at(text)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b" \t", b"\xef\xbb\xbf  "])
@pytest.mark.parametrize("after", [b"", b"\r", b"  \r"])
def test_byte_order_marks_blanks_and_carriage_returns_around_a_message_do_no_harm(before: bytes, after: bytes) -> None:
    record = _record(before + b'{"type":"RECORD","record":{"stream":"s","data":{"a":1},"emitted_at":0}}' + after)
    assert (record.stream, record.data) == ("s", msgspec.Raw(b'{"a":1}'))
    state = _state(before + b'{"type":"STATE","state":{"data":1}}' + after)
    assert with_stats(state, {"recordCount": 2.0}) == (
        b'{"type":"STATE","state":{"data":1,"destinationStats":{"recordCount":2.0}}}'
    )


@pytest.mark.parametrize("line", [b"", b" ", b"\r", b"\t \r", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r"])
def test_a_blank_line_is_no_message(line: bytes) -> None:
    assert decode(line) is None


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"LOG","log":{"level":"INFO","message":"hello"}}',
        b'{"type":"LOG","log":{"level":"INFO","message":NaN}}',
        b'{"type":"SPEC"}',
        b'{"type":"CONTROL","control":{},"record":5,"state":"x"}',
        b'{"type":"TRACE","trace":{"type":"ERROR","error":{"message":"x"}}}',
        b'{"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"name":"s","type":"STREAM"}}}',
        b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":null}}',
        b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"status":"COMPLETE"}}}',
        b'{"type":"TRACE","trace":5}',
        b'{"type":"TRACE"}',
        b'{"type":"FROM_THE_FUTURE","data":[1,2]}',
        b'{"type":"record"}',
    ],
)
def test_a_message_that_a_destination_has_no_use_for_is_ignored(line: bytes) -> None:
    assert decode(line) is None


@pytest.mark.parametrize("status", ["STARTED", "RUNNING", "COMPLETE", "INCOMPLETE"])
def test_what_the_source_says_of_a_stream_is_understood(status: str) -> None:
    line = (
        b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.0,"error":null,"stream_status":'
        b'{"stream_descriptor":{"name":"s","namespace":"n"},"status":"%b","reasons":null}}}' % status.encode()
    )
    assert decode(line) == StreamStatus(("n", "s"), status)
    assert decode(line.replace(b'"n"', b"null")) == StreamStatus((None, "s"), status)


@pytest.mark.parametrize(
    "line",
    [
        b"Starting sync",
        b"{",
        b"{}",
        b"[]",
        b"5",
        b"null",
        b'"RECORD"',
        b'{"type":null}',
        b'{"type":5}',
        b'{"record":{"stream":"s","data":{},"emitted_at":0}}',
        b'{"type":"RECORD"}',
        b'{"type":"RECORD","record":null}',
        b'{"type":"RECORD","record":{"stream":"s","emitted_at":0,"data":NaN}}',
        b'{"type":"RECORD","record":{"stream":"s","emitted_at":0,"data":{"a":NaN},"meta":5}}',
        b'{"type":"STATE","state":{"type":"STREAM"}}',
        b'{"type":"STATE","state":{"type":"STREAM","stream":null}}',
        b'{"type":"RECORD","record":{}}',
        b'{"type":"RECORD","record":{"stream":5,"data":{},"emitted_at":0}}',
        b'{"type":"RECORD","record":{"stream":"s","emitted_at":0}}',
        b'{"type":"RECORD","record":{"stream":"s","data":{}}}',
        b'{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":"1700000000123"}}',
        b'{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":true}}',
        b'{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":NaN}}',
        b'{"type":"STATE"}',
        b'{"type":"STATE","state":null}',
        b'{"type":"STATE","state":{"data":"\xff"}}',
        b'{"type":"STATE","state":{"type":"STREAM","data":NaN}}',
        b'{"type":"STATE","state":{"type":"STREAM","stream":{}}}',
        b'{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":0}} trailing',
        b'{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":0}}{"type":"LOG"}',
        b'{"type":"RECORD","record":{"stream":"\xff","data":{},"emitted_at":0}}',
        b'{"type":"RECORD","record":{"stream":"s","emitted_at":0,"data":{"a":' + b"[" * 100_000,
        '{"type":"LOG"}'.encode("utf-16"),
    ],
)
def test_a_line_that_is_no_message_or_a_malformed_one_is_refused(line: bytes) -> None:
    assert _is_refused(line)


def test_a_record_that_is_not_quite_json_is_read_all_the_same() -> None:
    record = _record(
        b'{"type":"RECORD","record":{"stream":"s","namespace":null,"emitted_at":1700000000.25,"data":{"a":NaN,"b":[1.10,'
        b'"\\ud83d"]},"meta":{"changes":[]}}}'
    )
    assert isinstance(record, LenientRecord)
    assert (record.namespace, record.stream, record.emitted_at) == (None, "s", 1_700_000_000_250)
    assert repr(record.content) == "{'a': OUT_OF_RANGE, 'b': [Decimal('1.10'), '\\ud83d']}"
    assert record.notes == {"changes": []}


def test_a_status_that_is_not_quite_json_is_ignored() -> None:
    assert decode(b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","x":NaN}}') is None
