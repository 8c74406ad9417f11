from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keen_sandbox.instants import normalise_instant, read_instant, write_instant


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2024-03-31T09:30:00.000Z", "2024-03-31T09:30:00.000Z"),
        ("2024-03-31T09:30:00", "2024-03-31T09:30:00.000Z"),
        ("2024-03-31T09:30Z", "2024-03-31T09:30:00.000Z"),
        ("2024-03-31T09:30:00+0200", "2024-03-31T07:30:00.000Z"),
        ("2024-03-31T09:30:00.5-05:30", "2024-03-31T15:00:00.500Z"),
        ("2024-12-31T23:59:59.999999Z", "2024-12-31T23:59:59.999Z"),
        ("2024-12-31T23:59:59.123456789Z", "2024-12-31T23:59:59.123Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_an_instant_is_normalised_to_milliseconds_in_utc(written: str, stored: str) -> None:
    assert normalise_instant(written) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1711877400",
        "2024-03-31",
        "2024-03-31 09:30:00",
        "2024-03-31T09:30:00 Z",
        "2024-03-31T09:30:00+02",
        "2024-02-30T00:00:00Z",
        "2024-03-31T24:00:00Z",
        "2024-03-31T09:30:60Z",
        "2024-03-31T09:30.5Z\n",
        "٢٠٢٤-03-31T09:30:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:30:00-01:00",
    ],
)
def test_anything_else_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the interpreter's for a date that does not exist
        normalise_instant(text)


def test_the_offset_that_was_written_is_kept_when_reading() -> None:
    assert read_instant("2024-03-31T09:30:00+02:00").utcoffset() == timedelta(hours=2)


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_what_is_written_reads_back_to_the_millisecond(instant: datetime) -> None:
    assert read_instant(write_instant(instant)) == instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@given(st.datetimes(timezones=st.just(timezone.utc)), st.datetimes(timezones=st.just(timezone.utc)))
def test_written_instants_sort_as_text(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert write_instant(first) <= write_instant(second)
