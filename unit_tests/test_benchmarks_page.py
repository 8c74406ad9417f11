"""The page of the benchmarks holds the figures that were measured, and says what was not."""

import re

from benchmarks import page
from benchmarks.contenders import LIBRDKAFKA, MEMORY
from benchmarks.results import Cost, Latency, Results, Row, Share, Timing


def measured() -> Results:
    sent = Cost(11, 14, 90_000_000)
    timings = [
        Timing(LIBRDKAFKA, 1_000_000, [sent], [Cost(1, 1, 0)]),
        Timing(MEMORY, 1_000_000, [Cost(6, 6, 24_000_000)], [Cost(1, 1, 0)]),
    ]
    return Results(
        when="2026-01-02",
        machine={"cores": "2"},
        rows=[Row("0.5 KB", 586, 505, timings)],
        growth=timings[:1] * 2,
        latencies=[Latency("steady", [0.05, 0.06, 0.4])],
        start_ups={"spec": 0.1},
        modules=[Share("event.py", 0.297)],
        source_lines=[Share("event.py: a | b", 0.082)],
    )


def test_without_figures_every_section_says_that_it_was_not_measured():
    sections = page.page(Results()).split("\n## ")[1:]
    assert len(sections) == 8
    assert all("Not measured yet" in section for section in sections)


def test_no_name_of_a_figure_is_left_in_the_page():
    assert not re.search(r"\$\w", page.page(measured()))


def test_a_contender_is_shown_with_its_speed_and_its_costs():
    row = f"| {LIBRDKAFKA} | 100,000 | 13.0 | 90 | 1.00 | - | - |"
    assert row in page.page(measured())


def test_the_client_s_part_is_what_sending_takes_beyond_sending_nowhere():
    text = page.page(measured())
    assert "Of the 13.0 µs of CPU" in text
    assert "5.0 are the connector's own" in text
    assert "The other 8.0 µs (62%)" in text
    assert r"| `event.py: a \| b` | 8.2% |" in text


def test_states_are_shown_with_the_median_and_the_longest():
    assert "| steady | 60 | 400 | 3 |" in page.page(measured())


def test_the_picture_has_the_fastest_first_and_its_bar_is_the_longest():
    drawn = page.picture(measured().rows[0])
    assert drawn.index(MEMORY) < drawn.index(LIBRDKAFKA)
    assert re.findall(r'width="([0-9.]+)"', drawn) == ["450.0", "225.0"]
