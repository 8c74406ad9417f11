from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_keen import lenient
from destination_keen.mend import Change, mend
from destination_keen.shape import Names, Shape

LONG = "x" * 10_000
PAIRS = "😀" * 5_000
NAMES = st.sampled_from(["a", "b", "keen", "_airbyte_meta", "a.b", "$a", "", "é", "x" * 255, "x" * 256]) | st.text()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, "x" * 9_999, "😀" * 4_999, LONG, PAIRS])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(NAMES, below, max_size=4),
    max_leaves=8,
)


def _keeps(*records: dict[str, Any]) -> list[bool]:
    shape = Shape(Names())
    return [shape.keeps(record) for record in records]


def _properties(*records: dict[str, Any]) -> int:
    names = Names()
    shape = Shape(names)
    for record in records:
        assert shape.keeps(record)
    return names.properties


@pytest.mark.parametrize(
    "value", [None, True, 1.5, -(2**63), 2**63 - 1, "x" * 9_999, [], {}, [[{"a": [None, "b", {"c": 1}]}]]]
)
def test_what_keen_keeps_is_known_to_be_kept_also_when_it_comes_again(value: Any) -> None:
    assert _keeps({"a": value}, {"a": value}, {"a": [value], "b": {"a": value}}) == [True, True, True]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, LONG, PAIRS])
def test_a_value_beyond_a_limit_of_keens_is_seen_in_every_place_and_each_time(value: Any) -> None:
    records: list[dict[str, Any]] = [
        {"a": value},
        {"a": {"b": value}},
        {"a": [value]},
        {"a": [[value]]},
        {"a": [{"b": value}]},
    ]
    assert _keeps(*records, *records) == [False] * 10


@pytest.mark.parametrize("name", ["", "a.b", "$a", "x" * 256])
def test_a_name_that_keen_refuses_is_seen_in_every_place_and_each_time(name: str) -> None:
    records: list[dict[str, Any]] = [{name: 1}, {"a": {name: 1}}, {"a": [{name: 1}]}, {"a": [[{"b": {name: 1}}]]}]
    assert _keeps(*records, *records) == [False] * 8


@pytest.mark.parametrize("name", ["keen", "_airbyte_extracted_at", "_airbyte_generation_id", "_airbyte_meta"])
def test_a_name_that_the_event_needs_is_free_below_the_root(name: str) -> None:
    assert _keeps({name: 1}, {"a": {name: 1}}, {"a": [{name: 1}]}, {name: 1}) == [False, True, True, False]


@pytest.mark.parametrize("wrap", [lambda value: {"a": value}, lambda value: [value]], ids=["objects", "lists"])
def test_two_hundred_levels_are_kept_and_one_more_is_not(wrap: Callable[[Any], Any]) -> None:
    value: Any = 1
    for _ in range(199):
        value = wrap(value)
    assert _keeps({"a": value}, {"a": wrap(value)}) == [True, False]


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=3))
@settings(deadline=None)
def test_a_record_that_is_known_to_be_kept_needs_no_mend(records: list[dict[str, Any]]) -> None:
    shape = Shape(Names())
    for record in records:
        text = msgspec.json.encode(record)
        changes: list[Change] = []
        mended = mend(lenient.loads(text), changes)
        assert shape.keeps(msgspec.json.decode(text)) is not bool(changes)
        assert shape.keeps(mended)


def test_each_property_path_counts_once() -> None:
    assert _properties({"a": 1, "b": 2}, {"b": 3, "c": None}, {"a": "x"}) == 3
    assert _properties({"a": {"x": 1}, "b": {"x": 1}}, {"a": {"x": 2, "y": 3}}) == 5


def test_a_list_is_one_property_whatever_is_in_it() -> None:
    assert _properties({"a": [{"x": 1, "y": {"z": [2]}}, {"w": 1}]}) == 1


def test_what_is_remembered_of_a_stream_is_bounded() -> None:
    names = Names()
    shape = Shape(names)
    for i in range(25):
        assert shape.keeps({f"{i}-{j}": {"x": [j]} for j in range(500)})
    assert names.remembered == 10_000
    assert names.properties == 10_000
    assert not shape.keeps({"new.name": 1})
    assert not shape.keeps({"new": {"keen": LONG}})
