"""What is prepared for the streams between two states: a lane each, and no more envelopes than lanes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from destination_keen.envelope import DATA
from destination_keen.errors import InternalError
from destination_keen.lanes import Lanes
from destination_keen.ledger import Ledger
from destination_keen.producer.memory import MemoryProducer
from destination_keen.protocol import Record, decode
from unit_tests.configured import configured, parsed


def lanes(*names: str) -> tuple[Lanes, Ledger]:
    streams = {stream.descriptor: stream for stream in parsed(*map(configured, names))}
    ledger = Ledger()
    return Lanes(streams, ledger, MemoryProducer()), ledger


def read(stream: str, data: str = '{"id":1}', **others: Any) -> tuple[Record, bytes]:
    envelope = {**others, "stream": stream, "data": "DATA", "emitted_at": 1_760_000_000_000}
    text = json.dumps({"type": "RECORD", "record": envelope}, separators=(",", ":"))
    line = text.replace('"DATA"', data).encode()
    record = decode(line)
    assert isinstance(record, Record)
    return record, line


def test_the_lines_of_a_stream_share_a_lane_and_its_counter() -> None:
    prepared, ledger = lanes("users", "orders")
    first, event = prepared.encode(*read("users"))
    assert json.loads(event)["id"] == 1
    assert prepared.encode(*read("users"))[0] is first
    assert prepared.encode(*read("orders"))[0] is not first
    assert first.share is ledger.share((None, "users"))


def test_after_one_line_the_next_one_is_known_by_its_head() -> None:
    prepared, _ = lanes("users")
    lane, event = prepared.encode(*read("users"))
    _, line = read("users")
    assert prepared.by_head == {line[: line.find(DATA)]: lane}
    assert lane.alike(line) == event


def test_heads_that_do_not_come_again_are_not_kept() -> None:
    prepared, _ = lanes("users")
    for number in range(100):
        prepared.encode(*read("users", ' {"id":1}', number=number))
    assert prepared.by_head == {}
    for number in range(100):
        prepared.encode(*read("users", number=number))
    assert len(prepared.by_head) == 1


def test_after_a_state_records_are_counted_anew() -> None:
    prepared, ledger = lanes("users")
    before, _ = prepared.encode(*read("users"))
    ledger.close(b"{}")
    prepared.clear()
    assert prepared.by_head == {}
    after, _ = prepared.encode(*read("users"))
    assert after.share is ledger.share((None, "users"))
    assert after.share is not before.share


def test_a_stream_that_the_catalog_lacks_is_named() -> None:
    prepared, _ = lanes("users")
    with pytest.raises(InternalError, match=r'the stream "public\.users", which is not in the configured catalog'):
        prepared.encode(*read("users", namespace="public"))
