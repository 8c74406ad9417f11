"""The table of refreshes and overwrites, row by row, against a Keen in memory."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from destination_keen.audit import Audit, auditing
from destination_keen.catalog import Stream, parse
from destination_keen.config import Config
from destination_keen.errors import PermissionDeniedError, TransientError
from destination_keen.holdings import Holdings
from unit_tests.fake_keen import LOST, QUICK, Event, FakeKeen, Request, done
from unit_tests.keen_over_http import FINE, Keen, Said

OLD = [Event(1, 7), Event()]
EARLIER = Event(2, 8)


def _streams(*ids: tuple[int | None, int | None, int | None], mode: str = "append", **settings: Any) -> list[Stream]:
    configured = [
        {
            "stream": {"name": f"s{i}"},
            "destination_sync_mode": mode,
            "generation_id": generation,
            "minimum_generation_id": minimum,
            "sync_id": sync,
            "primary_key": [["id"]],
        }
        for i, (generation, minimum, sync) in enumerate(ids)
    ]
    catalog = json.dumps({"streams": configured}).encode()
    return list(parse(catalog, infer_timestamp=True, sync_id=99, **settings).values())


def _attempt(
    keen: FakeKeen, streams: list[Stream], sent: int, status: str = "COMPLETE", *, verify: bool = False
) -> None:
    """One attempt: what is before the first record, records that Keen stores at once, what is after the last."""
    audit = Audit(Holdings(keen, QUICK), streams, QUICK, verify=verify)
    done(audit.prepare())
    for stream in streams:
        stream.encoder.encoded, stream.status = sent, status
        new = [Event(stream.generation_id, stream.sync_id)] * sent
        keen.collections.setdefault(stream.collection, []).extend(new)
    done(audit.finish(heard=False))


def test_minimum_0_is_an_append() -> None:
    keen = FakeKeen(s0=list(OLD))
    _attempt(keen, _streams((2, 0, 8)), 1)
    assert keen.collections["s0"] == [*OLD, EARLIER]
    assert keen.requests == []


def test_the_generation_as_minimum_replaces_older_ones_after_complete() -> None:
    keen = FakeKeen(s0=list(OLD))
    _attempt(keen, _streams((2, 2, 8)), 2)
    assert keen.collections["s0"] == [EARLIER] * 2


@pytest.mark.parametrize("status", ["", "INCOMPLETE", "RUNNING"])
def test_without_complete_old_and_new_stay_and_the_next_attempt_finishes(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    keen = FakeKeen(s0=list(OLD))
    with caplog.at_level(logging.WARNING):
        _attempt(keen, _streams((2, 2, 8)), 1, status)
    assert keen.collections["s0"] == [*OLD, EARLIER]
    assert "did not complete the stream" in caplog.text
    _attempt(keen, _streams((2, 2, 8)), 1)
    assert keen.collections["s0"] == [EARLIER] * 2


def test_a_newer_generation_after_an_interrupted_one_replaces_that_too() -> None:
    keen = FakeKeen(s0=[*OLD, EARLIER])
    _attempt(keen, _streams((3, 3, 9)), 1)
    assert keen.collections["s0"] == [Event(3, 9)]


def test_the_same_generation_again_keeps_what_it_wrote_though_nothing_more_comes() -> None:
    keen = FakeKeen(s0=[*OLD, EARLIER])
    _attempt(keen, _streams((2, 2, 8)), 0)
    _attempt(keen, _streams((2, 2, 8)), 0)
    assert keen.collections["s0"] == [EARLIER]


def test_an_abandoned_newer_generation_stays() -> None:
    keen = FakeKeen(s0=[*OLD, EARLIER])
    _attempt(keen, _streams((2, 0, 9)), 1)
    assert keen.collections["s0"] == [*OLD, EARLIER, Event(2, 9)]


def test_zero_records_and_complete_leave_nothing_of_older_generations() -> None:
    keen = FakeKeen(s0=list(OLD))
    _attempt(keen, _streams((2, 2, 8)), 0)
    assert keen.collections["s0"] == []


def test_the_ids_of_pyairbyte_with_append_delete_nothing() -> None:
    keen = FakeKeen(s0=[Event(), Event(0, 1)])
    _attempt(keen, _streams((1, 1, 1)), 1)
    assert keen.deletions == []


def test_without_ids_the_end_of_input_is_enough() -> None:
    keen = FakeKeen(s0=[*OLD, Event(None, 5)])
    _attempt(keen, _streams((None, None, None), mode="overwrite"), 1, "")
    assert keen.collections["s0"] == [Event(None, 99)]


def test_without_ids_a_stream_of_which_the_source_said_nothing_keeps_its_events() -> None:
    keen = FakeKeen(s0=list(OLD))
    _attempt(keen, _streams((None, None, None), mode="overwrite"), 0, "")
    assert keen.collections["s0"] == OLD


def test_nothing_is_deleted_before_keen_holds_all_that_was_delivered() -> None:
    keen = FakeKeen(s0=list(OLD), s1=list(OLD))
    streams = _streams((2, 2, 8), (2, 2, 8))
    audit = Audit(Holdings(keen, QUICK), streams, QUICK, verify=False)
    done(audit.prepare())
    for stream in streams:
        stream.encoder.encoded, stream.status = 1, "COMPLETE"
    keen.collections["s0"].append(EARLIER)
    with pytest.raises(TransientError, match='0 of 1 in "s1"'):
        done(audit.finish(heard=True))
    assert keen.collections == {"s0": [*OLD, EARLIER], "s1": OLD}


# What a collection holds, the ids and the mode of the sync, and how many records it brings.
DELETING = {
    "a newer generation": (OLD * 3, (2, 2, 8), "append", 1),
    "a newer generation after an interrupted one": ([*OLD, EARLIER], (3, 3, 9), "append", 1),
    "the same generation again": ([*OLD, EARLIER], (2, 2, 8), "append", 1),
    "the same generation again, with nothing more": ([*OLD, EARLIER], (2, 2, 8), "append", 0),
    "zero records": (OLD * 2, (2, 2, 8), "append", 0),
    "no ids": ([*OLD, Event(None, 5)], (None, None, None), "overwrite", 1),
}


@pytest.mark.parametrize("row", DELETING)
@pytest.mark.parametrize("step", range(10))
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_crash_at_any_request_leaves_the_new_events_and_the_next_attempt_finishes(
    row: str, step: int, carried_out: bool
) -> None:
    held, ids, mode, sent = DELETING[row]
    keen = FakeKeen(s0=list(held))
    current = [event for event in held if event == EARLIER and ids[0] == 2]
    new = Event(ids[0], ids[2] or 99)

    def crash(_: Request) -> None:
        if len(keen.requests) > step:
            raise KeyboardInterrupt

    def still_there(_: Request) -> None:
        assert set(current) <= set(keen.collections["s0"])
        crash(_)

    keen.after, keen.before = (still_there, keen.before) if carried_out else (keen.after, crash)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        while True:
            _attempt(keen, _streams(ids, mode=mode), sent)
    written = keen.collections["s0"].count(new)
    assert all(event == new or event in held for event in keen.collections["s0"])
    keen.before, keen.after = (lambda _: None), (lambda _: None)
    _attempt(keen, _streams(ids, mode=mode), 1)
    assert keen.collections["s0"] == [*(event for event in current if event != new), *[new] * (written + 1)]


def test_verification_leaves_out_streams_that_deduplicate_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    keen = FakeKeen()
    with caplog.at_level(logging.INFO):
        _attempt(keen, _streams((2, 0, 8), (2, 2, 8), deduplicate=True), 1, verify=True)
    assert 'Not verified, because Keen may drop repeated events of theirs ("Deduplicate"): s0.' in caplog.messages
    assert {request.collection for request in keen.requests} == {"s1"}


def test_verification_counts_streams_that_append() -> None:
    keen = FakeKeen()
    _attempt(keen, _streams((2, 0, 8)), 1, verify=True)
    assert len(keen.requests) == 2
    keen.before = lambda _: (_ for _ in ()).throw(LOST)
    with pytest.raises(TransientError, match="asked to count events, but it cannot be reached"):
        _attempt(keen, _streams((2, 0, 8)), 1, verify=True)


@pytest.mark.parametrize(("ids", "opens"), [((2, 2, 8), False), ((2, 0, 8), True)])
def test_a_key_that_may_not_delete_is_refused_where_a_stream_needs_it(ids: tuple[int, int, int], opens: bool) -> None:
    keen = Keen(FINE, Said(403))
    try:
        config = Config.parse({"project_id": "p1", "api_key": "k1", "api_url": f"{keen.url}/3.0"})
        if opens:
            with auditing(config, _streams(ids), QUICK):
                assert {request.method for request in keen.requests} == {"GET"}
        else:
            with (
                pytest.raises(PermissionDeniedError, match="is not a master key"),
                auditing(config, _streams(ids), QUICK),
            ):
                raise AssertionError("nothing may be sent")
    finally:
        keen.close()
