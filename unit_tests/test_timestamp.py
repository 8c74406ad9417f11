import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_keen.lenient import OUT_OF_RANGE
from destination_keen.timestamp import from_milliseconds, iso_utc

KEEN_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

ZONES: st.SearchStrategy[Any] = st.none() | st.integers(-86_399, 86_399).map(
    lambda seconds: timezone(timedelta(seconds=seconds))
)
ANY_TEXT = st.text(st.characters(exclude_categories=()))
ALMOST_A_TIME = st.lists(
    st.sampled_from(["2024", "1", "12", "31", "99", "0001", "24", "60", "1700000000", "\u0662\u0660\u0662\u0664"])
    | st.sampled_from(["January", "feb", "Tue", "Wednesday", "PM", "am", "st", "of", "T", "t", "W", "Z", "z"])
    | st.sampled_from(["UTC", "GMT", "EST", "CET", "Europe/Paris", "-", "+", "/", ":", ".", ",", "(", ")", "[", "]"])
    | st.sampled_from([" ", "-", ":", "\n", "\0"]),
    max_size=14,
).map("".join)
ANY_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**21), 10**21)
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.just(OUT_OF_RANGE)
    | ANY_TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(ANY_TEXT, below, max_size=3),
    max_leaves=5,
)


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=ZONES),
    st.sampled_from("T "),
    st.sampled_from(["auto", "milliseconds", "microseconds"]),
)
def test_a_time_in_any_zone_comes_back_as_the_same_instant_in_utc(moment: datetime, sep: str, spec: str) -> None:
    written = iso_utc(moment.isoformat(sep, spec), numeric=False)
    assert written is not None
    since_epoch = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)) - EPOCH
    millisecond = timedelta(milliseconds=1)
    assert datetime.fromisoformat(written[:-1] + "+00:00") - EPOCH == since_epoch // millisecond * millisecond


@given(ANY_TEXT | ALMOST_A_TIME, st.booleans())
@settings(max_examples=400, deadline=None)
def test_every_text_is_a_timestamp_for_keen_or_no_time(text: str, numeric: bool) -> None:
    written = iso_utc(text, numeric=numeric)
    assert written is None or KEEN_TIMESTAMP.fullmatch(written)


@given(ANY_VALUE, st.booleans())
@settings(deadline=None)
def test_every_json_value_is_a_timestamp_for_keen_or_no_time(value: Any, numeric: bool) -> None:
    written = iso_utc(value, numeric=numeric)
    assert written is None or KEEN_TIMESTAMP.fullmatch(written)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31", "2024-01-31T00:00:00.000Z"),
        ("2024-01-31T10:20:30", "2024-01-31T10:20:30.000Z"),
        ("2024-01-31 10:20:30.5", "2024-01-31T10:20:30.500Z"),
        ("2024-01-31T10:20:30Z", "2024-01-31T10:20:30.000Z"),
        ("2024-01-31t10:20:30z", "2024-01-31T10:20:30.000Z"),
        ("9999-12-31T23:59:59.998999Z", "9999-12-31T23:59:59.998Z"),
        ("2024-01-31T10:20:30,5Z", "2024-01-31T10:20:30.500Z"),
        ("2024-01-31T10:20:30-00:00", "2024-01-31T10:20:30.000Z"),
        ("2024-01-31T10:20:30.12Z", "2024-01-31T10:20:30.120Z"),
        ("2024-01-31T10:20:30+00:00", "2024-01-31T10:20:30.000Z"),
        ("2024-01-31T10:20:30.1239Z", "2024-01-31T10:20:30.123Z"),
        ("2024-01-31T10:20:30.123456+02:00", "2024-01-31T08:20:30.123Z"),
        ("2024-01-31T10:20:30.123456789Z", "2024-01-31T10:20:30.123Z"),
        ("2024-01-31T10:20:30.000+0530", "2024-01-31T04:50:30.000Z"),
        ("20240131T102030Z", "2024-01-31T10:20:30.000Z"),
        ("  2024-01-31\r\n", "2024-01-31T00:00:00.000Z"),
        ("0987-06-05", "0987-06-05T00:00:00.000Z"),
        ("2024-01-31 10:20:30 UTC", "2024-01-31T10:20:30.000Z"),
        ("Wed, 31 Jan 2024 10:20:30 GMT", "2024-01-31T10:20:30.000Z"),
        ("Wed, 31 Jan 2024 10:20:30 -0800", "2024-01-31T18:20:30.000Z"),
        ("Wed Jan 31 10:20:30 EST 2024", "2024-01-31T15:20:30.000Z"),
    ],
)
def test_a_text_that_names_a_day_is_a_time(text: str, expected: str) -> None:
    assert iso_utc(text, numeric=False) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "yesterday",
        "2024",
        "2024-01",
        "202401",
        "January 2024",
        "Tuesday January 2024",
        "Tue Jan 2024",
        "Tue 10:20:30 2024",
        "31 January",
        "Jan 31 10:20",
        "10:20:30",
        "10:20:30+02:00",
        "2024 10:20",
        "2024-13-01",
        "2024-02-30",
        "2024-02-30T10:20:30Z",
        "2024-01-31T10:60:30Z",
        "2024-01-31 25:20:30",
        "0000-01-01T10:20:30",
        "0000-01-01",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
        "2024-01-31 10:20 CET",
        "2024-01-31T10:00:00 Europe/Paris",
        "INV-2024-01-31",
        "555-2024-22",
        "4111 1111 1111 1111",
        "192.168.2024.1",
        "January 2024 10:20 UTC",
        "Tue 10:20:30 2024 GMT",
        "2024-01-31" + " " * 60 + "10:20Z",
        "9999-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59.999999",
    ],
)
@pytest.mark.parametrize("numeric", [True, False])
def test_a_text_that_lacks_a_part_of_the_day_is_no_time(text: str, numeric: bool) -> None:
    assert iso_utc(text, numeric=numeric) is None


@given(st.integers(10**11, 19_000_100_000_000), st.sampled_from([int, str, Decimal]))
def test_a_number_counts_seconds_or_their_fractions_by_its_size(milliseconds: int, kind: Any) -> None:
    moment = (EPOCH + timedelta(milliseconds=milliseconds)).replace(tzinfo=None)
    to_the_millisecond = moment.isoformat(timespec="milliseconds") + "Z"
    assert iso_utc(kind(milliseconds // 1000), numeric=True) == moment.isoformat(timespec="seconds") + ".000Z"
    assert iso_utc(kind(milliseconds), numeric=True) == to_the_millisecond
    assert iso_utc(kind(milliseconds * 1000), numeric=True) == to_the_millisecond
    assert iso_utc(kind(milliseconds * 1_000_000), numeric=True) == to_the_millisecond


@pytest.mark.parametrize("text", ["01/02/2024", "1.2.2024", "3-4-2024 10:00"])
def test_a_text_that_may_be_one_of_two_days_is_no_time(text: str) -> None:
    assert iso_utc(text, numeric=True) is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (20_240_131_101_112, "2024-01-31T10:11:12.000Z"),
        ("20240131101112", "2024-01-31T10:11:12.000Z"),
        (1_700_000_000, "2023-11-14T22:13:20.000Z"),
        (1_700_000_000.123, "2023-11-14T22:13:20.123Z"),
        (Decimal("1700000000.123"), "2023-11-14T22:13:20.123Z"),
        ("1700000000.123", "2023-11-14T22:13:20.123Z"),
        (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
        (1_700_000_000_123.9, "2023-11-14T22:13:20.123Z"),
        (1_700_000_000_123_999, "2023-11-14T22:13:20.123Z"),
        (1_700_000_000_123_999_999, "2023-11-14T22:13:20.123Z"),
        (100_000_000, "1973-03-03T09:46:40.000Z"),
        (20_240_131, "2024-01-31T00:00:00.000Z"),
        ("20240131", "2024-01-31T00:00:00.000Z"),
    ],
)
def test_an_epoch_number_is_a_time_where_numbers_are_times(number: Any, expected: str) -> None:
    assert iso_utc(number, numeric=True) == expected
    assert iso_utc(number, numeric=False) is None


@pytest.mark.parametrize(
    "value", [0, 1, 2024, 99_999_999, 20_240_199, 10**20, 10**400, float("nan"), float("inf"), "0", "-", "1" * 30]
)
def test_a_number_that_is_no_time_is_none_anywhere(value: Any) -> None:
    assert iso_utc(value, numeric=True) is None


@pytest.mark.parametrize("value", [None, True, False, [], ["2024-01-31"], {}, {"$date": "2024-01-31"}, OUT_OF_RANGE])
def test_what_is_neither_text_nor_number_is_no_time(value: Any) -> None:
    assert iso_utc(value, numeric=True) is None


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_epoch_milliseconds_are_written_as_keen_writes_times(milliseconds: int, expected: str) -> None:
    assert from_milliseconds(milliseconds) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01/31/2024", "2024-01-31T00:00:00.000Z"),
        ("2024/01/31", "2024-01-31T00:00:00.000Z"),
        ("2024/01/02 03:04:05", "2024-01-02T03:04:05.000Z"),
        ("2024-1-2", "2024-01-02T00:00:00.000Z"),
        ("Jan 31 2024", "2024-01-31T00:00:00.000Z"),
        ("31st of January 2024 10:20", "2024-01-31T10:20:00.000Z"),
        ("1/31/2024 3:04 PM", "2024-01-31T15:04:00.000Z"),
    ],
)
def test_a_day_without_a_zone_in_any_notation_is_a_time(text: str, expected: str) -> None:
    assert iso_utc(text, numeric=False) == expected


@pytest.mark.parametrize("text", ["2024-W01", "2024W01", "2024-W01-3"])
def test_a_week_is_no_day_whatever_the_version_of_python(text: str) -> None:
    assert iso_utc(text, numeric=False) is None


@pytest.mark.parametrize("zone", ["GMT+0300", "UTC+03:00", "GMT+3", "+0300"])
def test_an_offset_after_gmt_has_the_sign_that_javascript_means(zone: str) -> None:
    assert iso_utc(f"Wed Jan 31 2024 10:20:30 {zone}", numeric=False) == "2024-01-31T07:20:30.000Z"
