"""How targets are held against what was measured."""

import pytest

from benchmarks.contenders import KCAT, LIBRDKAFKA
from benchmarks.results import Cost, Results, Row, Timing
from benchmarks.targets import TARGETS, Target


def speed(value: float | None) -> Target:
    return Target("speed", 15, 25, lambda _: value)


def memory(value: float) -> Target:
    return Target("memory", 150, 100, lambda _: value, more_is_better=False)


@pytest.mark.parametrize(
    ("target", "verdict", "missed"),
    [
        (speed(25), "aim reached", False),
        (speed(24.9), "reached", False),
        (speed(12), "missed by 20%", True),
        (speed(None), "not measured", False),
        (memory(100), "aim reached", False),
        (memory(150), "reached", False),
        (memory(180), "missed by 20%", True),
    ],
)
def test_a_verdict_says_whether_a_target_was_reached_and_by_how_much_it_was_missed(target, verdict, missed):
    assert target.verdict(Results()) == verdict
    assert target.missed(Results()) is missed


def test_the_first_target_is_the_speed_next_to_kcat_on_records_of_half_a_kilobyte():
    timings = [
        Timing(LIBRDKAFKA, 1_000, [Cost(5, 0, 0)], [Cost(1, 0, 0)]),
        Timing(KCAT, 1_000, [Cost(2, 0, 0)], [Cost(1, 0, 0)]),
    ]
    assert TARGETS[0].measured(Results(rows=[Row("0.5 KB", 580, 500, timings)])) == 0.25
    assert TARGETS[0].measured(Results(rows=[Row("4 KB", 4_080, 4_000, timings)])) is None
