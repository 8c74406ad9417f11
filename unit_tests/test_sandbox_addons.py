from typing import Any

import pytest

from keen_sandbox.addons import enrich, read_addons
from keen_sandbox.errors import KeenError


def _parser(path: Any, output: Any) -> dict[str, Any]:
    return {"name": "keen:date_time_parser", "input": {"date_time": path}, "output": output}


def test_the_date_and_time_parser_fills_its_output_with_the_parts_of_the_moment() -> None:
    event = {"keen": {"timestamp": "2017-05-07T13:04:05.678Z"}}
    assert enrich(event, [_parser("keen.timestamp", "timestamp_info")]) == {"timestamp_info"}
    assert event["timestamp_info"] == {
        "year": 2017,
        "month": 5,
        "week": 18,
        "day_of_month": 7,
        "day_of_week": 7,
        "day_of_week_string": "Sunday",
        "hour": 13,
        "minute": 4,
        "second": 5,
        "millisecond": 678,
        "timezone_offset": 0,
    }


def test_the_parts_are_those_of_the_local_time_that_was_written() -> None:
    event: dict[str, Any] = {"visit": {"at": "2024-01-01T00:30:00-05:00"}, "keen": {}}
    enrich(event, [_parser("visit.at", "time.local")])
    assert event["time"]["local"]["hour"] == 0
    assert event["time"]["local"]["timezone_offset"] == -18_000


def test_an_output_that_is_an_object_already_keeps_its_members() -> None:
    event: dict[str, Any] = {"at": "2024-01-01T00:00:00Z", "time": {"zone": "Paris"}, "keen": {}}
    assert enrich(event, [_parser("at", "time")]) == {"time"}
    assert event["time"]["zone"] == "Paris"
    assert event["time"]["year"] == 2024


@pytest.mark.parametrize(
    "addon",
    [
        _parser("missing", "out"),
        _parser("at.deeper", "out"),
        _parser("number", "out"),
        _parser("word", "out"),
        _parser(None, "out"),
        _parser("at", None),
        _parser("at", "word"),
        _parser("at", "word.deeper"),
        _parser("at", "keen.out"),
        {"name": "keen:date_time_parser", "output": "out"},
        {"name": "keen:ip_to_geo", "input": {"ip": "at"}, "output": "out"},
        {},
    ],
)
def test_an_add_on_that_cannot_be_evaluated_adds_nothing(addon: dict[str, Any]) -> None:
    event = {"at": "2024-01-01T00:00:00Z", "number": 5, "word": "soon", "keen": {}}
    assert enrich(event, [addon]) == set()
    assert event == {"at": "2024-01-01T00:00:00Z", "number": 5, "word": "soon", "keen": {}}


@pytest.mark.parametrize("output", ["$x", "a..b", ""])
def test_an_output_obeys_the_rules_for_property_names(output: str) -> None:
    with pytest.raises(KeenError) as caught:
        enrich({"at": "2024-01-01T00:00:00Z", "keen": {}}, [_parser("at", output)])
    assert caught.value.code == "InvalidPropertyNameError"


@pytest.mark.parametrize("configuration", [{}, None, "x", [1], [{}, []]])
def test_add_ons_are_an_array_of_objects(configuration: Any) -> None:
    with pytest.raises(KeenError) as caught:
        read_addons(configuration)
    assert caught.value.code == "InvalidPropertyValueError"
