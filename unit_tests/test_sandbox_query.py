from datetime import datetime, timezone
from typing import Any

import pytest

from keen_sandbox.errors import KeenError
from keen_sandbox.query import Ordering, read_query, read_query_string, read_selection

NOW = datetime(2024, 5, 15, 12, 0, tzinfo=timezone.utc)
REQUIRED = {"event_collection": "users", "timeframe": "this_day"}


def test_the_parameters_of_a_url_are_texts_except_for_lists_and_objects() -> None:
    given = {"event_collection": "users", "latest": "5", "filters": "[]", "group_by": '["a"]', "timeframe": '{"a":1}'}
    assert read_query_string(given) == {
        "event_collection": "users",
        "latest": "5",
        "filters": [],
        "group_by": ["a"],
        "timeframe": {"a": 1},
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [("filters", ""), ("filters", "a=b"), ("filters", "[" * 100_000), ("timeframe", "{"), ("group_by", "[a]")],
)
def test_a_list_or_an_object_of_a_url_has_to_be_json(name: str, text: str) -> None:
    with pytest.raises(KeenError, match=f"'{name}' is not valid JSON"):
        read_query_string({name: text})


def test_a_query_is_read_from_its_parameters() -> None:
    query = read_query(
        {
            **REQUIRED,
            "target_property": "price",
            "percentile": "99.5",
            "group_by": "country",
            "interval": "every_12_hours",
            "order_by": {"property_name": "result", "direction": "DESC"},
            "limit": 10,
            "latest": "5",
            "property_names": ["a", "b.c"],
        },
        NOW,
    )
    assert (query.collection, query.target, query.percentile) == ("users", "price", 99.5)
    assert (query.group_by, query.order_by, query.limit) == (["country"], [Ordering("result", True)], 10)
    assert (query.latest, query.property_names) == (5, ["a", "b.c"])
    assert [part.start.hour for part in query.intervals or []] == [0, 12]


def test_what_a_query_does_not_say_is_nothing() -> None:
    query = read_query(REQUIRED, NOW)
    assert (query.target, query.percentile, query.intervals, query.limit, query.latest) == (None,) * 5
    assert (query.group_by, query.order_by, query.property_names) == ([], [], [])


def test_the_timeframe_is_part_of_the_selection() -> None:
    selection = read_selection({"timeframe": "this_day", "timezone": "3600"}, NOW)
    assert set(selection.values.by_name.values()) == {"2024-05-14T23:00:00.000Z", "2024-05-15T23:00:00.000Z"}


def test_a_selection_without_filters_and_timeframe_is_everything() -> None:
    assert read_selection({}, NOW).condition == "true"


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"timeframe": "this_day"}, "event_collection"),
        ({"event_collection": "users"}, "timeframe"),
        ({**REQUIRED, "event_collection": 5}, "event_collection"),
        ({**REQUIRED, "event_collection": ""}, "event_collection"),
        ({**REQUIRED, "target_property": ["a"]}, "target_property"),
        ({**REQUIRED, "percentile": 101}, "percentile"),
        ({**REQUIRED, "percentile": "many"}, "percentile"),
        ({**REQUIRED, "percentile": "nan"}, "percentile"),
        ({**REQUIRED, "group_by": 5}, "group_by"),
        ({**REQUIRED, "group_by": ["a", 5]}, "group_by"),
        ({**REQUIRED, "interval": "sometimes"}, "interval"),
        ({**REQUIRED, "timezone": "Mars"}, "timezone"),
        ({**REQUIRED, "latest": 0}, "latest"),
        ({**REQUIRED, "latest": "-1"}, "latest"),
        ({**REQUIRED, "latest": 1.5}, "latest"),
        ({**REQUIRED, "limit": 5}, "limit"),
        ({**REQUIRED, "order_by": "result"}, "order_by"),
        ({**REQUIRED, "group_by": "a", "order_by": "b"}, "order_by"),
        ({**REQUIRED, "group_by": "a", "order_by": [{"property_name": "a", "direction": "UP"}]}, "order_by"),
        ({**REQUIRED, "property_names": {"a": 1}}, "property_names"),
    ],
)
def test_a_broken_parameter_is_refused_by_name(parameters: dict[str, Any], named: str) -> None:
    with pytest.raises(KeenError, match=named) as caught:
        read_query(parameters, NOW)
    assert (caught.value.code, caught.value.status) == ("InvalidParameterError", 400)


@pytest.mark.parametrize(
    ("parameters", "everything"),
    [
        ({}, True),
        ({"filters": None, "timeframe": None}, True),
        ({"filters": [], "timezone": "UTC"}, True),
        ({"filter": [{"property_name": "a", "operator": "eq", "property_value": 1}]}, True),
        ({"filters": [{"property_name": "a", "operator": "eq", "property_value": 1}]}, False),
        ({"timeframe": "this_day"}, False),
    ],
)
def test_a_selection_tells_whether_anything_narrows_it(parameters: dict[str, Any], everything: bool) -> None:
    assert read_selection(parameters, NOW).everything == everything


def test_the_filters_of_a_key_are_added_to_those_of_a_query() -> None:
    own = [{"property_name": "a", "operator": "exists", "property_value": True}]
    keys = [{"property_name": "b", "operator": "exists", "property_value": True}]
    both = read_query({**REQUIRED, "filters": own + keys}, NOW).selection.values.by_name
    assert read_query({**REQUIRED, "filters": own}, NOW, keys).selection.values.by_name == both
    with pytest.raises(KeenError, match="Filters have to be a list"):
        read_query({**REQUIRED, "filters": {}}, NOW, keys)
