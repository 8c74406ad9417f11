"""A line that is taken apart by a learned envelope makes the event that decoding it makes, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from destination_keen.envelope import DATA, Alike, learn, unlike
from destination_keen.event import Encoder, noted
from destination_keen.protocol import Record, decode
from destination_keen.timestamp import TimestampRule

EMITTED_AT = 1_760_000_000_123
USER = {"id": 1, "at": "2026-01-02T03:04:05Z"}

# As the platform, the two CDKs, a serializer with sorted names and a careless source write a record.
LAYOUTS = [
    '{"type":"RECORD","record":{"stream":"users","data":DATA,"emitted_at":TIME}}',
    '{"type":"RECORD","record":{"namespace":"public","stream":"users","data":DATA,"emitted_at":TIME}}',
    '{"type":"RECORD","record":{"stream":"users","data":DATA,"emitted_at":TIME,"meta":{"changes":[]}}}',
    '{"record":{"data":DATA,"emitted_at":TIME,"stream":"users"},"type":"RECORD"}',
    '{"type":"RECORD","record":{"stream":"users","data":DATA, "emitted_at": TIME}} ',
    '{"type":"RECORD","x":{"data":{"TIME":1}},"record":{"stream":"users","data":DATA,"emitted_at":TIME}}',
    '{"type":"RECORD","record":{"stream":"users","data":DATA,"emitted_at":TIME},"sent_at":TIME}',
]


def written(layout: str, data: Any = USER, emitted_at: object = EMITTED_AT) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return layout.replace("DATA", text).replace("TIME", str(emitted_at)).encode()


def encoder() -> Encoder:
    return Encoder(TimestampRule(("at",), numeric=True), generation_id=7)


def learned(line: bytes) -> Alike:
    record = decode(line)
    assert isinstance(record, Record)
    return learn(line, record, encoder().splice)


def is_plain(line: bytes) -> bool:
    try:
        record = decode(line)
        return isinstance(record, Record) and not noted(record)
    except ValueError:
        return False


def check_same(line: bytes, first: bytes) -> bool:
    """Hold what the envelope of `first` makes of a line to what decoding makes of it; False where it makes nothing."""
    heads = {each[: each.find(DATA)] for each in (line, first)}
    value = learned(first)(line) if len(heads) == 1 else None
    if value is None:
        return False
    record, like = decode(line), decode(first)
    assert isinstance(record, Record)
    assert isinstance(like, Record)
    assert (record.stream, record.namespace) == (like.stream, like.namespace)
    assert noted(record) == []
    assert encoder().encode(record) == value
    return True


@pytest.mark.parametrize("layout", LAYOUTS[:5])
def test_a_line_with_other_data_and_another_time_is_not_decoded(layout: str) -> None:
    first = written(layout)
    assert check_same(written(layout, {"id": 2, "name": "Zoë", "of": {"a": [1]}}, 1_999_999_999_999), first)
    assert check_same(written(layout, "{}", 1_000_000_000_000), first)
    assert check_same(written(layout, "{ }"), first)
    assert check_same(written(layout, '{"text":"}},\\"emitted_at\\":1760000000123}}"}'), first)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("data", "emitted_at"),
    [
        (USER, 176_000_000_012),
        (USER, 17_600_000_000_123),
        (USER, "0760000000123"),
        (USER, "1760000000.12"),
        (USER, "1760000e00123"),
        (USER, "-760000000123"),
        (USER, "176000000012٣"),
        (USER, "null"),
        ("[1]", EMITTED_AT),
        ("null", EMITTED_AT),
        ("", EMITTED_AT),
        ("{", EMITTED_AT),
        ("{}}", EMITTED_AT),
        ('{"a":1} ', EMITTED_AT),
        (' {"a":1}', EMITTED_AT),
        ('{"a":NaN}', EMITTED_AT),
        ('{"a.b":1}', EMITTED_AT),
        ('{"a":1},"data":{"b":2}', EMITTED_AT),
        ('{"a":1},"stream":"orders","x":{}', EMITTED_AT),
        (
            '{"a":1},"meta":{"changes":[{"field":"a","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}',
            EMITTED_AT,
        ),
        ('{"a":"%s"}' % ("x" * 1_000_000), EMITTED_AT),
    ],
)
def test_what_is_not_alike_is_left_to_decoding(layout: str, data: Any, emitted_at: object) -> None:
    assert not check_same(written(layout, data, emitted_at), written(layout))


@pytest.mark.parametrize(
    "line",
    [
        written('{"type":"RECORD","record":{"stream":"users","data": DATA,"emitted_at":TIME}}'),
        written('{"type":"RECORD","record":{"stream":"users","emitted_at":TIME,"data":DATA}}'),
        written(LAYOUTS[0], emitted_at=1_760_000_000),
        written(LAYOUTS[0], '{"somewhere":"else"}'),
        written('{"type":"RECORD","record":{"the\\"data":DATA,"stream":"users","data":{},"emitted_at":TIME}}'),
        written('{"type":"RECORD","record":{"stream":"users","data":DATA,"emitted_at":1,"emitted_at":TIME,"data":{}}}'),
        written('{"type":"RECORD","record":{"stream":"users","data":DATA,"was":TIME,"emitted_at":TIME}}'),
        b"\xef\xbb\xbf" + written('{"type":"RECORD","record":{"stream":"TIME","data":[],"emitted_at":TIME}}'),
        written(LAYOUTS[0], '{"a":NaN}'),
    ],
)
def test_an_envelope_that_cannot_be_told_is_not_learned(line: bytes) -> None:
    assert learned(line) is unlike


@pytest.mark.parametrize("other", LAYOUTS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_envelope_is_not_taken_for_this_one(layout: str, other: str) -> None:
    second = written(other, {"id": 2}, EMITTED_AT + 1)
    for line in (second, second.replace(b"users", b"orders"), second.replace(b"RECORD", b"TRACE_")):
        if layout != other or line is not second:
            assert not check_same(line, written(layout))


@given(
    st.sampled_from(LAYOUTS),
    st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists), max_size=5),
    st.integers(10**12, 10**13 - 1),
    st.tuples(st.integers(0, 150), st.integers(0, 4), st.text(alphabet='{}[]",:\\ 0123456789etadm_', max_size=12)),
)
@example(LAYOUTS[0], {}, EMITTED_AT, (50, 0, '"data":{},'))
@example(LAYOUTS[0], {}, EMITTED_AT, (54, 1, "}"))
def test_no_line_is_read_in_another_way_than_decoding_reads_it(
    layout: str, data: dict[str, Any], emitted_at: int, edit: tuple[int, int, str]
) -> None:
    line = written(layout, json.dumps(data, separators=(",", ":")), emitted_at)
    at, without, text = edit
    check_same(line, written(layout))
    for place in (at, len(line) - at):
        edited = line[:place] + text.encode() + line[place + without :]
        check_same(edited, written(layout))
        if is_plain(edited):
            check_same(written(layout), edited)
