import pytest

from keen_sandbox.errors import KeenError
from keen_sandbox.limits import Kind, RateLimits


class _Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def _answer(limits: RateLimits, kind: Kind) -> int:
    try:
        limits.admit(kind)
    except KeenError as error:
        return error.status
    return 200


def _admitted(limits: RateLimits, kind: Kind, times: int) -> int:
    answers = [_answer(limits, kind) for _ in range(times)]
    assert set(answers) <= {200, 429}
    return answers.count(200)


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        (Kind.QUERY, 200),
        (Kind.EXTRACTION, 200),
        (Kind.FILTERED_DELETION, 10),
        (Kind.COLLECTION_DELETION, 100),
    ],
)
def test_a_minute_has_keens_number_of_requests_of_each_kind(clock: _Clock, kind: Kind, most: int) -> None:
    limits = RateLimits(clock=clock)
    assert _admitted(limits, kind, 2 * most) == most


def test_kinds_do_not_share_a_limit(clock: _Clock) -> None:
    limits = RateLimits(clock=clock)
    assert _admitted(limits, Kind.FILTERED_DELETION, 11) == 10
    assert _admitted(limits, Kind.COLLECTION_DELETION, 1) == 1
    assert _admitted(limits, Kind.QUERY, 200) == 200
    assert _admitted(limits, Kind.EXTRACTION, 200) == 200


def test_after_one_too_many_nothing_of_the_kind_is_answered_for_a_minute(clock: _Clock) -> None:
    limits = RateLimits(clock=clock)
    _admitted(limits, Kind.FILTERED_DELETION, 10)
    clock.now += 59
    assert _admitted(limits, Kind.FILTERED_DELETION, 1) == 0
    clock.now += 59.9  # the ten are long past, the minute after the eleventh is not
    assert _admitted(limits, Kind.FILTERED_DELETION, 1) == 0
    clock.now += 0.1
    assert _admitted(limits, Kind.FILTERED_DELETION, 11) == 10


def test_who_keeps_to_the_pace_is_never_refused(clock: _Clock) -> None:
    limits = RateLimits(clock=clock)
    for _ in range(100):
        assert _admitted(limits, Kind.FILTERED_DELETION, 1) == 1
        clock.now += 6


def test_a_minute_may_be_shorter(clock: _Clock) -> None:
    limits = RateLimits(0.5, clock)
    assert _admitted(limits, Kind.FILTERED_DELETION, 11) == 10
    clock.now += 0.5
    assert _admitted(limits, Kind.FILTERED_DELETION, 11) == 10


def test_a_refusal_names_the_limit(clock: _Clock) -> None:
    limits = RateLimits(clock=clock)
    _admitted(limits, Kind.EXTRACTION, 200)
    with pytest.raises(KeenError, match="There may be 200 extractions in a minute") as caught:
        limits.admit(Kind.EXTRACTION)
    assert caught.value.code == "TooManyRequestsError"
