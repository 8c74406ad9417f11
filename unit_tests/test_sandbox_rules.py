import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keen_sandbox.readings import Readings
from keen_sandbox.rules import Dropped, Event, examine

NOW = datetime(2024, 5, 6, 7, 8, 9, 123_456, tzinfo=timezone.utc)


def _event(value: Any) -> Event:
    verdict = examine("users", value if isinstance(value, bytes) else json.dumps(value).encode(), NOW)
    assert isinstance(verdict, Event), verdict
    return verdict


def _reason(value: Any, collection: str = "users") -> str | None:
    verdict = examine(collection, value if isinstance(value, bytes) else json.dumps(value).encode(), NOW)
    return verdict.reason if isinstance(verdict, Dropped) else None


def _stored(value: Any) -> dict[str, Any]:
    return json.loads(_event(value).body)


def test_an_event_is_stored_with_every_number_as_it_came() -> None:
    body = _event(b'{"a": 1.10, "b":[ 9223372036854775807,1e2 ], "c": 0.12345678901234567890}').body
    assert body.startswith('{"a": 1.10,"b":[ 9223372036854775807,1e2 ],"c": 0.12345678901234567890,"keen":{')


def test_an_event_without_a_timestamp_gets_the_time_of_receipt() -> None:
    event = _event({})
    assert event.timestamp == "2024-05-06T07:08:09.123Z"
    assert event.created_at == "2024-05-06T07:08:09.123Z"
    keen = json.loads(event.body)["keen"]
    assert len(keen.pop("id")) == 24
    assert keen == {"timestamp": "2024-05-06T07:08:09.123Z", "created_at": "2024-05-06T07:08:09.123Z"}


def test_a_timestamp_is_normalised_to_milliseconds_in_utc() -> None:
    event = _event({"keen": {"timestamp": "2001-02-03T04:05:06.789999+02:00"}})
    assert event.timestamp == "2001-02-03T02:05:06.789Z"
    assert json.loads(event.body)["keen"]["timestamp"] == "2001-02-03T02:05:06.789Z"


def test_id_and_created_at_of_a_client_are_overwritten() -> None:
    keen = _stored({"keen": {"id": "mine", "created_at": "1999-01-01T00:00:00Z"}})["keen"]
    assert keen["id"] != "mine"
    assert keen["created_at"] == "2024-05-06T07:08:09.123Z"


def test_every_event_has_an_id_of_its_own() -> None:
    assert len({_stored({})["keen"]["id"] for _ in range(100)}) == 100


def test_location_and_uniqueness_token_are_kept() -> None:
    event = _event({"keen": {"location": {"coordinates": [2.35, 48.85]}, "uniqueness_token": "t" * 64}})
    assert event.token == "t" * 64
    assert json.loads(event.body)["keen"]["location"] == {"coordinates": [2.35, 48.85]}
    assert json.loads(event.body)["keen"]["uniqueness_token"] == "t" * 64


def test_add_ons_are_evaluated_and_their_configuration_removed() -> None:
    parser = {
        "name": "keen:date_time_parser",
        "input": {"date_time": "keen.timestamp"},
        "output": "when",
    }
    stored = _stored({"keen": {"addons": [parser, {"name": "keen:ua_parser"}]}})
    assert stored["when"]["day_of_week_string"] == "Monday"
    assert "addons" not in stored["keen"]


def test_of_members_with_the_same_name_the_last_one_is_stored() -> None:
    body = _event(b'{"a":1,"a":2,"b":{"x":1,"x":2},"keen":{},"keen":{"timestamp":"2001-01-01T00:00Z"}}').body
    assert body.startswith('{"a":2,"b":{"x":2},"keen":{"timestamp":"2001-01-01T00:00:00.000Z",')


def test_nulls_nesting_and_arrays_of_objects_are_accepted() -> None:
    stored = _stored({"a": None, "b": [{"c": [1, "x", None]}], "d": {"e": {"f": {}}}})
    del stored["keen"]
    assert stored == {"a": None, "b": [{"c": [1, "x", None]}], "d": {"e": {"f": {}}}}


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"null",
        b"5",
        b'"text"',
        b"[]",
        b"{",
        b'{"a":1,}',
        b'{"a":1}{',
        b"{'a':1}",
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b'{"a":"\n"}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\\ud800"}',
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"' + b"x" * 900_000 + b'"}',
    ],
)
def test_what_is_not_an_event_is_dropped(value: bytes) -> None:
    assert _reason(value) == "InvalidEventError"


def test_a_tombstone_is_dropped() -> None:
    verdict = examine("users", None, NOW)
    assert verdict == Dropped(
        "users", "InvalidEventError", "A message without a value is no event.", "2024-05-06T07:08:09.123Z", ""
    )


def test_an_event_of_900000_bytes_is_accepted_and_a_longer_one_is_not() -> None:
    member = b'"%06d":"' + b"x" * 9_000 + b'"'
    start = b"{" + b",".join(member % n for n in range(99))
    longest = start + b',"z":"' + b"x" * (900_000 - len(start) - len(b',"z":""}')) + b'"}'
    assert len(longest) == 900_000
    assert _reason(longest) is None
    assert _reason(longest + b" ") == "InvalidEventError"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a.b": 1}, "InvalidPropertyNameError"),
        ({"keen.timestamp": "2024-01-01T00:00:00Z"}, "InvalidPropertyNameError"),
        ({"a": {"$b": 1}}, "InvalidPropertyNameError"),
        ({"a": "x" * 10_000}, "InvalidPropertyValueError"),
        ({"a": [2**63]}, "InvalidPropertyValueError"),
        (b'{"a":1e400}', "InvalidPropertyValueError"),
        (b'{"a":NaN}', "InvalidPropertyValueError"),
        (b'{"a":-Infinity}', "InvalidPropertyValueError"),
        (b'{"a":' + b"9" * 5_000 + b"}", "InvalidPropertyValueError"),
        ({"keen": None}, "NamespaceTypeError"),
        ({"keen": []}, "NamespaceTypeError"),
        ({"keen": "x"}, "NamespaceTypeError"),
        ({"keen": {"other": 1}}, "InvalidKeenNamespaceProperty"),
        ({"keen": {"timestamp": None}}, "InvalidPropertyValueError"),
        ({"keen": {"timestamp": 1700000000}}, "InvalidPropertyValueError"),
        ({"keen": {"timestamp": "2024-01-01"}}, "InvalidPropertyValueError"),
        ({"keen": {"uniqueness_token": "t" * 65}}, "InvalidPropertyValueError"),
        ({"keen": {"uniqueness_token": ""}}, "InvalidPropertyValueError"),
        ({"keen": {"uniqueness_token": 5}}, "InvalidPropertyValueError"),
        ({"keen": {"addons": {}}}, "InvalidPropertyValueError"),
    ],
)
def test_an_event_that_breaks_a_rule_is_dropped_with_keens_error_code(value: Any, reason: str) -> None:
    assert _reason(value) == reason


@pytest.mark.parametrize("name", ["a", "x" * 64, "User posts.new", "a/b#c?d:&", "a_b-c.d9"])
def test_a_collection_name_of_up_to_64_ascii_characters_is_allowed(name: str) -> None:
    assert _reason({}, collection=name) is None


@pytest.mark.parametrize("name", ["", "x" * 65, "_a", ".a", "a.", "a$b", "é", "a\nb", "a\r", "a\x00"])
def test_a_collection_name_that_keen_refuses_is_refused(name: str) -> None:
    assert _reason({}, collection=name) == "InvalidCollectionNameError"


def test_what_is_dropped_is_kept_with_its_reason_and_its_beginning() -> None:
    assert examine("users", b'{"a":1e999,"b":"' + b"x" * 5_000, NOW) == Dropped(
        "users",
        "InvalidEventError",
        "The event is not a JSON object: Unterminated string starting at at character 15.",
        "2024-05-06T07:08:09.123Z",
        '{"a":1e999,"b":"' + "x" * 1_984,
    )


@given(st.binary(max_size=200))
def test_no_bytes_make_the_rules_fail(value: bytes) -> None:
    assert isinstance(examine("users", value, NOW), (Event, Dropped))


_plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=".$"), min_size=1, max_size=20).filter(
    lambda name: name != "keen"
)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_plain, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(_plain, _values, max_size=6))
def test_an_event_within_the_rules_is_stored_as_it_came(event: dict[str, Any]) -> None:
    stored = _stored(event)
    del stored["keen"]
    assert stored == event


@pytest.mark.parametrize(
    ("text", "units", "longest"),
    [("x", "codepoints", 9_999), ("😀", "codepoints", 9_999), ("x", "utf16", 9_999), ("😀", "utf16", 4_999)],
)
def test_the_characters_of_a_string_are_counted_as_the_reading_says(text: str, units: str, longest: int) -> None:
    for value in ("{}", ["{}"], {"b": "{}"}):
        event = json.dumps({"a": value})
        fits, too_long = (event.replace("{}", text * times).encode() for times in (longest, longest + 1))
        readings = Readings(string_units=units)
        assert isinstance(examine("users", fits, NOW, readings), Event)
        verdict = examine("users", too_long, NOW, readings)
        assert isinstance(verdict, Dropped)
        assert verdict.explanation == "The property 'a' holds a string of 10000 characters, and 9,999 are the most."


def test_what_a_key_fills_in_wins_over_the_event_and_is_judged_like_it() -> None:
    autofill: dict[str, Any] = {"owner": "us", "place": {"city": "Rome"}, "keen": {"timestamp": "2020-01-01T00:00:00Z"}}
    event = examine("users", b'{"n": 1.10,"owner":"them","place":{"floor":2}}', NOW, autofill=autofill)
    assert isinstance(event, Event)
    assert event.timestamp == "2020-01-01T00:00:00.000Z"
    assert event.body.startswith('{"n": 1.10,"owner":"us","place":{"floor":2,"city":"Rome"},"keen":{')
    verdict = examine("users", b"{}", NOW, autofill={"a.b": 1})
    assert isinstance(verdict, Dropped)
    assert verdict.reason == "InvalidPropertyNameError"


def test_an_add_on_that_a_key_fills_in_leaves_the_key_as_it_was() -> None:
    addon = {"name": "keen:date_time_parser", "input": {"date_time": "keen.timestamp"}, "output": "when"}
    autofill: dict[str, Any] = {"when": {"source": "key"}, "keen": {"addons": [addon]}}
    for _ in range(2):
        event = examine("users", b"{}", NOW, autofill=autofill)
        assert isinstance(event, Event)
        assert json.loads(event.body)["when"]["year"] == 2024
    assert autofill == {"when": {"source": "key"}, "keen": {"addons": [addon]}}
