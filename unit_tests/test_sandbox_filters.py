import json
from collections.abc import Iterator
from typing import Any

import pytest

from keen_sandbox.errors import KeenError
from keen_sandbox.expressions import Values
from keen_sandbox.filters import condition
from keen_sandbox.rules import Event
from keen_sandbox.store import Store

EVENTS: list[dict[str, Any]] = [
    {"n": 1, "name": "Ada", "size": 10, "tags": ["red", "blue"], "ok": True, "at": [2.35, 48.85]},
    {"n": 2, "name": "Bob", "size": 20.5, "tags": [1, 2], "ok": False, "at": [-0.13, 51.51]},
    {"n": 3, "name": "Adam", "size": "10", "tags": [], "ok": None, "user": {"address": {"city": "Rome"}}},
    {"n": 4, "keen": {"timestamp": "2024-01-02T00:00:00.000Z", "created_at": "2024-01-03T00:00:00.000Z"}},
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    store = Store(None)
    at = "2024-01-01T00:00:00.000Z"
    store.add([Event("c", at, at, None, json.dumps(event)) for event in EVENTS])
    yield store
    store.close()


def _matching(store: Store, filters: Any) -> list[int]:
    values = Values()
    sql = condition(filters, values)
    rows = store.select(f"SELECT CAST(body ->> '/n' AS INTEGER) FROM events WHERE {sql} ORDER BY 1", values.by_name)  # noqa: S608 - under test
    return [number for (number,) in rows]


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("name", "eq", "Ada", [1]),
        ("name", "eq", "ada", []),
        ("size", "eq", 10, [1]),
        ("size", "eq", 10.0, [1]),
        ("size", "eq", "10", [3]),
        ("ok", "eq", True, [1]),
        ("ok", "eq", False, [2]),
        ("ok", "eq", None, [3, 4]),
        ("tags", "eq", "red", [1]),
        ("tags", "eq", 2, [2]),
        ("tags", "eq", "green", []),
        ("user.address.city", "eq", "Rome", [3]),
        ("name", "ne", "Ada", [2, 3, 4]),
        ("size", "ne", 10, [2, 3, 4]),
        ("tags", "ne", "red", [2, 3, 4]),
        ("ok", "ne", None, [1, 2]),
        ("size", "lt", 20, [1]),
        ("size", "lte", 20.5, [1, 2]),
        ("size", "gt", 10, [2]),
        ("size", "gte", 10, [1, 2]),
        ("name", "lt", "B", [1, 3]),
        ("size", "gt", "1", [3]),
        ("name", "in", ["Ada", "Bob", 5], [1, 2]),
        ("tags", "in", ["blue", 1], [1, 2]),
        ("ok", "in", [False, None], [2, 3, 4]),
        ("name", "exists", True, [1, 2, 3]),
        ("name", "exists", False, [4]),
        ("ok", "exists", True, [1, 2]),
        ("user.address", "exists", True, [3]),
        ("name", "contains", "da", [1, 3]),
        ("tags", "contains", "red", [1]),
        ("tags", "contains", 2, [2]),
        ("tags", "contains", "re", []),
        ("name", "not_contains", "da", [2, 4]),
        ("name", "regex", "^A.*m$", [3]),
        ("name", "regex", "(?i)^a", [1, 3]),
        ("keen.timestamp", "gte", "2024-01-02T01:00:00+01:00", [4]),
        ("keen.timestamp", "gt", "2024-01-02T00:00:00", []),
        ("keen.created_at", "in", ["2024-01-03T00:00Z"], [4]),
        ("at", "within", {"coordinates": [2.35, 48.85], "max_distance_miles": 1}, [1]),
        ("at", "within", {"coordinates": [2.35, 48.85], "max_distance_miles": 213}, [1]),
        ("at", "within", {"coordinates": [2.35, 48.85], "max_distance_miles": 215}, [1, 2]),
    ],
)
def test_a_filter_keeps_the_events_it_names(
    store: Store, name: str, operator: str, value: Any, expected: list[int]
) -> None:
    assert _matching(store, [{"property_name": name, "operator": operator, "property_value": value}]) == expected


def _filter(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"property_name": name, "operator": operator, "property_value": value}


def test_all_filters_of_a_list_have_to_hold(store: Store) -> None:
    assert _matching(store, []) == [1, 2, 3, 4]
    assert _matching(store, [_filter("name", "contains", "da"), _filter("size", "eq", 10)]) == [1]


def test_filters_nest_with_or_and_and(store: Store) -> None:
    either = {"operator": "or", "operands": [_filter("name", "eq", "Bob"), _filter("size", "eq", "10")]}
    both = {"operator": "and", "operands": [_filter("n", "gt", 1), either]}
    assert _matching(store, [either]) == [2, 3]
    assert _matching(store, [either, _filter("ok", "eq", False)]) == [2]
    assert _matching(store, [both]) == [2, 3]


def test_filters_nest_a_hundred_levels_deep_and_no_deeper(store: Store) -> None:
    filters = [_filter("name", "eq", "Ada")]
    for level in range(99):
        filters = [{"operator": ("or", "and")[level % 2], "operands": [*filters, _filter("n", "eq", 1)]}]
    assert _matching(store, filters) == [1]
    with pytest.raises(KeenError, match="deeper than 100 levels") as caught:
        condition([{"operator": "or", "operands": filters}], Values())
    assert (caught.value.code, caught.value.status) == ("InvalidFilterError", 400)


def test_a_value_is_never_read_as_sql(store: Store) -> None:
    attack = "' OR true OR '' = '"
    assert _matching(store, [_filter("name", "eq", attack)]) == []
    assert _matching(store, [_filter("n') OR true --", "eq", attack)]) == []
    assert _matching(store, [_filter("name", "ne", attack)]) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "filters",
    [
        {},
        "x",
        [5],
        [{}],
        [{"property_name": "a", "operator": "eq"}],
        [{"operator": "eq", "property_value": 1}],
        [{"property_name": "a", "operator": "like", "property_value": 1}],
        [{"property_name": "a", "operator": ["eq"], "property_value": 1}],
        [{"property_name": 5, "operator": "eq", "property_value": 1}],
        [_filter("a", "eq", [1])],
        [_filter("a", "eq", {})],
        [_filter("a", "lt", True)],
        [_filter("a", "lt", 10**400)],
        [_filter("a", "eq", -(10**400))],
        [_filter("a", "lt", None)],
        [_filter("a", "in", "b")],
        [_filter("a", "in", [])],
        [_filter("a", "exists", "true")],
        [_filter("a", "regex", 5)],
        [_filter("a", "within", 5)],
        [_filter("a", "within", {"coordinates": [1], "max_distance_miles": 1})],
        [_filter("keen.timestamp", "gt", "yesterday")],
        [_filter("keen.timestamp", "in", ["2024-01-01T00:00:00Z", "yesterday"])],
        [_filter("keen.timestamp", "in", json.loads("[" * 900 + "]" * 900))],
        [{"operator": "or"}],
        [{"operator": "or", "operands": []}],
        [{"operator": "or", "operands": [{}]}],
    ],
)
def test_a_broken_filter_is_refused(filters: Any) -> None:
    with pytest.raises(KeenError) as caught:
        condition(filters, Values())
    assert (caught.value.code, caught.value.status) == ("InvalidFilterError", 400)


def test_a_broken_pattern_is_refused_when_it_is_used(store: Store) -> None:
    with pytest.raises(KeenError) as caught:
        _matching(store, [_filter("name", "regex", "(")])
    assert caught.value.code == "InvalidFilterError"
