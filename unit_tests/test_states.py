import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_keen.protocol import State, decode
from destination_keen.states import with_stats

NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
SCALARS = st.sampled_from(["null", "true", "false"]) | NUMBERS | st.text().map(json.dumps)


def _object(members: dict[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)} :{value}" for name, value in members.items()) + "}"


VALUES = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
        | st.dictionaries(st.text(), below, max_size=3).map(_object)
    ),
    max_leaves=8,
)

# Equal only where the digits of all numbers and the order of all members are.
_exactly = json.JSONDecoder(
    parse_int=lambda text: ("number", text),
    parse_float=lambda text: ("number", text),
    object_pairs_hook=lambda pairs: ("object", pairs),
).decode


def _state(line: bytes) -> State:
    state = decode(line)
    assert isinstance(state, State)
    return state


@pytest.mark.parametrize(
    ("body", "descriptor"),
    [
        (b'{"type":"STREAM","stream":{"stream_descriptor":{"name":"s"},"stream_state":null}}', (None, "s")),
        (b'{"type":"STREAM","stream":{"stream_descriptor":{"name":"s","namespace":"n"}},"id":7}', ("n", "s")),
        (b'{"type":null,"stream":{"stream_descriptor":{"name":"s","namespace":null}}}', (None, "s")),
        (b'{"stream":{"stream_descriptor":{"name":"s"}}}', (None, "s")),
        (b'{"type":"GLOBAL","global":{"shared_state":null,"stream_states":[]},"stream":null}', None),
        (b'{"type":"GLOBAL","global_":{"shared_state":{"lsn":1},"stream_states":[]},"data":null}', None),
        (b'{"type":"LEGACY","data":{"a":1}}', None),
        (b'{"data":{"a":1}}', None),
        (b"{}", None),
    ],
)
def test_a_state_closes_its_stream_or_all_of_them(body: bytes, descriptor: tuple[str | None, str] | None) -> None:
    line = b'{"type":"STATE","state":%b}' % body
    assert _state(line) == State(descriptor, line)


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.dictionaries(st.text(), VALUES, max_size=2), st.booleans())
def test_a_state_comes_back_as_it_was_but_for_its_stats(
    members: dict[str, str], beside: dict[str, str], first: bool
) -> None:
    body = {name: text for name, text in members.items() if name not in ("type", "stream", "destinationStats")}
    around = {name: text for name, text in beside.items() if name not in ("type", "state", "record")}

    def line(body: dict[str, str]) -> str:
        parts = {"type": '"STATE"', "state": _object(body)}
        return _object({**around, **parts} if first else {**parts, **around})

    returned = with_stats(_state(line(body).encode()), {"recordCount": 3.0, "additionalStats": {"nulledValueCount": 1}})
    stats = '{"recordCount":3.0,"additionalStats":{"nulledValueCount":1}}'
    assert b"\n" not in returned
    assert _exactly(returned.decode()) == _exactly(line({**body, "destinationStats": stats}))


def test_everything_in_a_state_stays_byte_for_byte() -> None:
    line = (
        b'{"type":"STATE","state":{"id":7,"type":"STREAM","stream":{"stream_descriptor":{"name":"s"},'
        b'"stream_state":{"at": 1.10, "big":123456789012345678901234567890,"\\u00e9":"\\u00e9", "none":null}},'
        b'"sourceStats":{"recordCount":500.0},"global":null,"partition_id":"x"},"extra":[ 1e2 ]}'
    )
    assert with_stats(_state(line), {"recordCount": 1.0}) == line.replace(
        b'"partition_id":"x"', b'"partition_id":"x","destinationStats":{"recordCount":1.0}'
    )


def test_stats_that_a_state_came_with_are_replaced() -> None:
    line = b'{"type":"STATE","state":{"destinationStats":{"recordCount":9.0,"old":1},"data":{}}}'
    assert with_stats(_state(line), {"recordCount": 1.0}) == (
        b'{"type":"STATE","state":{"destinationStats":{"recordCount":1.0},"data":{}}}'
    )


@pytest.mark.parametrize("value", ["NaN", "-Infinity", '"\\ud83d"', '{"\\udc00": [1, null, true]}'])
def test_a_state_that_is_not_quite_json_comes_back_all_the_same(value: str) -> None:
    line = f'{{"type": "STATE", "state": {{"data": {value}, "id": 7}}, "log": null}}'
    stats = '{"recordCount": 1.0}'
    assert with_stats(_state(line.encode()), {"recordCount": 1.0}).decode() == line.replace(
        '"id": 7', f'"id": 7, "destinationStats": {stats}'
    )
