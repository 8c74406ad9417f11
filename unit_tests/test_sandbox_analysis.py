import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from keen_sandbox.analysis import ANALYSES, answer
from keen_sandbox.errors import KeenError
from keen_sandbox.query import read_query
from keen_sandbox.rules import Event
from keen_sandbox.store import Store

NOW = datetime(2024, 1, 4, 12, 0, tzinfo=timezone.utc)
JANUARY = {"start": "2024-01-01T00:00:00Z", "end": "2024-01-04T00:00:00Z"}

SALES = [
    ("2024-01-01T08:00:00.000Z", '{"item":"pen","price":1.50,"buyer":{"country":"FR"},"tags":["a"]}'),
    ("2024-01-01T09:00:00.000Z", '{"item":"pen","price":2,"buyer":{"country":"DE"}}'),
    ("2024-01-02T00:00:00.000Z", '{"item":"book","price":10,"buyer":{"country":"FR"}}'),
    ("2024-01-03T23:59:59.999Z", '{"item":"book","price":20,"buyer":{"country":null}}'),
    ("2024-01-03T10:00:00.000Z", '{"item":"cup","price":"dear"}'),
    ("2024-01-04T00:00:00.000Z", '{"item":"late","price":1000}'),
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    store = Store(None)
    store.add([Event("sales", at, at, None, body) for at, body in SALES])
    store.add([Event("other", SALES[0][0], SALES[0][0], None, '{"price":7}')])
    yield store
    store.close()


def _result(store: Store, analysis: str, **parameters: Any) -> Any:
    query = read_query({"event_collection": "sales", "timeframe": JANUARY, **parameters}, NOW)
    return json.loads(answer(analysis, query, store))["result"]


@pytest.mark.parametrize(
    ("analysis", "target", "expected"),
    [
        ("count", None, 5),
        ("count_unique", "item", 3),
        ("count_unique", "buyer.country", 2),
        ("sum", "price", 33.5),
        ("minimum", "price", 1.5),
        ("maximum", "price", 20),
        ("average", "price", 8.375),
        ("median", "price", 6),
        ("select_unique", "item", ["book", "cup", "pen"]),
        ("select_unique", "price", [1.5, 2, 10, 20, "dear"]),
        ("select_unique", "buyer.country", ["DE", "FR"]),
    ],
)
def test_an_analysis_of_the_events_of_a_timeframe(
    store: Store, analysis: str, target: str | None, expected: Any
) -> None:
    assert _result(store, analysis, target_property=target) == expected


@pytest.mark.parametrize(("percentile", "expected"), [(0, 1.5), (50, 6), (75, 12.5), (90, 17), (100, 20)])
def test_a_percentile_interpolates_linearly(store: Store, percentile: float, expected: float) -> None:
    assert _result(store, "percentile", target_property="price", percentile=percentile) == expected


@pytest.mark.parametrize(
    ("analysis", "expected"),
    [
        ("count", 0),
        ("count_unique", 0),
        ("sum", 0),
        ("minimum", None),
        ("maximum", None),
        ("average", None),
        ("median", None),
        ("percentile", None),
        ("select_unique", []),
        ("extraction", []),
    ],
)
def test_an_analysis_of_nothing(store: Store, analysis: str, expected: Any) -> None:
    assert _result(store, analysis, target_property="price", percentile=50, timeframe="previous_minute") == expected


def test_the_end_of_a_timeframe_does_not_belong_to_it(store: Store) -> None:
    frame = {"start": "2024-01-01T09:00:00Z", "end": "2024-01-02T00:00:00Z"}
    assert _result(store, "count", timeframe=frame) == 1
    assert _result(store, "count", timeframe="today") == 1


def test_filters_narrow_an_analysis(store: Store) -> None:
    french = [{"property_name": "buyer.country", "operator": "eq", "property_value": "FR"}]
    assert _result(store, "sum", target_property="price", filters=french) == 11.5


def test_a_grouped_analysis_gives_a_row_for_each_group(store: Store) -> None:
    assert _result(store, "count", group_by="buyer.country") == [
        {"buyer.country": "DE", "result": 1},
        {"buyer.country": "FR", "result": 2},
        {"buyer.country": None, "result": 2},
    ]
    assert _result(store, "sum", target_property="price", group_by=["item", "buyer.country"]) == [
        {"item": "book", "buyer.country": "FR", "result": 10},
        {"item": "book", "buyer.country": None, "result": 20},
        {"item": "cup", "buyer.country": None, "result": 0},
        {"item": "pen", "buyer.country": "DE", "result": 2},
        {"item": "pen", "buyer.country": "FR", "result": 1.5},
    ]


def test_groups_can_be_ordered_and_limited(store: Store) -> None:
    descending = {"property_name": "result", "direction": "DESC"}
    assert _result(store, "maximum", target_property="price", group_by="item", order_by=descending) == [
        {"item": "book", "result": 20},
        {"item": "pen", "result": 2},
        {"item": "cup", "result": None},
    ]
    assert _result(store, "count", group_by="item", order_by=["result", "item"], limit=2) == [
        {"item": "cup", "result": 1},
        {"item": "book", "result": 2},
    ]


def test_an_interval_gives_a_value_for_each_part_even_an_empty_one(store: Store) -> None:
    frame = {"start": "2024-01-01T00:00:00Z", "end": "2024-01-02T12:00:00Z"}
    assert _result(store, "sum", target_property="price", timeframe=frame, interval="every_12_hours") == [
        {"value": 3.5, "timeframe": {"start": "2024-01-01T00:00:00.000Z", "end": "2024-01-01T12:00:00.000Z"}},
        {"value": 0, "timeframe": {"start": "2024-01-01T12:00:00.000Z", "end": "2024-01-02T00:00:00.000Z"}},
        {"value": 10, "timeframe": {"start": "2024-01-02T00:00:00.000Z", "end": "2024-01-02T12:00:00.000Z"}},
    ]


def test_an_interval_can_be_grouped(store: Store) -> None:
    assert [row["value"] for row in _result(store, "count", group_by="item", interval="daily")] == [
        [{"item": "pen", "result": 2}],
        [{"item": "book", "result": 1}],
        [{"item": "book", "result": 1}, {"item": "cup", "result": 1}],
    ]


def test_an_extraction_gives_the_events_in_order_of_time_with_every_number_as_it_came(store: Store) -> None:
    query = read_query({"event_collection": "sales", "timeframe": JANUARY}, NOW)
    text = answer("extraction", query, store)
    assert text.startswith('{"result": [{"item":"pen","price":1.50,"buyer":{"country":"FR"},"tags":["a"]}, ')
    assert [event["item"] for event in json.loads(text)["result"]] == ["pen", "pen", "book", "cup", "book"]


def test_an_extraction_of_the_latest_events_begins_with_the_newest(store: Store) -> None:
    assert [event["price"] for event in _result(store, "extraction", latest=2)] == [20, "dear"]


def test_an_extraction_can_be_limited_to_some_properties(store: Store) -> None:
    assert _result(
        store, "extraction", latest=3, property_names=["price", "buyer.country", "buyer.country.x", "no"]
    ) == [
        {"price": 20, "buyer": {"country": None}},
        {"price": "dear"},
        {"price": 10, "buyer": {"country": "FR"}},
    ]


def test_a_collection_that_does_not_exist_has_no_events(store: Store) -> None:
    results = {
        analysis: _result(store, analysis, event_collection="nothing", target_property="age", percentile=50)
        for analysis in ANALYSES
    }
    assert results == {
        "count": 0,
        "count_unique": 0,
        "sum": 0,
        "minimum": None,
        "maximum": None,
        "average": None,
        "median": None,
        "percentile": None,
        "select_unique": [],
        "extraction": [],
    }


@pytest.mark.parametrize("analysis", sorted(ANALYSES - {"count", "extraction"}))
def test_an_analysis_of_a_property_needs_its_name(store: Store, analysis: str) -> None:
    with pytest.raises(KeenError, match="target_property"):
        _result(store, analysis)


def test_a_percentile_needs_its_number(store: Store) -> None:
    with pytest.raises(KeenError, match="percentile"):
        _result(store, "percentile", target_property="price")
