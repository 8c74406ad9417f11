from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from destination_keen.window import ALWAYS, Window

LAST = 315_537_897_599_999

edges = st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(sorted)
windows = st.builds(lambda time, created: Window(*time, *created), edges, edges) | st.just(ALWAYS)


def _holds(window: Window, moment: int, created: int) -> bool:
    return window.start <= moment < window.end and window.since <= created < window.until


def test_all_time_is_from_the_year_1_to_the_last_millisecond_of_9999_and_needs_no_filter() -> None:
    assert ALWAYS.timeframe == {"start": "0001-01-01T00:00:00.000Z", "end": "9999-12-31T23:59:59.999Z"}
    assert ALWAYS.filters == []


def test_a_millisecond_is_divided_by_the_time_of_storing() -> None:
    window = Window(start=63_850_118_400_001, end=63_850_118_400_002)
    assert window.timeframe == {"start": "2024-05-01T00:00:00.001Z", "end": "2024-05-01T00:00:00.002Z"}
    halves = window.halves()
    assert halves is not None
    middle = "5000-07-02T11:59:59.999Z"
    assert [half.timeframe for half in halves] == [window.timeframe, window.timeframe]
    assert [half.filters for half in halves] == [
        [{"property_name": "keen.created_at", "operator": "lt", "property_value": middle}],
        [{"property_name": "keen.created_at", "operator": "gte", "property_value": middle}],
    ]


@given(windows, st.integers(0, LAST), st.integers(0, LAST))
def test_an_event_is_in_one_half_exactly_if_it_is_in_the_whole(window: Window, moment: int, created: int) -> None:
    halves = window.halves()
    if halves is not None:
        assert sum(_holds(half, moment, created) for half in halves) == _holds(window, moment, created)
        assert all(half != window for half in halves)


@given(st.lists(st.booleans(), min_size=200, max_size=200))
def test_halving_comes_to_an_end(choices: list[bool]) -> None:
    window, steps = ALWAYS, 0
    while (halves := window.halves()) is not None:
        window, steps = halves[choices[steps]], steps + 1
    assert (window.end - window.start, window.until - window.since) == (1, 1)
    assert steps <= 98
