"""Input, settings and catalogs that are wrong: one clear error, exit code 1, and nothing lost that came before."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integration_tests import connector
from integration_tests.connector import CONTENT, Ended, record, state
from integration_tests.faults import files
from integration_tests.faults.oracle import PEAK_BYTES, PEAK_BYTES_STOPPED, Watch, judge
from integration_tests.faults.sync import values
from integration_tests.sandbox import MASTER_KEY, PROJECT, Sandbox

MIB = 1024 * 1024
GARBAGE = {
    "no JSON": CONTENT.encode(),
    "a record without data": b'{"type":"RECORD","record":{"stream":"%b","emitted_at":0}}' % CONTENT.encode(),
    "a record cut off": record(i=9)[:-9],
    "not UTF-8": record(i=9).replace(b'"i":9', b'"i":"\xff"'),
    "NUL": b"\0" * 100,
    "UTF-16": record(i=9).decode().encode("utf-16"),
    "a state that is not UTF-8": b'{"type":"STATE","state":{"type":"LEGACY","data":"\xff"}}',
    "a state without a stream": b'{"type":"STATE","state":{"type":"STREAM","data":"%b"}}' % CONTENT.encode(),
}
CONFIGS = {
    "empty": b"",
    "no JSON": b"api_key: " + MASTER_KEY.encode(),
    "not UTF-8": b'{"api_key":"\xff"}',
    "nested too deeply": b"[" * 100_000,
    "without a key": {"project_id": PROJECT},
    "a key in the wrong place": {"project_id": PROJECT, "api_key": "k", "delivery": {"method": MASTER_KEY}},
}
CATALOGS = {
    "empty": b"",
    "not UTF-8": b'{"streams":[{"stream":{"name":"\xff"}}]}',
    "nested too deeply": b'{"streams":[{"stream":{"name":"a","json_schema":' + b"[" * 100_000,
    "content in the wrong place": {"streams": CONTENT},
}


def error_of(ended: Ended) -> dict[str, Any]:
    assert (ended.code, ended.stderr) == (1, b"")
    (error,) = ended.errors
    assert "Traceback" not in error["message"] + error["internal_message"]
    return dict(error)


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_an_error_and_what_came_before_it_is_delivered(sandbox: Sandbox, collection: str, kind: str) -> None:
    before = [record(collection, i=i) for i in range(20)]
    before.insert(10, state(1, collection))
    ended = connector.run("write", sandbox.config, connector.catalog(collection, "users"), [*before, GARBAGE[kind]])
    judge(before, ended, {collection: values(sandbox, collection)})
    error = error_of(ended)
    assert error["failure_type"] == "system_error"
    assert error["message"].startswith(f"Line 22 of the input ({len(GARBAGE[kind])} bytes) is not a valid")
    assert [each["id"] for each in ended.states] == [1]
    assert sandbox.counts()[collection] == (20, 0)


def test_what_is_odd_but_harmless_is_passed_over(sandbox: Sandbox, collection: str) -> None:
    log = json.dumps({"type": "LOG", "log": {"level": "INFO", "message": CONTENT}}).encode()
    right = [record(collection, i=i) for i in range(4)]
    lines = [b"\xef\xbb\xbf" + right[0], b"", right[1] + b"\r", b"\r", b"  ", log, b'{"type":"FROM_THE_FUTURE"}']
    lines += [b" " + right[2], state(1, collection), right[3]]
    ended = connector.run("write", sandbox.config, connector.catalog(collection), lines)
    assert ended.code == 0
    judge([*right[:3], state(1, collection), right[3]], ended, {collection: values(sandbox, collection)})


def test_input_without_any_state_is_complete_at_its_end(sandbox: Sandbox, collection: str) -> None:
    lines = [record(collection, i=i) for i in range(1_000)]
    ended = connector.run("write", sandbox.config, connector.catalog(collection), lines)
    assert (ended.code, ended.states) == (0, [])
    judge(lines, ended, {collection: values(sandbox, collection)})


@pytest.mark.parametrize("rest", ["", "| head -c 100000000; echo"], ids=["endless", "100 MB"])
def test_a_line_beyond_the_bound_is_refused_before_it_fills_the_memory(
    sandbox: Sandbox, collection: str, tmp_path: Path, rest: str
) -> None:
    before = [record(collection, i=0), state(1, collection), record(collection, i=1)]
    (tmp_path / "before").write_bytes(b"".join(line + b"\n" for line in before))
    script = f'cat "$1"; tr "\\0" x < /dev/zero {rest}'
    with subprocess.Popen(["sh", "-c", script, "sh", tmp_path / "before"], stdout=subprocess.PIPE) as source:
        with connector.started("write", sandbox.config, connector.catalog(collection), stdin=source.stdout) as running:
            watch = Watch(running)
            ended = running.wait()
        # The source ends when nobody reads it any more.
        source.stdout.close()  # type: ignore[union-attr]
    judge(before, ended, {collection: values(sandbox, collection)})
    error = error_of(ended)
    assert error["message"].startswith("Line 4 of the input is longer than 67,108,864 bytes")
    assert 0 < watch.peak_bytes < PEAK_BYTES_STOPPED


def test_states_of_every_kind_are_passed_on_in_the_order_they_came(sandbox: Sandbox, collection: str) -> None:
    part = {"stream_descriptor": {"name": collection}, "stream_state": None}
    bodies: list[dict[str, Any]] = [
        {"type": "STREAM", "stream": part},
        {"type": "GLOBAL", "global": {"shared_state": {"lsn": 1}, "stream_states": [part]}},
        {"type": "LEGACY", "data": {"cursor": 1}},
        {"data": {"cursor": 2}},
        {"type": "STREAM", "stream": part},
    ]
    numbered = [body | {"id": number} for number, body in enumerate(bodies)]
    lines = []
    for number, body in enumerate(numbered):
        lines += [record(collection, i=number), json.dumps({"type": "STATE", "state": body}).encode()]
    ended = connector.run("write", sandbox.config, connector.catalog(collection), lines)
    judge(lines, ended, {collection: values(sandbox, collection)})
    assert [{**left, "destinationStats": None} for left in ended.states] == [
        body | {"destinationStats": None} for body in numbered
    ]
    assert [left["destinationStats"]["recordCount"] for left in ended.states] == [1.0] * 5


def test_a_hundred_thousand_states_without_records_pass_through_in_order(sandbox: Sandbox, tmp_path: Path) -> None:
    numbers = range(100_000)
    (tmp_path / "states").write_bytes(b"".join(state(number) + b"\n" for number in numbers))
    with (
        (tmp_path / "states").open("rb") as stdin,
        connector.started("write", sandbox.config, connector.catalog("users"), stdin=stdin) as running,
    ):
        watch = Watch(running)
        ended = running.wait()
    assert (ended.code, ended.errors) == (0, [])
    assert [each["id"] for each in ended.states] == list(numbers)
    assert 0 < watch.peak_bytes < PEAK_BYTES


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_configuration_that_is_wrong_is_a_config_error_and_a_failed_check(tmp_path: Path, kind: str) -> None:
    written = files.run(files.command_line(tmp_path, CONFIGS[kind], connector.catalog("users")), [], MASTER_KEY)
    error = error_of(written)
    assert error["failure_type"] == "config_error"
    checked = files.run(files.command_line(tmp_path, CONFIGS[kind], command="check"), [], MASTER_KEY)
    assert (checked.code, checked.stderr, checked.errors) == (0, b"", [])
    assert checked.status == {"status": "FAILED", "message": error["message"]}


@pytest.mark.parametrize("kind", CATALOGS)
def test_a_catalog_that_is_wrong_is_a_config_error_before_anything_is_sent(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    command = files.command_line(tmp_path, sandbox.config, CATALOGS[kind])
    error = error_of(files.run(command, [record(i=0)], MASTER_KEY))
    assert error["failure_type"] == "config_error"
    assert error["message"].startswith("The configured catalog ")


@pytest.mark.parametrize("missing", ["config", "catalog"])
def test_a_file_that_is_not_there_is_named(sandbox: Sandbox, tmp_path: Path, missing: str) -> None:
    command = files.command_line(tmp_path, sandbox.config, connector.catalog("users"))
    (tmp_path / missing).unlink()
    error = error_of(files.run(command, [], MASTER_KEY))
    assert error["failure_type"] == "config_error"
    assert f"{tmp_path / missing} cannot be read: No such file or directory." in error["message"]


def test_i2_halves_of_surrogate_pairs_and_nan_in_a_state_come_back(sandbox: Sandbox, collection: str) -> None:
    came = rb'{"type":"STATE","state":{"id":1,"type":"LEGACY","data":{"cursor":"\ud83d","most":Infinity}}}'
    ended = connector.run("write", sandbox.config, connector.catalog(collection), [record(collection, i=0), came])
    judge([record(collection, i=0), came], ended, {collection: [b'{"i":0}']})
    assert ended.states[0] == json.loads(came)["state"] | {"destinationStats": {"recordCount": 1.0}}
