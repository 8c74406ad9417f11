"""Lines that no source should write, made up by Hypothesis: bytes, broken messages, messages with odd parts."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unit_tests.whole_line import CONTENT, check, outcome

RIGHT = [
    f'{{"type":"RECORD","record":{{"stream":"users","data":{{"a":"{CONTENT}"}},"emitted_at":1760000000000}}}}',
    f'{{"type":"RECORD","record":{{"namespace":"public","stream":"orders","data":{{"id":7,"name":"{CONTENT}","at":'
    '"2024-05-01T12:00:00Z","tags":["x"]},"emitted_at":1760000000000,"meta":{"changes":[]}}}',
    '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"c":1}}}}',
    '{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{},"stream_states":[]},"id":9}}',
    '{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"users"},"status":'
    '"COMPLETE"}}}',
    f'{{"type":"LOG","log":{{"level":"INFO","message":"{CONTENT}"}}}}',
]
NAMES = st.sampled_from(
    [
        *("type", "record", "state", "trace", "stream", "namespace", "data", "emitted_at", "meta", "changes", "global"),
        *(
            "stream_descriptor",
            "stream_state",
            "name",
            "status",
            "stream_status",
            "id",
            "at",
            "tags",
            "keen",
            "a.b",
            "",
        ),
    ]
)
NUMBERS = st.sampled_from(["0", "-0", "1.10", "1e309", "9" * 30, "NaN", "-Infinity", "1760000000000", "1760000000"])
TEXTS = st.sampled_from(
    [
        *("RECORD", "STATE", "TRACE", "STREAM", "GLOBAL", "LEGACY", "STREAM_STATUS", "COMPLETE", "users", "orders"),
        *("public", "", "\ud83d", "\0", "2024-05-01", CONTENT, "é" * 5_000 + "x" * 5_000),
    ]
).map(json.dumps)


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members) + "}"


def _objects(values: st.SearchStrategy[str], names: st.SearchStrategy[str] = NAMES) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(names, values), max_size=4).map(_object)


VALUES = st.recursive(
    st.sampled_from(["null", "true"]) | NUMBERS | TEXTS | st.text(max_size=5).map(json.dumps),
    lambda below: st.lists(below, max_size=3).map(lambda items: "[" + ",".join(items) + "]") | _objects(below),
    max_leaves=8,
)


@st.composite
def messages(draw: st.DrawFn) -> str:
    """A message with the parts that one should have, each of them right or odd, and some that it should not have."""

    def odd_or(right: str) -> str:
        return draw(VALUES) if draw(st.integers(0, 5)) == 5 else right

    stream, namespace = draw(st.sampled_from([('"users"', "null"), ('"orders"', '"public"')]))
    descriptor = _object([("name", odd_or(stream)), ("namespace", odd_or(namespace))])
    part = _object([("stream_descriptor", odd_or(descriptor)), ("stream_state", draw(VALUES))])
    record = [("stream", odd_or(stream)), ("namespace", odd_or(namespace)), ("emitted_at", odd_or("1760000000000"))]
    record += [("data", odd_or(draw(_objects(VALUES)))), ("meta", odd_or("null"))]
    kind = draw(st.sampled_from(["RECORD", "RECORD", "STATE", "TRACE"]))
    members = {
        "RECORD": [("record", odd_or(_object(record)))],
        "STATE": [("state", odd_or(_object([("type", odd_or('"STREAM"')), ("stream", odd_or(part))])))],
        "TRACE": [("trace", odd_or(_object([("type", '"STREAM_STATUS"'), ("stream_status", odd_or(part))])))],
    }[kind]
    whole = [("type", odd_or(json.dumps(kind))), *members, *draw(st.lists(st.tuples(NAMES, VALUES), max_size=1))]
    return _object(draw(st.permutations(whole)))


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A message that is right, with a few bytes taken away, put in or replaced."""
    line = bytearray(draw(st.sampled_from(RIGHT)).encode())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(line)))
        line[at : at + draw(st.integers(0, 12))] = draw(
            st.binary(max_size=3) | st.sampled_from([b"{", b'"', b"\\", b"}"])
        )
    return bytes(line).replace(b"\n", b"")


LINES = st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")) | broken() | messages().map(str.encode)


@given(LINES)
@settings(max_examples=600, deadline=None)
@example(b"")
@example(b"\xef\xbb\xbf\r")
@example(RIGHT[0].encode("utf-16-le"))
@example(b"\0")
@example(b'{"type":"RECORD","type":"LOG"}')
@example(b'{"type":"RECORD","record":{"stream":"users","data":{"a":"\xff"},"emitted_at":0}}')
@example(
    b'{"type":"RECORD","record":{"stream":"users","data":{"a":%b},"emitted_at":0}}' % (b"[" * 3_000 + b"]" * 3_000)
)
def test_any_line_is_sent_returned_ignored_or_refused_with_one_clear_error(line: bytes) -> None:
    check(line)


@given(st.binary(max_size=40), st.sampled_from([line.encode() for line in RIGHT]), st.integers(0, 200))
@settings(max_examples=200, deadline=None)
def test_bytes_in_the_middle_of_the_input_lose_nothing_before_them(noise: bytes, line: bytes, at: int) -> None:
    outcome(line[:at] + noise + line[at:])


@pytest.mark.parametrize("line", RIGHT)
def test_lines_that_are_right_are_taken(line: str) -> None:
    made = outcome(line.encode())
    assert made.error is None
    assert (len(made.events), len(made.states)) == ("RECORD" in line, '"STATE"' in line)


@pytest.mark.parametrize("line", [RIGHT[0][:-9], RIGHT[0].replace('"data"', '"dat"'), RIGHT[2].replace("users", "\\u")])
def test_lines_that_are_spoilt_are_refused(line: str) -> None:
    made = outcome(line.encode())
    assert made.error is not None
    assert made.error.message.startswith(f"Line 3 of the input ({len(line.encode())} bytes) is not")
