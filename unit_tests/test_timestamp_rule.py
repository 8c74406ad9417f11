from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from destination_keen.timestamp import BY_EMISSION, TimestampRule, choose, iso_utc

MOMENT = {"type": ["null", "string"], "format": "date-time"}
DAY = {"type": "string", "format": "date"}
TEXT = {"type": "string"}
INTEGER = {"type": "integer"}


@pytest.mark.parametrize(
    ("properties", "cursor", "field"),
    [
        ({"updated_at": MOMENT, "timestamp": MOMENT}, ["updated_at"], "updated_at"),
        ({"day": DAY, "timestamp": MOMENT}, ["day"], "day"),
        ({"updated_at": TEXT, "timestamp": MOMENT}, ["updated_at"], "updated_at"),
        ({"updated_at": INTEGER, "timestamp": MOMENT}, ["updated_at"], "updated_at"),
        ({"seen": {"type": "integer", "airbyte_type": "timestamp_with_timezone"}}, ["seen"], "seen"),
        ({"event": {"properties": {"created_at": MOMENT}}}, ["event", "created_at"], "event.created_at"),
        ({}, ["updated_at"], "updated_at"),
    ],
)
def test_a_cursor_that_is_declared_or_named_as_a_time_comes_first(
    properties: dict[str, Any], cursor: list[str], field: str
) -> None:
    assert str(choose({"properties": properties}, cursor)) == field


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"updated_at": MOMENT, "created_at": MOMENT, "timestamp": MOMENT}, "timestamp"),
        ({"updated_at": MOMENT, "created_at": MOMENT, "occurred_at": MOMENT}, "occurred_at"),
        ({"updated_at": MOMENT, "created_at": MOMENT}, "created_at"),
        ({"updated_at": MOMENT, "Created_At": MOMENT}, "Created_At"),
        ({"birthday": MOMENT, "updated_at": MOMENT}, "updated_at"),
        ({"opened": MOMENT, "closed": MOMENT}, "opened"),
        ({"date": DAY, "closed": MOMENT}, "closed"),
        ({"birthday": DAY, "date": DAY}, "date"),
        ({"a": {"type": "string", "airbyte_type": "timestamp_without_timezone"}}, "a"),
        ({"a": {"oneOf": [{"type": "null"}, MOMENT]}}, "a"),
        ({"a": {"anyOf": [TEXT, DAY]}}, "a"),
        ({"a": {"oneOf": [], "anyOf": [MOMENT]}}, "a"),
        ({"a": {"type": "string", "format": "time", "airbyte_type": "time_without_timezone"}}, "emitted_at"),
        ({"timestamp": TEXT, "created_at": INTEGER}, "emitted_at"),
        ({"list": {"type": "array", "items": MOMENT}}, "emitted_at"),
        ({}, "emitted_at"),
    ],
)
def test_without_such_a_cursor_the_declared_time_that_sounds_most_like_the_event_is_taken(
    properties: dict[str, Any], field: str
) -> None:
    schema = {"type": "object", "properties": {"id": INTEGER, **properties}}
    assert str(choose(schema, [])) == field
    assert str(choose(schema, ["id"])) == field


def test_a_cursor_of_text_without_a_telling_name_is_better_than_nothing_but_its_numbers_are_no_times() -> None:
    rule = choose({"properties": {"cursor": TEXT}}, ["cursor"])
    assert rule.read("2024-01-31") == "2024-01-31T00:00:00.000Z"
    assert rule.read("1700000000") is None
    assert str(choose({"properties": {"cursor": TEXT, "at": MOMENT}}, ["cursor"])) == "at"


@pytest.mark.parametrize("name", ["id", "sequence", "version", "count", "lsn"])
def test_the_numbers_of_a_cursor_that_does_not_sound_like_a_time_are_no_times(name: str) -> None:
    assert choose({"properties": {name: INTEGER}}, [name]) == BY_EMISSION


@pytest.mark.parametrize(
    "schema",
    [
        True,
        None,
        [],
        "object",
        {},
        {"properties": None},
        {"properties": []},
        {"properties": {"id": True}},
        {"properties": {"id": {"type": [["x"]]}}},
        {"properties": {"id": {"type": "boolean"}}},
        {"properties": {"id": {"type": None}}},
        {"properties": {"id": {"type": 5}}},
        {"properties": {"id": {"oneOf": True}}},
        {"properties": {"id": {"oneOf": {"type": "x"}}}},
        {"properties": {"id": {"format": 5, "airbyte_type": [1], "type": "integer"}}},
        {"type": "array", "items": {"properties": {"at": MOMENT}}},
    ],
)
def test_an_odd_schema_leaves_the_time_of_reading(schema: Any) -> None:
    assert choose(schema, []) == BY_EMISSION
    assert choose(schema, ["id"]).read(1_700_000_000) is None


def test_a_rule_finds_a_nested_place_and_nothing_where_there_is_no_such_place() -> None:
    rule = choose({}, ["event", "created_at"])
    assert rule.read(rule.find({"event": {"created_at": 1_700_000_000}})) == "2023-11-14T22:13:20.000Z"
    elsewhere: list[Any] = [None, 5, "2024-01-31", [], {}, {"created_at": None}, {"other": "2024-01-31"}]
    assert [rule.find({}), *(rule.find({"event": value}) for value in elsewhere)] == [None] * 8
    assert rule.read(None) is None


def test_the_rule_of_emission_never_looks_at_the_data() -> None:
    assert str(BY_EMISSION) == "emitted_at"
    assert BY_EMISSION.find({"emitted_at": "2024-01-31", "timestamp": "2024-01-31"}) is None


@pytest.mark.parametrize("name", ["chat", "lat", "runtime", "candidate", "format", "seat"])
def test_a_name_that_only_ends_like_a_time_does_not_make_numbers_times(name: str) -> None:
    assert choose({"properties": {name: {"type": "integer"}}}, [name]) == BY_EMISSION


@pytest.mark.parametrize("name", ["createdAt", "eventTime", "startDate", "updated_at", "ts", "CREATED_AT"])
def test_a_name_that_says_time_does(name: str) -> None:
    assert choose({"properties": {name: {"type": "integer"}}}, [name]).numeric


@given(
    st.datetimes(datetime(1, 1, 1)).map(lambda moment: moment.isoformat(timespec="seconds"))
    | st.from_regex(r"[0-9]{4}-[0-1][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]", fullmatch=True),
    st.sampled_from(["", ".1", ".12", ".123", ".999999", ".\u0661\u0662\u0663", ",123", ".12Z", ".123456789", ":00"]),
    st.sampled_from(["", "Z", "z", "+00:00", "-00:00", "+02:00", "-0330", "+00", " UTC", "+00:00:01", "Z "]),
)
@settings(max_examples=400, deadline=None)
@example("9999-12-31T23:59:59", ".999", "Z")
@example("2024-02-29T23:59:59", "", "")
@example("2023-02-29T23:59:59", "", "")
@example("2024-W01-1T00:00:00", ".000", "Z")
def test_what_is_kept_as_it_is_written_is_what_would_be_made_of_it(start: str, fraction: str, zone: str) -> None:
    text = start + fraction + zone
    assert TimestampRule(("at",), numeric=True).read(text) == iso_utc(text, numeric=True)
