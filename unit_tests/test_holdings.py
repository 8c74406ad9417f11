from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from destination_keen.api import Answer
from destination_keen.errors import AuthenticationError, ConfigError, PermissionDeniedError, TransientError
from destination_keen.holdings import Holdings
from destination_keen.window import ALWAYS, Window
from unit_tests.fake_keen import LOST, QUICK, Event, FakeKeen, Request, done

OLD = {"property_name": "_airbyte_generation_id", "operator": "lt", "property_value": 3}
STAMP = {"start": "2024-05-01T00:00:00.000Z", "end": "2024-05-01T00:00:00.001Z"}
MILLISECOND = Window(start=63_850_118_400_000, end=63_850_118_400_001, until=63_850_204_800_001)
ALL_TIME = {"start": "0001-01-01T00:00:00.000Z", "end": "9999-12-31T23:59:59.999Z"}


def _answering(*answers: Answer | Exception) -> tuple[FakeKeen, Holdings]:
    """A Keen that answers like this first, and then as it should."""
    left: Iterator[Answer | Exception] = iter(answers)

    def before(_: Request) -> Answer | None:
        answer = next(left, None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    keen = FakeKeen(before, users=[Event(2), Event(2), Event(3)])
    return keen, Holdings(keen, QUICK)


def test_events_are_counted_by_mark_and_window() -> None:
    keen, holdings = _answering()
    assert done(holdings.count("users", None)) == 3
    assert done(holdings.count("users", OLD)) == 2
    assert done(holdings.count("users", OLD, MILLISECOND)) == 2
    assert done(holdings.count("others", OLD)) == 0
    assert keen.requests[0] == Request("POST", "queries/count", [], ALL_TIME, "users")
    limit = {"property_name": "keen.created_at", "operator": "lt", "property_value": "2024-05-02T00:00:00.001Z"}
    assert keen.requests[2] == Request("POST", "queries/count", [OLD, limit], STAMP, "users")


def test_a_deletion_has_its_filter_and_its_timeframe_in_the_url() -> None:
    keen, holdings = _answering()
    done(holdings.delete("users", OLD, ALWAYS))
    assert keen.requests == [Request("DELETE", "events/users", [OLD], ALL_TIME, "users")]
    assert keen.collections["users"] == [Event(3)]
    done(holdings.delete("a b/ü", OLD, ALWAYS))
    assert keen.requests[-1].path == "events/a%20b%2F%C3%BC"


@pytest.mark.parametrize(
    "trouble", [LOST, Answer(429, None), Answer(500, {}), Answer(503, None), Answer(504, None), Answer(404, None)]
)
def test_a_request_is_repeated_until_keen_answers_as_it_should(trouble: Answer | Exception) -> None:
    keen, holdings = _answering(trouble)
    assert done(holdings.count("users", OLD)) == 2
    done(holdings.delete("users", OLD, ALWAYS))
    assert [request.method for request in keen.requests] == ["POST", "POST", "DELETE"]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (LOST, "it cannot be reached"),
        (Answer(429, None), "it answered with status 429"),
        (Answer(503, None), "it answered with status 503"),
        (Answer(302, None), "it answered with status 302"),
    ],
)
def test_patience_with_keen_comes_to_an_end(trouble: Answer | Exception, reason: str) -> None:
    _, holdings = _answering(*[trouble] * 1_000)
    with pytest.raises(TransientError, match=f'"API URL" was asked to delete events, but {reason}'):
        done(holdings.delete("users", OLD, ALWAYS))


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Answer(400, {"error_code": "InvalidFilterError"}), ConfigError),
        (Answer(401, {"error_code": "InvalidApiKeyError"}), AuthenticationError),
        (Answer(401, {"error_code": "AdminOnlyEndpointError"}), PermissionDeniedError),
        (Answer(403, None), PermissionDeniedError),
    ],
)
def test_a_refusal_is_not_repeated(refusal: Answer, error: type[Exception]) -> None:
    keen, holdings = _answering(refusal)
    with pytest.raises(error):
        done(holdings.delete("users", OLD, ALWAYS))
    assert len(keen.requests) == 1


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("code", ["ResourceNotFoundError", "EventCollectionNotFoundError"])
def test_a_collection_that_does_not_exist_has_no_events(status: int, code: str) -> None:
    _, holdings = _answering(*[Answer(status, {"error_code": code})] * 2)
    assert done(holdings.count("users", None)) == 0
    done(holdings.delete("users", OLD, ALWAYS))


@pytest.mark.parametrize("body", [None, [], {}, {"result": None}, {"result": "2"}, {"result": True}, {"result": -1}])
def test_a_count_without_a_number_counts_for_nothing(body: object) -> None:
    _, holdings = _answering(Answer(200, body))
    with pytest.raises(TransientError, match="a count without a number"):
        done(holdings.count("users", OLD))


def test_no_more_than_ten_deletions_go_out_in_a_minute() -> None:
    keen, _ = _answering()
    holdings = Holdings(keen, replace(QUICK, keen_minute=0.3))
    begin = time.monotonic()
    for _ in range(21):
        done(holdings.delete("users", OLD, ALWAYS))
    assert time.monotonic() - begin >= 0.6


def test_no_more_than_two_hundred_counts_go_out_in_a_minute() -> None:
    keen, _ = _answering()
    holdings = Holdings(keen, replace(QUICK, keen_minute=0.5))
    begin = time.monotonic()
    for _ in range(201):
        done(holdings.count("users", OLD))
    assert time.monotonic() - begin >= 0.5


def test_a_limit_that_is_reached_is_waited_out() -> None:
    keen, _ = _answering(Answer(429, None))
    begin = time.monotonic()
    assert done(Holdings(keen, replace(QUICK, keen_minute=0.3, request_patience=60.0)).count("users", OLD)) == 2
    assert len(keen.requests) == 2
    assert time.monotonic() - begin >= 0.3
