"""I11: old data goes only after its replacement is complete, delivered and in Keen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from destination_keen.api import Answer
from destination_keen.errors import ConfigError, DestinationError, PermissionDeniedError, TransientError
from destination_keen.overwrite import may_delete
from unit_tests.fake_keen import SYNC, Event, FakeKeen, Request, overwrite, replacing


@pytest.mark.parametrize(
    ("status", "generation", "received", "states", "heard", "may"),
    [
        ("COMPLETE", 3, 5, 1, False, True),
        ("COMPLETE", 3, 0, 0, False, True),
        ("COMPLETE", None, 0, 0, False, True),
        ("", 3, 5, 1, True, False),
        ("INCOMPLETE", 3, 5, 1, True, False),
        ("INCOMPLETE", None, 5, 1, True, False),
        ("RUNNING", None, 5, 1, True, False),
        ("", None, 5, 0, False, True),
        ("", None, 0, 1, False, True),
        ("", None, 0, 0, True, True),
        ("", None, 0, 0, False, False),
    ],
)
def test_old_events_may_go_only_when_the_input_is_complete(
    status: str, generation: int | None, received: int, states: int, heard: bool, may: bool
) -> None:
    stream = replace(replacing(generation), status=status, states=states)
    stream.encoder.encoded = received
    assert may_delete(stream, heard=heard) is may


def test_what_is_of_an_older_generation_or_of_none_goes_and_the_rest_stays() -> None:
    kept = [Event(3, SYNC), Event(3, SYNC - 1), Event(4, SYNC)]
    keen = FakeKeen(users=[Event(0), Event(2, SYNC), Event(), Event(None, SYNC), *kept], other=[Event(1)])
    overwrite(keen, replacing())
    assert keen.collections == {"users": kept, "other": [Event(1)]}


def test_without_generations_what_is_of_another_sync_or_of_none_goes() -> None:
    kept = [Event(None, SYNC), Event(9, SYNC)]
    keen = FakeKeen(users=[Event(None, SYNC - 1), Event(None, SYNC + 1), Event(7, None), *kept])
    overwrite(keen, replacing(None))
    assert keen.collections["users"] == kept


def test_where_nothing_is_superseded_nothing_is_deleted() -> None:
    keen = FakeKeen(users=[Event(3), Event(4)])
    overwrite(keen, replacing())
    overwrite(FakeKeen(), replacing())
    assert keen.deletions == []
    assert keen.collections["users"] == [Event(3), Event(4)]


def test_a_collection_of_which_nothing_stays_is_emptied_by_filters_too() -> None:
    keen = FakeKeen(users=[Event(2)] * 2 + [Event()])
    overwrite(keen, replacing())
    assert keen.collections["users"] == []
    assert keen.deletions
    assert all(request.filters and request.timeframe for request in keen.deletions)


def test_events_of_all_times_are_deleted_in_windows() -> None:
    moments = ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.998Z", "1970-01-01T00:00:00.000Z"]
    moments += [f"2024-05-01T00:00:00.{millisecond:03}Z" for millisecond in range(30)]
    keen = FakeKeen(users=[Event(2, timestamp=moment) for moment in moments] + [Event(3)])
    overwrite(keen, replacing())
    assert keen.collections["users"] == [Event(3)]
    assert len(keen.deletions) > 10


def test_events_of_one_millisecond_are_told_apart_by_when_they_were_stored() -> None:
    created = [f"2024-05-02T00:00:{second:02}.000Z" for second in range(20)]
    keen = FakeKeen(users=[Event(2, created_at=moment) for moment in created] + [Event(3)])
    overwrite(keen, replacing())
    assert keen.collections["users"] == [Event(3)]


def test_events_that_no_time_tells_apart_end_in_an_error_and_stay() -> None:
    events = [Event(2)] * 4 + [Event(3)]
    keen = FakeKeen(users=list(events))
    with pytest.raises(TransientError, match=r'4 superseded events of the collection "users" have the same'):
        overwrite(keen, replacing())
    assert keen.collections["users"] == events


def test_what_arrives_late_is_deleted_as_well() -> None:
    keen = FakeKeen(users=[Event(2), Event(3)])
    late = iter([Event(1), Event(), Event(3, SYNC)])

    def arrive(request: Request) -> None:
        if request.method == "DELETE":
            keen.collections["users"] += [event for event in [next(late, None)] if event]

    keen.after = arrive
    overwrite(keen, replacing())
    assert {event.generation for event in keen.collections["users"]} == {3}


def test_events_that_do_not_go_are_counted_in_the_error() -> None:
    keen = FakeKeen(users=[Event(2)] * 2 + [Event(3)])
    keen.before = lambda request: Answer(204, None) if request.method == "DELETE" else None
    with pytest.raises(TransientError, match=r'2 superseded events are still in the collection "users"'):
        overwrite(keen, replacing())
    assert len(keen.deletions) > 1


@pytest.mark.parametrize("operator", ["lt", "exists", "eq"])
def test_a_filter_that_keen_ignores_deletes_nothing(operator: str) -> None:
    keen = FakeKeen(users=[Event(2), Event(3)])

    def ignore(request: Request) -> Answer | None:
        filters = request.filters or []
        ignored = request.method == "POST" and any(each["operator"] == operator for each in filters)
        return Answer(200, {"result": 2}) if ignored else None

    keen.before = ignore
    with pytest.raises(TransientError, match="contradict each other, so nothing was deleted"):
        overwrite(keen, replacing())
    assert keen.deletions == []


def test_new_events_that_vanish_are_an_error() -> None:
    keen = FakeKeen(users=[Event(2), Event(3), Event(3)])

    def vanish(request: Request) -> None:
        if request.method == "DELETE":
            keen.collections["users"].remove(Event(3))

    keen.after = vanish
    with pytest.raises(TransientError, match="new ones became fewer"):
        overwrite(keen, replacing())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(400, {"error_code": "InvalidFilterError"}), ConfigError),
        (Answer(400, None), ConfigError),
        (Answer(403, {}), PermissionDeniedError),
        (Answer(401, {"error_code": "AdminOnlyEndpointError"}), PermissionDeniedError),
        (Answer(500, {"error_code": "InternalServerError"}), TransientError),
        (Answer(404, None), TransientError),
        (Answer(302, None), TransientError),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_refusal_is_an_error_and_wipes_nothing(answer: Answer, error: type[DestinationError], method: str) -> None:
    events = [Event(2), Event(), Event(3)]
    keen = FakeKeen(lambda request: answer if request.method == method else None, users=list(events))
    with pytest.raises(error):
        overwrite(keen, replacing())
    assert keen.collections["users"] == events
