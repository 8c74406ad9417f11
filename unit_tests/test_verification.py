from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from destination_keen.catalog import Stream, parse
from destination_keen.errors import TransientError
from destination_keen.holdings import Holdings
from destination_keen.verification import Verification
from unit_tests.fake_keen import QUICK, Event, FakeKeen, Request, done

SYNC = 815
NEW = Event(3, SYNC)


def _streams(*names: str, deduplicate: bool = False) -> list[Stream]:
    configured: list[dict[str, Any]] = [
        {"stream": {"name": name}, "destination_sync_mode": "append", "sync_id": SYNC, "primary_key": [["id"]]}
        for name in names
    ]
    catalog = json.dumps({"streams": configured}).encode()
    return list(parse(catalog, infer_timestamp=True, deduplicate=deduplicate).values())


def _verify(keen: FakeKeen, streams: list[Stream], received: int, send: Callable[[], None]) -> None:
    verification = Verification(Holdings(keen, QUICK), streams, QUICK)
    done(verification.prepare())
    for stream in streams:
        stream.encoder.encoded = received
    send()
    done(verification.confirm())


def _arriving(keen: FakeKeen, events: list[Event], *, after: int) -> Callable[[], None]:
    """Lets events arrive one at a time, with each request from one on."""

    def arrive(_: Request) -> None:
        if len(keen.requests) > after and events:
            keen.collections.setdefault("users", []).append(events.pop())

    def send() -> None:
        keen.after = arrive

    return send


def test_events_that_are_there_are_enough() -> None:
    keen = FakeKeen()
    _verify(keen, _streams("users"), 2, lambda: keen.collections.update(users=[NEW, NEW]))
    assert len(keen.requests) == 2


def test_what_earlier_attempts_of_the_sync_left_does_not_count() -> None:
    keen = FakeKeen(users=[NEW, NEW])
    with pytest.raises(TransientError, match=r'1 of 2 in "users" \(_airbyte_meta.sync_id 815\)'):
        _verify(keen, _streams("users"), 2, lambda: keen.collections["users"].append(NEW))


def test_what_other_syncs_write_does_not_count() -> None:
    keen = FakeKeen(users=[])
    with pytest.raises(TransientError, match='0 of 1 in "users"'):
        _verify(keen, _streams("users"), 1, lambda: keen.collections["users"].append(Event(3, SYNC + 1)))


def test_events_are_waited_for_as_long_as_more_come() -> None:
    keen = FakeKeen()
    _verify(keen, _streams("users"), 8, _arriving(keen, [NEW] * 8, after=2))
    assert keen.collections["users"] == [NEW] * 8


def test_events_are_waited_for_beside_those_of_an_earlier_attempt() -> None:
    keen = FakeKeen(users=[NEW] * 5)
    _verify(keen, _streams("users"), 3, _arriving(keen, [NEW] * 3, after=2))
    assert keen.collections["users"] == [NEW] * 8


def test_all_streams_that_lack_events_are_named_in_one_error() -> None:
    keen = FakeKeen()
    with pytest.raises(TransientError) as caught:
        _verify(keen, _streams("a", "b", "c"), 1_000, lambda: keen.collections.update(a=[NEW], b=[NEW] * 1_000, c=[]))
    assert '1 of 1,000 in "a" (_airbyte_meta.sync_id 815), 0 of 1,000 in "c" (' in caught.value.message
    assert '"b"' not in caught.value.message
    assert "Nothing was deleted." in caught.value.message


def test_more_events_than_records_are_no_failure() -> None:
    keen = FakeKeen()
    _verify(keen, _streams("users"), 1, lambda: keen.collections.update(users=[NEW, NEW]))


def test_a_stream_without_records_needs_no_events() -> None:
    _verify(FakeKeen(), _streams("users"), 0, lambda: None)
    _verify(FakeKeen(), _streams("users", deduplicate=True), 0, lambda: None)


def test_of_events_that_may_be_repetitions_some_are_enough_once_no_more_come() -> None:
    keen = FakeKeen()
    _verify(keen, _streams("users", deduplicate=True), 10, _arriving(keen, [NEW] * 4, after=2))
    assert keen.collections["users"] == [NEW] * 4
    keen = FakeKeen(users=[NEW])
    _verify(keen, _streams("users", deduplicate=True), 10, lambda: None)


def test_not_one_of_the_events_that_may_be_repetitions_is_too_few() -> None:
    with pytest.raises(TransientError, match='0 of 10 in "users"'):
        _verify(FakeKeen(), _streams("users", deduplicate=True), 10, lambda: None)
