"""What may be in flight follows from what was delivered lately."""

from __future__ import annotations

import time

from destination_keen.pace import Pace

KIB = 1024


def test_the_first_records_may_always_be_taken() -> None:
    assert Pace(10.0).allows(2_560, 2_560 * KIB, 2_560)
    assert not Pace(10.0).allows(2_561, 2_561 * KIB, 2_561)


def test_large_records_count_for_more() -> None:
    assert Pace(10.0).allows(256, 2_560 * KIB, 256)
    assert not Pace(10.0).allows(2_560, 25_600 * KIB, 2_560)


def test_nothing_more_is_taken_before_something_was_delivered() -> None:
    pace = Pace(10.0)
    assert pace.allows(0, 0, 0)
    assert not pace.allows(9_000, 9_000 * KIB, 9_000)
    assert not pace.allows(9_000, 9_000 * KIB, 7_000)
    assert pace.allows(9_000, 9_000 * KIB, 6_000)


def test_twice_as_much_as_was_delivered_lately_may_be_in_flight() -> None:
    pace = Pace(1.0)
    pace.allows(0, 0, 0)
    assert pace.allows(3_000, 3_000 * KIB, 2_000)
    assert not pace.allows(3_001, 3_001 * KIB, 2_001)


def test_deliveries_of_long_ago_do_not_count() -> None:
    pace = Pace(0.8)
    pace.allows(0, 0, 0)
    assert pace.allows(600, 600 * KIB, 400)
    time.sleep(0.2)
    pace.allows(600, 600 * KIB, 400)
    time.sleep(0.2)
    assert not pace.allows(600, 600 * KIB, 400)
