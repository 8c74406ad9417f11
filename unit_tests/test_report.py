import json
import logging
import re
import time
from typing import Any

import msgspec
import pytest

from destination_keen import catalog
from destination_keen.catalog import Stream
from destination_keen.ledger import Ledger
from destination_keen.producer.memory import MemoryProducer
from destination_keen.protocol import Record
from destination_keen.report import Report

CREATED_AT = {"properties": {"created_at": {"type": "string", "format": "date-time"}}}


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "destination_keen.report")


class Run:
    """A run whose records are delivered as they come."""

    def __init__(self, *names: str, interval: float = 3_600.0) -> None:
        streams = [
            {"stream": {"name": name, "json_schema": CREATED_AT}, "destination_sync_mode": "append"} for name in names
        ]
        text = json.dumps({"streams": streams}).encode()
        self.streams = {stream.name: stream for stream in catalog.parse(text, infer_timestamp=True).values()}
        self.producer = MemoryProducer(automatic=False)
        self.ledger = Ledger()
        self.report = Report(list(self.streams.values()), self.ledger, interval)

    def send(self, name: str, data: dict[str, Any]) -> Stream:
        stream = self.streams[name]
        value = stream.encoder.encode(Record(name, msgspec.Raw(json.dumps(data).encode()), 1_700_000_000_000))
        share = self.ledger.share(stream.descriptor)
        share.sent += 1
        assert self.producer.sender(stream.collection, share)(value)
        return stream


def _words(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def test_the_plan_says_of_every_stream_where_it_goes_and_what_gives_it_its_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Run("Käufe", "users").report.plan()
    assert caplog.messages == [
        'Stream "Käufe" goes to the collection "Kaufe"; keen.timestamp is taken from created_at.',
        'Stream "users" goes to the collection "users"; keen.timestamp is taken from created_at.',
    ]


def test_progress_is_said_once_per_interval(caplog: pytest.LogCaptureFixture) -> None:
    run = Run("users", interval=0.5)
    run.report.progress()
    assert caplog.messages == []
    for _ in range(3):
        run.send("users", {f"p{i}": "x" * 8_000 for i in range(25)})
    run.producer.deliver(2)
    time.sleep(0.5)
    run.report.progress()
    run.report.progress()
    [message] = caplog.messages
    assert message.startswith("3 records received, ")
    assert message.endswith(" records/s, 1 records in flight.")


def test_the_table_at_the_end_has_a_row_per_stream(caplog: pytest.LogCaptureFixture) -> None:
    run = Run("users", "a stream with a long name")
    run.send("users", {"created_at": "2024-01-31", "a.b": 1})
    run.send("users", {"created_at": None, "text": "x" * 100_000})
    stream = run.send("users", {"created_at": "2024-01-31"})
    stream.states = 2
    stream.status = "COMPLETE"
    run.producer.deliver(2)
    run.report.states_received = 1_234
    run.report.states_released = 1_233
    run.report.summary()
    head, users, other, total = caplog.messages
    assert _words(head) == ["stream", "received", "delivered", "mended", "timed by emitted_at", "states", "source said"]
    assert _words(users) == ["users", "3", "2", "2", "1", "2", "complete"]
    assert _words(other) == ["a stream with a long name", "0", "0", "0", "0", "0", "-"]
    assert len({len(row) for row in (head, users, other)}) == 1
    assert re.fullmatch(r"2 of 3 records delivered and 1,233 of 1,234 states returned in \d+\.\d s\.", total)


def test_records_of_states_that_have_left_stay_counted_as_delivered(caplog: pytest.LogCaptureFixture) -> None:
    run = Run("users")
    run.send("users", {})
    run.ledger.close(b"{}")
    run.producer.deliver(1)
    assert run.ledger.release() == [b"{}"]
    run.send("users", {})
    run.producer.deliver(1)
    run.report.summary()
    assert caplog.messages[-1].startswith("2 of 2 records delivered")


def test_more_properties_than_keen_documents_are_said_once_per_stream(caplog: pytest.LogCaptureFixture) -> None:
    run = Run("wide", "narrow", interval=0.0001)
    run.send("wide", {f"p{i}": i for i in range(1_001)})
    run.send("narrow", {f"p{i}": i for i in range(1_000)})
    time.sleep(0.001)
    run.report.progress()
    run.report.summary()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith('Stream "wide" has more than 1,000 different properties')


def test_nothing_of_a_record_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    run = Run("users", interval=0.0001)
    run.send("users", {"s3cret.name": "s3cret", "created_at": "s3cret"})
    run.producer.deliver(1)
    time.sleep(0.001)
    run.report.plan()
    run.report.progress()
    run.report.summary()
    assert len(caplog.messages) == 5
    assert "s3cret" not in caplog.text
