"""`write` as a process against the local Keen: what arrives, what comes out, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from destination_keen.config import Limits
from integration_tests import connector
from integration_tests.connector import CONTENT, Running, record, state
from integration_tests.sandbox import PROJECT, WRITE_KEY, Sandbox
from integration_tests.waiting import until

# A promise of the connector's is 250 ms; a busy machine may take ten times as long.
STATE_SECONDS = 2.5
UNTIL = 30.0


def peak_kib(running: Running) -> int:
    """The most memory that the process has had, 0 once it has ended."""
    for line in Path(f"/proc/{running.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def states_out(running: Running) -> list[int]:
    messages = [json.loads(line) for line in running.lines()]
    return [message["state"]["id"] for message in messages if message["type"] == "STATE"]


def test_events_carry_the_record_its_time_and_the_metadata_of_airbyte(sandbox: Sandbox) -> None:
    streams = connector.catalog("metadata")
    streams["streams"][0] |= {"cursor_field": ["at"], "generation_id": 4, "minimum_generation_id": 0, "sync_id": 77}
    ended = connector.run(
        "write", sandbox.config, streams, [record("metadata", at="2024-05-01T12:00:00+02:00", n=1.10)]
    )
    assert ended.code == 0
    (event,) = sandbox.events("metadata")
    keen = event.pop("keen")
    assert keen["timestamp"] == "2024-05-01T10:00:00.000Z"
    assert event == {
        "text": CONTENT,
        "at": "2024-05-01T12:00:00+02:00",
        "n": 1.1,
        "_airbyte_extracted_at": 1_760_000_000_000,
        "_airbyte_generation_id": 4,
        "_airbyte_meta": {"sync_id": 77},
    }


def test_i2_states_come_back_unchanged_through_the_process(sandbox: Sandbox) -> None:
    came = {
        "type": "STATE",
        "state": {
            "type": "STREAM",
            "stream": {"stream_descriptor": {"name": "echo", "namespace": None}, "stream_state": None},
            "sourceStats": {"recordCount": 1.0},
            "id": 7,
            "unknown": {"a": [1, None, "ü"]},
        },
    }
    ended = connector.run(
        "write", sandbox.config, connector.catalog("echo"), [record("echo"), json.dumps(came).encode()]
    )
    (left,) = ended.states
    assert type(left["id"]) is int
    assert left.pop("destinationStats") == {"recordCount": 1.0}
    assert left == came["state"]


def test_i4_completion(sandbox: Sandbox) -> None:
    lines = [record("completion", i=i) for i in range(5_000)]
    ended = connector.run("write", sandbox.config, connector.catalog("completion"), [*lines, state(1, "completion")])
    assert (ended.code, ended.stderr, ended.errors) == (0, b"", [])
    assert [each["id"] for each in ended.states] == [1]
    assert sandbox.counts()["completion"] == (5_000, 0)


def test_i7_progress_a_state_leaves_while_stdin_stays_open(sandbox: Sandbox) -> None:
    with connector.started("write", sandbox.config, connector.catalog("progress")) as running:
        running.write(record("progress"), state(1, "progress"))
        until(lambda: states_out(running) == [1])
        running.write(record("progress"), state(2, "progress"))
        assert until(lambda: states_out(running) == [1, 2]) < STATE_SECONDS
        running.process.stdin.close()  # type: ignore[union-attr]
        assert running.wait().code == 0


def test_i5_and_i6_a_broker_that_stops_answering(tmp_path: Path) -> None:
    limits = Limits(delivery_timeout=10.0, patience=12.0, shutdown_grace=5.0)
    endless = f"while True: print({record(pad='x' * 400).decode()!r})"
    with Sandbox(tmp_path) as sandbox:
        source = subprocess.Popen(["python3", "-c", endless], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            with connector.started(
                "write", sandbox.config, connector.catalog("users"), limits=limits, stdin=source.stdout
            ) as running:
                until(lambda: sandbox.stored("users") > 1_000)
                sandbox.pause()
                peaks = [0]
                took = until(lambda: peaks.append(peak_kib(running)) or running.process.poll() is not None, 170.0)
                ended = running.wait()
        finally:
            sandbox.resume()
            source.kill()
            source.wait()
    assert took >= limits.delivery_timeout / 2
    assert ended.code == 1
    (error,) = ended.errors
    assert error["failure_type"] == "transient_error"
    assert f"localhost:{sandbox.kafka_port}" in error["message"]
    assert "seconds" in error["message"]
    assert 0 < max(peaks) < 200 * 1024


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_sync_after_what_is_in_flight(sandbox: Sandbox, number: int, code: int) -> None:
    with connector.started("write", sandbox.config, connector.catalog("signals")) as running:
        running.write(record("signals"), state(1, "signals"))
        until(lambda: states_out(running) == [1])
        running.write(record("signals"), state(2, "signals"))
        running.process.send_signal(number)
        ended = running.wait()
    assert ended.code == code
    assert ended.stderr == b""
    assert [each["id"] for each in ended.states] in ([1], [1, 2])
    (error,) = ended.errors
    assert signal.Signals(number).name in error["message"]


def test_a_second_signal_ends_a_sync_at_once(tmp_path: Path) -> None:
    with (
        Sandbox(tmp_path) as sandbox,
        connector.started("write", sandbox.config, connector.catalog("users")) as running,
    ):
        running.write(record(), state(1))
        until(lambda: states_out(running) == [1])
        sandbox.pause()
        running.write(record(), state(2))
        time.sleep(0.5)
        running.process.terminate()
        time.sleep(0.5)
        assert running.process.poll() is None
        running.process.terminate()
        assert running.process.wait(UNTIL) == 143
        assert states_out(running) == [1]
        sandbox.resume()


def test_a_closed_standard_output_ends_a_sync_quietly(sandbox: Sandbox) -> None:
    with connector.started("write", sandbox.config, connector.catalog("closed")) as running:
        reading, writing = os.pipe()
        os.close(reading)
        process = subprocess.Popen(running.process.args, stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        _, complaint = process.communicate(record("closed") + b"\n" + state(1, "closed") + b"\n", timeout=UNTIL)
    assert process.returncode == 1
    assert complaint == b""


def test_truncated_input_is_an_error_and_what_came_before_it_is_delivered(sandbox: Sandbox) -> None:
    lines = [record("truncated"), state(1, "truncated"), record("truncated")[:-9]]
    ended = connector.run("write", sandbox.config, connector.catalog("truncated"), lines)
    assert ended.code == 1
    assert [each["id"] for each in ended.states] == [1]
    (error,) = ended.errors
    assert error["failure_type"] == "system_error"
    assert error["message"].startswith("Line 3 of the input")
    assert sandbox.counts()["truncated"] == (1, 0)


def test_input_that_ends_without_a_line_break_is_complete(sandbox: Sandbox) -> None:
    with connector.started("write", sandbox.config, connector.catalog("unbroken")) as running:
        running.process.stdin.write(record("unbroken"))  # type: ignore[union-attr]
        running.process.stdin.close()  # type: ignore[union-attr]
        assert running.wait().code == 0
    assert sandbox.counts()["unbroken"] == (1, 0)


def test_a_stream_named_in_chinese_arrives(sandbox: Sandbox) -> None:
    ended = connector.run("write", sandbox.config, connector.catalog("用户"), [record("用户")])
    assert ended.code == 0
    assert any('Stream "用户" goes to the collection "stream_' in line for line in ended.logs)
    (name,) = (name for name in sandbox.counts() if name.startswith("stream_"))
    assert sandbox.counts()[name] == (1, 0)


def test_append_dedup_is_taken_as_append_with_one_warning(sandbox: Sandbox) -> None:
    streams = connector.catalog("dedup")
    streams["streams"][0]["destination_sync_mode"] = "append_dedup"
    ended = connector.run("write", sandbox.config, streams, [record("dedup"), record("dedup")])
    assert ended.code == 0
    warnings = [
        message["log"]["message"] for message in ended.messages if message.get("log", {}).get("level") == "WARN"
    ]
    assert warnings == ['Keen only ever adds events: "append_dedup" is taken as "append" for dedup.']
    assert sandbox.counts()["dedup"] == (2, 0)


def test_a_mode_that_is_not_offered_is_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    streams = connector.catalog("unoffered")
    streams["streams"][0]["destination_sync_mode"] = "update"
    ended = connector.run("write", sandbox.config, streams, [record("unoffered")])
    assert ended.code == 1
    (error,) = ended.errors
    assert error["failure_type"] == "config_error"
    assert "unoffered" not in sandbox.counts()


def test_two_streams_of_one_collection_are_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    ended = connector.run("write", sandbox.config, connector.catalog("a b", "a_b"), [record("a b")])
    (error,) = ended.errors
    assert error["failure_type"] == "config_error"
    assert '"a b" and "a_b" both become the Keen collection "a_b"' in error["message"]
    assert "a_b" not in sandbox.counts()


def test_a_wrong_key_is_a_config_error_without_a_wait(sandbox: Sandbox) -> None:
    begin = time.monotonic()
    ended = connector.run("write", sandbox.config | {"api_key": "wr0ng-key"}, connector.catalog("users"), [record()])
    assert time.monotonic() - begin < 30.0
    assert ended.code == 1
    (error,) = ended.errors
    assert error["failure_type"] == "config_error"
    assert 'rejected the "Project ID" or the "Master API Key"' in error["message"]


def test_a_key_that_is_revoked_during_a_sync_is_a_config_error(tmp_path: Path) -> None:
    limits = Limits(delivery_timeout=5.0, patience=7.0)
    with (
        Sandbox(tmp_path) as before,
        connector.started("write", before.config, connector.catalog("users"), limits=limits) as running,
    ):
        running.write(record(), state(1))
        until(lambda: states_out(running) == [1])
        before.process.kill()
        before.process.wait()
        with Sandbox(tmp_path, "--kafka-port", str(before.kafka_port), "--master-key", "an0ther-key"):
            running.write(record(), state(2))
            ended = running.wait()
    assert ended.code == 1
    assert [each["id"] for each in ended.states] == [1]
    (error,) = ended.errors
    assert error["failure_type"] == "config_error"
    assert 'rejected the "Project ID" or the "Master API Key"' in error["message"]


def test_no_key_and_no_record_is_seen_at_the_log_level_debug(sandbox: Sandbox) -> None:
    environment = {"LOG_LEVEL": "DEBUG"}
    with connector.started("write", sandbox.config, connector.catalog("debug"), environment=environment) as running:
        running.write(record("debug"), state(1, "debug"))
        running.process.stdin.close()  # type: ignore[union-attr]
        ended = running.wait()
    assert ended.code == 0
    assert not any("Sasl" in line or "Send" in line for line in ended.logs)


def test_a_write_key_is_enough_to_append(sandbox: Sandbox) -> None:
    config = sandbox.config | {"api_key": WRITE_KEY}
    ended = connector.run("write", config, connector.catalog("written"), [record("written")])
    assert ended.code == 0
    assert sandbox.counts()["written"] == (1, 0)


def test_progress_and_a_summary_are_logged(sandbox: Sandbox) -> None:
    limits = Limits(progress_interval=0.2)
    with connector.started("write", sandbox.config, connector.catalog("logged"), limits=limits) as running:
        for _ in range(4):
            running.write(record("logged"), state(1, "logged"))
            time.sleep(0.2)
        running.process.stdin.close()  # type: ignore[union-attr]
        ended = running.wait()
    assert any(line.endswith("records in flight.") for line in ended.logs)
    assert ended.logs[-1].startswith("4 of 4 records delivered")
    assert ended.stderr == b""
    assert PROJECT not in "".join(ended.logs)
