import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_keen import lenient
from destination_keen.mend import Change, fit, mend, name_is_kept
from destination_keen.protocol import Path

SERIALIZATION = "DESTINATION_SERIALIZATION_ERROR"
FIELD_SIZE = "DESTINATION_FIELD_SIZE_LIMITATION"
RECORD_SIZE = "DESTINATION_RECORD_SIZE_LIMITATION"


def _mended(data: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    changes: list[Change] = []
    return mend(data, changes), [(change.field, change.change, change.reason) for change in changes]


def _fitted(data: dict[str, Any], *keys: Path) -> tuple[dict[str, Any], list[Change]]:
    listed: list[Change] = []

    def write(data: dict[str, Any], changes: list[Change]) -> bytes:
        listed[:] = changes
        return lenient.dumps({**data, "changes": [change._asdict() for change in changes]})

    value = fit(data, [], frozenset(keys), write)
    assert len(value) <= 900_000
    event = json.loads(value)
    del event["changes"]
    return event, listed


@pytest.mark.parametrize("name", ["a", " ", "é", "x$", "_", "a-b", "😀", "x" * 255, "a\n"])
def test_a_name_that_keen_allows_is_kept(name: str) -> None:
    assert name_is_kept(name)
    assert _mended({"outer": {name: 1}}) == ({"outer": {name: 1}}, [])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.b", "a_b"),
        (".", "_"),
        ("$set", "set"),
        ("$$set.x", "set_x"),
        ("$", "_"),
        ("", "_"),
        ("x\ud800y", "x\ufffdy"),
        ("x" * 256, "x" * 246 + "_85e62acd"),
    ],
)
def test_a_name_that_keen_refuses_is_changed_and_listed_as_the_source_wrote_it(name: str, kept: str) -> None:
    assert not name_is_kept(name)
    field = name.replace("\ud800", "\ufffd")
    assert _mended({name: 1}) == ({kept: 1}, [(field, "RENAMED", SERIALIZATION)])
    assert _mended({"a": [{"b": {name: 1}}]})[0] == {"a": [{"b": {kept: 1}}]}
    assert _mended({"a": [{"b": {name: 1}}]})[1] == [(f"a.b.{field}", "RENAMED", SERIALIZATION)]


@pytest.mark.parametrize("name", ["keen", "_airbyte_extracted_at", "_airbyte_generation_id", "_airbyte_meta"])
def test_a_root_property_with_a_name_that_the_event_needs_moves_away(name: str) -> None:
    assert _mended({name: {"x": 1}}) == ({f"{name}_": {"x": 1}}, [(name, "RENAMED", SERIALIZATION)])
    assert _mended({"a": {name: 1}}) == ({"a": {name: 1}}, [])


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["a.b", "a_b"], ["a_b_", "a_b"]),
        (["a.b", "$a.b", "$$a.b"], ["a_b", "a_b_", "a_b_2"]),
        (["keen", "keen_", "keen__"], ["keen_2", "keen_", "keen__"]),
        (["$keen"], ["keen_"]),
        (["$" + "x" * 255, "x" * 255], ["x" * 247 + "_", "x" * 255]),
    ],
)
def test_a_changed_name_avoids_those_that_are_taken(names: list[str], kept: list[str]) -> None:
    assert list(_mended({name: i for i, name in enumerate(names)})[0]) == kept


@given(st.lists(st.text("a.$_\ud800", max_size=4), unique=True, max_size=30))
def test_no_property_is_lost_and_the_order_stays(names: list[str]) -> None:
    mended, changes = _mended({name: i for i, name in enumerate(names)})
    assert list(mended.values()) == list(range(len(names)))
    assert all(map(name_is_kept, mended))
    assert [name for name in names if name in mended] == [name for name in names if name_is_kept(name)]
    assert len(changes) == sum(not name_is_kept(name) for name in names)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**63 - 1,
        Decimal("1.10"),
        "",
        "x" * 9_999,
        "é" * 9_999,
        "x" + "😀" * 4_999,
        [],
        {},
        [[None], {"a": "b"}],
    ],
)
def test_a_value_that_keen_allows_is_kept(value: Any) -> None:
    assert _mended({"a": value, "b": [value]}) == ({"a": value, "b": [value]}, [])


def test_a_number_out_of_range_is_nulled() -> None:
    assert _mended({"a": lenient.OUT_OF_RANGE, "b": {"c": [1, lenient.OUT_OF_RANGE]}}) == (
        {"a": None, "b": {"c": [1, None]}},
        [("a", "NULLED", FIELD_SIZE), ("b.c", "NULLED", FIELD_SIZE)],
    )


@pytest.mark.parametrize("length", [10_000, 10_001, 100_000])
def test_a_string_that_is_too_long_is_cut(length: int) -> None:
    assert _mended({"a": {"b": "é" * length}}) == ({"a": {"b": "é" * 9_999}}, [("a.b", "TRUNCATED", FIELD_SIZE)])


@pytest.mark.parametrize(
    ("text", "kept"),
    [("😀" * 5_000, "😀" * 4_999), ("x" + "😀" * 5_000, "x" + "😀" * 4_999), ("x" * 9_998 + "😀", "x" * 9_998)],
)
def test_a_character_outside_the_basic_plane_counts_as_two_and_is_not_halved(text: str, kept: str) -> None:
    assert _mended({"a": text}) == ({"a": kept}, [("a", "TRUNCATED", FIELD_SIZE)])


def test_half_of_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert _mended({"a": "x\ud83dy\udc00"}) == ({"a": "x\ufffdy\ufffd"}, [("a", "TRUNCATED", SERIALIZATION)])


def test_what_is_nested_deeper_than_200_levels_is_nulled() -> None:
    data: Any = {"leaf": 1}
    for _ in range(199):
        data = {"a": data}
    assert _mended(data) == (data, [])
    mended, changes = _mended({"a": data})
    assert changes == [(".".join("a" * 200), "NULLED", FIELD_SIZE)]
    for _ in range(199):
        mended = mended["a"]
    assert mended == {"a": None}


def test_a_change_is_made_of_whatever_was_found() -> None:
    assert Change.of("a\ud800" + "b" * 2_000, 5, "x") == ("a\ufffd" + "b" * 998, "5", "x")


def test_an_event_that_fits_stays_as_it_is() -> None:
    data = {"a": "x" * 800_000}
    assert _fitted(data) == (data, [])


def test_an_event_that_is_too_large_loses_its_largest_values_and_no_more_than_it_has_to() -> None:
    data = {"id": 1, "small": "s" * 300_000, "large": {"x": "l" * 500_000}, "list": ["m" * 400_000]}
    event, changes = _fitted(data)
    assert event == {"id": 1, "small": "s" * 300_000, "large": {"x": None}, "list": ["m" * 400_000]}
    assert changes == [("large.x", "NULLED", RECORD_SIZE)]


def test_keys_are_the_last_to_go() -> None:
    data = {"user": {"id": "k" * 500_000}, "a": "x" * 300_000, "b": "y" * 300_000}
    event, changes = _fitted(data, ("user", "id"))
    assert event == {"user": {"id": "k" * 500_000}, "a": None, "b": "y" * 300_000}
    assert changes == [("a", "NULLED", RECORD_SIZE)]


def test_keys_go_too_where_they_alone_are_too_large() -> None:
    event, changes = _fitted({"id": "k" * 950_000, "a": 1}, ("id",))
    assert event == {"id": None, "a": 1}
    assert changes == [("id", "NULLED", RECORD_SIZE)]


def test_of_very_many_small_values_only_the_keys_are_left() -> None:
    data = {f"p{i}": "x" * 80 for i in range(12_000)}
    assert _fitted(dict(data), ("p7",)) == ({"p7": "x" * 80}, [("", "NULLED", RECORD_SIZE)])
    assert _fitted(dict(data)) == ({}, [("", "NULLED", RECORD_SIZE)])


def test_a_change_below_a_property_without_a_name_keeps_its_path() -> None:
    changes: list[Change] = []
    assert mend({"": {"a.b": 1}}, changes) == {"_": {"a_b": 1}}
    assert [change.field for change in changes] == ["", ".a.b"]
