"""What the Kafka client says of its connections is told once, and the reason of the last failure is kept."""

from __future__ import annotations

import logging

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from keen_sandbox.inbound.client import ConnectionWatch


def said(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("kafka.net", logging.ERROR, "", 0, message, arguments, None)


def test_failed_connections_are_told_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    watch = ConnectionWatch()
    for number in range(3):
        watch.emit(said("%s: %s", number, KafkaConnectionError(f"refused {number}")))
    assert [record.getMessage() for record in caplog.records] == [
        "inbound: a connection to the cluster failed and is tried again: KafkaConnectionError: refused 0"
    ]
    assert str(watch.last) == "KafkaConnectionError: refused 2"


def test_what_is_no_failure_is_not_told_and_a_timeout_does_not_hide_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = ConnectionWatch()
    watch.emit(said("waiting"))
    watch.emit(said("waiting %s", "a while"))
    watch.emit(said("%s", KafkaTimeoutError("too long")))
    assert (caplog.records, watch.last) == ([], None)
