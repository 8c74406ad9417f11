from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from keen_sandbox.errors import KeenError
from keen_sandbox.timeframe import divide, read_timeframe, read_zone

UTC = timezone.utc
WEDNESDAY = datetime(2024, 5, 15, 13, 45, 30, 500_000, tzinfo=UTC)


def _span(timeframe: Any, zone: tzinfo = UTC, now: datetime = WEDNESDAY) -> tuple[str, str]:
    span = read_timeframe(timeframe, zone, now).as_json()
    return span["start"][:16], span["end"][:16]


@pytest.mark.parametrize(
    ("timeframe", "start", "end"),
    [
        ("this_minute", "2024-05-15T13:45", "2024-05-15T13:46"),
        ("this_5_minutes", "2024-05-15T13:41", "2024-05-15T13:46"),
        ("previous_5_minutes", "2024-05-15T13:40", "2024-05-15T13:45"),
        ("this_hour", "2024-05-15T13:00", "2024-05-15T14:00"),
        ("previous_24_hours", "2024-05-14T13:00", "2024-05-15T13:00"),
        ("today", "2024-05-15T00:00", "2024-05-16T00:00"),
        ("this_day", "2024-05-15T00:00", "2024-05-16T00:00"),
        ("this_14_days", "2024-05-02T00:00", "2024-05-16T00:00"),
        ("yesterday", "2024-05-14T00:00", "2024-05-15T00:00"),
        ("previous_3_days", "2024-05-12T00:00", "2024-05-15T00:00"),
        ("this_week", "2024-05-12T00:00", "2024-05-19T00:00"),
        ("previous_2_weeks", "2024-04-28T00:00", "2024-05-12T00:00"),
        ("this_month", "2024-05-01T00:00", "2024-06-01T00:00"),
        ("this_6_months", "2023-12-01T00:00", "2024-06-01T00:00"),
        ("previous_5_months", "2023-12-01T00:00", "2024-05-01T00:00"),
        ("this_year", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("this_10_years", "2015-01-01T00:00", "2025-01-01T00:00"),
        ("previous_1_years", "2023-01-01T00:00", "2024-01-01T00:00"),
    ],
)
def test_a_relative_timeframe_is_made_of_whole_units(timeframe: str, start: str, end: str) -> None:
    assert _span(timeframe) == (start, end)


def test_a_sunday_begins_its_week() -> None:
    assert _span("this_week", now=datetime(2024, 5, 12, tzinfo=UTC)) == ("2024-05-12T00:00", "2024-05-19T00:00")


def test_an_absolute_timeframe_is_taken_as_it_is() -> None:
    span = read_timeframe({"start": "2024-01-01T00:00:00+01:00", "end": "2024-01-02T00:00:00.5Z"}, UTC, WEDNESDAY)
    assert span.as_json() == {"start": "2023-12-31T23:00:00.000Z", "end": "2024-01-02T00:00:00.500Z"}


def test_days_follow_the_time_zone_across_its_change_of_clocks() -> None:
    paris = ZoneInfo("Europe/Paris")
    now = datetime(2024, 3, 31, 12, 0, tzinfo=UTC)
    assert _span("this_day", paris, now) == ("2024-03-30T23:00", "2024-03-31T22:00")
    assert _span("previous_3_hours", paris, now) == ("2024-03-31T09:00", "2024-03-31T12:00")


def test_a_time_zone_can_be_an_offset_in_seconds() -> None:
    assert _span("this_day", read_zone(-18_000)) == ("2024-05-15T05:00", "2024-05-16T05:00")
    assert read_zone("3600").utcoffset(None) == timedelta(hours=1)
    assert read_zone("US/Pacific") == ZoneInfo("US/Pacific")


@pytest.mark.parametrize(
    "timeframe",
    [
        "",
        "now",
        "this_0_days",
        "last_3_days",
        "this_3_fortnights",
        "this_9999_years",
        "this_999999_days_",
        {},
        {"start": "2024-01-01T00:00:00Z"},
        {"start": "2024-01-01", "end": "2024-01-02"},
        {"start": 1, "end": 2},
        [],
        5,
        None,
    ],
)
def test_an_unknown_timeframe_is_refused(timeframe: Any) -> None:
    with pytest.raises(KeenError) as caught:
        read_timeframe(timeframe, UTC, WEDNESDAY)
    assert caught.value.code == "InvalidParameterError"


@pytest.mark.parametrize("name", ["Mars/Phobos", "../etc/passwd", "999999999", [], "1.5"])
def test_an_unknown_time_zone_is_refused(name: Any) -> None:
    with pytest.raises(KeenError):
        read_zone(name)


def _edges(timeframe: Any, interval: str, zone: tzinfo = UTC) -> list[tuple[str, str]]:
    parts = divide(read_timeframe(timeframe, zone, WEDNESDAY), interval)
    return [(part.as_json()["start"][:16], part.as_json()["end"][:16]) for part in parts]


def test_a_timeframe_is_divided_along_the_calendar() -> None:
    assert _edges("this_3_days", "daily") == [
        ("2024-05-13T00:00", "2024-05-14T00:00"),
        ("2024-05-14T00:00", "2024-05-15T00:00"),
        ("2024-05-15T00:00", "2024-05-16T00:00"),
    ]
    assert len(_edges("this_2_days", "hourly")) == 48
    assert len(_edges("this_hour", "minutely")) == 60
    assert len(_edges("this_2_years", "monthly")) == 24
    assert len(_edges("this_2_years", "yearly")) == 2
    assert len(_edges("this_4_weeks", "weekly")) == 4


def test_the_first_and_the_last_part_are_cut_where_the_timeframe_is() -> None:
    frame = {"start": "2024-05-04T06:00:00Z", "end": "2024-05-14T18:00:00Z"}
    assert _edges(frame, "weekly") == [
        ("2024-05-04T06:00", "2024-05-05T00:00"),
        ("2024-05-05T00:00", "2024-05-12T00:00"),
        ("2024-05-12T00:00", "2024-05-14T18:00"),
    ]


def test_several_units_can_make_one_part() -> None:
    assert _edges("this_5_days", "every_2_days") == [
        ("2024-05-11T00:00", "2024-05-13T00:00"),
        ("2024-05-13T00:00", "2024-05-15T00:00"),
        ("2024-05-15T00:00", "2024-05-16T00:00"),
    ]


def test_days_of_an_interval_are_days_of_the_time_zone() -> None:
    assert _edges("this_2_days", "daily", ZoneInfo("Europe/Paris"))[0] == ("2024-05-13T22:00", "2024-05-14T22:00")


def test_the_hour_that_comes_twice_in_autumn_is_two_hours() -> None:
    paris = ZoneInfo("Europe/Paris")
    parts = divide(read_timeframe("this_day", paris, datetime(2024, 10, 27, 12, 0, tzinfo=UTC)), "hourly")
    assert len(parts) == 25
    assert all(part.end - part.start == timedelta(hours=1) for part in parts)


def test_an_interval_that_leaves_the_calendar_is_refused() -> None:
    with pytest.raises(KeenError, match="the years 1 to 9999"):
        _edges({"start": "0001-01-01T00:00:00Z", "end": "0001-01-02T00:00:00Z"}, "weekly")


def test_a_timeframe_is_divided_into_at_most_9000_parts() -> None:
    assert len(_edges("this_9000_minutes", "minutely")) == 9_000
    with pytest.raises(KeenError, match="more than 9,000 parts"):
        _edges("this_9001_minutes", "minutely")


@pytest.mark.parametrize("interval", ["", "day", "every_0_days", "every_day", 5, None, ["daily"]])
def test_an_unknown_interval_is_refused(interval: Any) -> None:
    with pytest.raises(KeenError, match="neither minutely"):
        divide(read_timeframe("this_day", UTC, WEDNESDAY), interval)
