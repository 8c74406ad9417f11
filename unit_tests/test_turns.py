from __future__ import annotations

import threading
import time

import pytest

from destination_keen.turns import Allowance, Patience, awaited, pause
from unit_tests.fake_keen import done


def test_the_caller_has_the_turn_while_a_call_takes_its_time() -> None:
    go_on = threading.Event()
    turns = 0
    steps = awaited(lambda: go_on.wait(30))
    for _ in steps:
        turns += 1
        if turns == 2:
            go_on.set()
    assert turns >= 2


def test_a_call_gives_its_result_or_its_error() -> None:
    assert done(awaited(lambda: 7)) == 7
    with pytest.raises(ZeroDivisionError):
        done(awaited(lambda: 1 // 0))


def test_a_pause_lasts_as_long_as_it_should_and_gives_the_turn() -> None:
    begin = time.monotonic()
    assert len(list(pause(0.25))) >= 3
    assert time.monotonic() - begin >= 0.25
    assert list(pause(0)) == list(pause(-1)) == []


def test_patience_is_spent_after_its_time_and_renewed_by_progress() -> None:
    patience = Patience(0.05)
    assert not patience.spent
    while not patience.spent:
        done(patience.pause())
    assert patience.waited == pytest.approx(0.05)
    patience.renew()
    assert not patience.spent


def test_no_more_is_allowed_in_any_span_of_time() -> None:
    allowance = Allowance(3, 0.2)
    moments = []
    for request in range(8):
        turns = len(list(allowance.wait()))
        allowance.count()
        assert turns == 0 or request >= 3
        moments.append(time.monotonic())
    assert all(later - earlier >= 0.19 for earlier, later in zip(moments, moments[3:], strict=False))
