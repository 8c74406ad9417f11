"""What airbyte-source-faker gives is what the tests and the demonstration expect, recorded or live."""

import json
import os
import signal
from collections import Counter
from typing import Any

import pytest

from integration_tests.source_faker import SourceFaker, recorded_catalog, recorded_lines


def _messages(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def _records_per_stream(messages: list[dict[str, Any]]) -> Counter[str]:
    return Counter(message["record"]["stream"] for message in messages if message["type"] == "RECORD")


def _timeless(messages: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    records = [message["record"] for message in messages if message["type"] == "RECORD"]
    return [
        (record["stream"], {name: value for name, value in record["data"].items() if not name.endswith("_at")})
        for record in records
    ]


def _shape(messages: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (message["record"]["stream"], name, type(value).__name__)
        for message in messages
        if message["type"] == "RECORD"
        for name, value in message["record"]["data"].items()
    }


def _assert_each_stream_ends_with_its_state_and_completion(messages: list[dict[str, Any]]) -> None:
    for stream in ("products", "users", "purchases"):
        of_stream = [step for step in map(_step, messages) if step is not None and step[1] == stream]
        assert of_stream[-2:] == [("STATE", stream), ("COMPLETE", stream)]


def _step(message: dict[str, Any]) -> tuple[str, str] | None:
    match message:
        case {"type": "RECORD", "record": {"stream": stream}}:
            return "RECORD", stream
        case {"type": "STATE", "state": {"stream": {"stream_descriptor": {"name": stream}}}}:
            return "STATE", stream
        case {"trace": {"stream_status": {"stream_descriptor": {"name": stream}, "status": status}}}:
            return status, stream
    return None


def test_the_catalog_has_three_streams_with_cursor_key_and_full_schema(faker: SourceFaker) -> None:
    streams = faker.catalog["streams"]
    assert {configured["stream"]["name"] for configured in streams} == {"products", "users", "purchases"}
    for configured in streams:
        assert configured["sync_mode"] == "incremental"
        assert configured["destination_sync_mode"] == "append"
        assert configured["cursor_field"] == ["updated_at"]
        assert configured["primary_key"] == [["id"]]
        updated_at = configured["stream"]["json_schema"]["properties"]["updated_at"]
        assert updated_at["airbyte_type"] == "timestamp_with_timezone"


def test_two_reads_differ_in_times_only(faker: SourceFaker) -> None:
    first, second = _messages(faker.lines(250)), _messages(faker.lines(250))
    assert _records_per_stream(first) == {"products": 100, "users": 250, "purchases": 250}
    assert _timeless(first) == _timeless(second)


def test_each_stream_ends_with_its_state_and_completion(faker: SourceFaker) -> None:
    _assert_each_stream_ends_with_its_state_and_completion(_messages(faker.lines(20)))


@pytest.mark.timeout(60)
def test_a_read_that_is_given_up_leaves_no_process(faker: SourceFaker) -> None:
    with faker.reading(1_000_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        pipe = os.dup(process.stdout.fileno())
    # The pipe ends only when the last process that could write to it is gone.
    while os.read(pipe, 1 << 20):
        pass
    os.close(pipe)
    assert process.returncode == -signal.SIGKILL


def test_the_recorded_lines_are_a_whole_read_of_a_thousand_users() -> None:
    messages = _messages(list(recorded_lines()))
    assert _records_per_stream(messages) == {"products": 100, "users": 1000, "purchases": 1000}
    _assert_each_stream_ends_with_its_state_and_completion(messages)
    counts = [m["state"]["sourceStats"]["recordCount"] for m in messages if m["type"] == "STATE"]
    assert counts == [100, *[200, *[100] * 8, 0] * 2]


def test_the_recording_has_the_shape_that_the_source_gives_today(faker: SourceFaker) -> None:
    assert recorded_catalog() == faker.catalog
    assert _shape(_messages(list(recorded_lines()))) == _shape(_messages(faker.lines(1000)))
