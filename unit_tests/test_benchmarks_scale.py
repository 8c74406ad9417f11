"""What large loads cost is reckoned from what one record costs."""

import re

from benchmarks import scale
from benchmarks.contenders import LIBRDKAFKA
from benchmarks.results import Cost, Results, Row, SideBySide, Timing

SENT = Cost(11, 14, 90_000_000, broker_cpu_seconds=5.0, stored_bytes=250_000_000)
LANE = Timing(LIBRDKAFKA, 1_000_000, [SENT], [Cost(1, 1, 0)])
LONG = Timing(LIBRDKAFKA, 5_000_000, [Cost(51, 69.25, 0)], [Cost(1, 1, 0)])
PAGE = scale.page(
    Results(
        machine={"cores": "2"},
        rows=[Row("0.5 KB", 586, 505, [LANE])],
        growth=[LANE, LONG],
        side_by_side=[SideBySide(4, 1_000_000, 20, 10, 30)],
    )
)


def test_without_figures_every_section_says_that_it_was_not_measured():
    sections = scale.page(Results()).split("\n## ")[1:]
    assert len(sections) == 6
    assert all("Not measured yet" in section for section in sections)


def test_no_name_of_a_figure_is_left_in_the_page():
    assert not re.search(r"\$\w", PAGE)


def test_a_million_events_cost_a_million_times_one():
    assert "| 0.5 KB, librdkafka | 10.0 s | 13.0 | 5.0 | 586 MB | 250 MB | 2.8 hours |" in PAGE


def test_a_long_sync_is_compared_with_a_short_one():
    assert "In one of 5,000,000 records, a record costs\n1.05 times what it costs in one of 1,000,000." in PAGE


def test_a_first_load_of_10_tb_is_reckoned_in_events_days_and_connections():
    assert "| 0.5 KB, librdkafka | 17.1 billion | 4.3 TB | 47.4 hours | 62 | 2 |" in PAGE


def test_connectors_side_by_side_are_shown_with_the_cores_that_they_and_the_brokers_used():
    assert "| 4 | 50,000 | 0.50 | 1.50 |" in PAGE


def test_a_connector_at_full_speed_is_held_against_network_and_brokers():
    assert "| the network | 200 Mbit/s | 20% of a gigabit |" in PAGE
    assert "| the brokers' CPU | 0.50 cores | without replicas |" in PAGE


def test_limits_of_keen_are_shown_with_the_time_in_which_they_are_reached():
    assert "| events that one deletion of a whole collection may remove | 1,000,000 | 10.0 s |" in PAGE
