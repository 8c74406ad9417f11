"""`keen-sandbox` as a command: what it says when it is ready, writes for the connector, and refuses."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from integration_tests.sandbox import COMMAND, FREE_PORTS, MASTER_KEY, PROJECT, READ_KEY, SECONDS, WRITE_KEY, Sandbox
from integration_tests.sandbox_clients import Session, kcat, producer


def test_the_ready_line_names_every_end_point_and_key(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        kafka, http = sandbox.kafka_port, sandbox.http_port
        assert len({0, kafka, http}) == 3
        assert sandbox.ready == {
            "ready": True,
            "project_id": PROJECT,
            "master_key": MASTER_KEY,
            "write_key": WRITE_KEY,
            "read_key": READ_KEY,
            "bootstrap_servers": f"localhost:{kafka}",
            "security_protocol": "SASL_PLAINTEXT",
            "api_url": f"http://localhost:{http}/3.0",
            "page": f"http://localhost:{http}/",
        }


@pytest.mark.parametrize("security", [(), ("--tls",)], ids=["plain", "tls"])
def test_the_configuration_of_the_connector_is_written_for_its_owner_only(
    tmp_path: Path, security: tuple[str, ...]
) -> None:
    file = tmp_path / "config.json"
    file.write_text("of an earlier run")
    file.chmod(0o644)
    with Sandbox(tmp_path, *security) as sandbox:
        delivery = {
            "method": "kafka",
            "bootstrap_servers": sandbox.ready["bootstrap_servers"],
            "security_protocol": "SASL_SSL" if security else "SASL_PLAINTEXT",
        }
        if security:
            delivery["ca_certificate"] = sandbox.ready["ca_certificate"]
        assert json.loads(file.read_text()) == {
            "project_id": PROJECT,
            "api_key": MASTER_KEY,
            "delivery": delivery,
            "api_url": sandbox.ready["api_url"],
        }
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["config.json", "sandbox.log"]


def test_keys_that_are_not_given_are_random(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with Sandbox(tmp_path, "--master-key", "", "--project-id", "") as sandbox:
            seen += [sandbox.ready["master_key"], sandbox.ready["project_id"]]
    assert len(set(seen)) == 4
    assert [len(bytes.fromhex(one)) for one in seen] == [32, 12, 32, 12]


@pytest.mark.parametrize("option", ["--kafka-port", "--http-port"])
def test_a_port_that_is_taken_is_named_with_the_way_out(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", *FREE_PORTS, option, str(port))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"keen-sandbox: port {port} cannot be opened (Address already in use). "
        f"Choose another with {option}; 0 takes any that is free.\n"
    )


def test_a_place_that_cannot_hold_the_configuration_is_named(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "config.json"
    ended = run("serve", *FREE_PORTS, "--config-out", str(file))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"keen-sandbox: {file} cannot be written (No such file or directory).\n"


def test_a_configuration_that_cannot_be_put_in_place_leaves_no_draft(tmp_path: Path) -> None:
    folder = tmp_path / "config.json"
    folder.mkdir()
    ended = run("serve", *FREE_PORTS, "--config-out", str(folder))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"keen-sandbox: {folder} cannot be written (Is a directory).\n"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("option", "value"), [("--kafka-port", "65536"), ("--http-port", "x"), ("--ingest-delay", "-1")]
)
def test_an_option_that_makes_no_sense_is_refused(option: str, value: str) -> None:
    ended = run("serve", *FREE_PORTS, f"{option}={value}")
    assert ended.returncode == 2
    assert f"argument {option}: a {'delay' if 'delay' in option else 'port'} is a number" in ended.stderr


def test_status_prints_the_counts_of_a_running_sandbox(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        with producer(sandbox) as client:
            for value in (b'{"n":1}', b'{"n":2}', b"[]"):
                client.send("orders", value)
        assert sandbox.counts() == {"orders": (2, 1)}
        for where in (("--http-port", str(sandbox.http_port)), ("--url", sandbox.ready["page"])):
            ended = run("status", *where)
            assert (ended.returncode, ended.stderr) == (0, "")
            assert json.loads(ended.stdout) == sandbox.status()


def test_status_says_so_when_nothing_runs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    ended = run("status", "--http-port", str(port))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"keen-sandbox: no sandbox answers at http://localhost:{port}. "
        "Give its port with --http-port, or its address with --url.\n"
    )


ONES = json.dumps([{"property_name": "n", "operator": "eq", "property_value": 1}])


def test_fast_limits_are_keens_with_a_minute_of_half_a_second(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--fast-limits") as sandbox:
        ask(sandbox, "POST", "events/orders", {"n": 2})
        limited = time.monotonic() + SECONDS
        while ask(sandbox, "DELETE", "events/orders", filters=ONES)[0] != 429:
            assert time.monotonic() < limited, "no limit was reached"
        open_again = time.monotonic() + SECONDS
        while ask(sandbox, "DELETE", "events/orders", filters=ONES)[0] == 429:
            assert time.monotonic() < open_again, "the limit does not end"
            time.sleep(0.05)
        assert sandbox.count("orders") == 1


def test_the_usual_limits_last_for_a_minute(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        ask(sandbox, "POST", "events/orders", {"n": 2})
        answers = [ask(sandbox, "DELETE", "events/orders", filters=ONES)[0] for _ in range(11)]
        assert answers == [204] * 10 + [429]
        time.sleep(0.7)  # longer than the minute of --fast-limits
        assert ask(sandbox, "DELETE", "events/orders", filters=ONES)[0] == 429


def test_an_access_key_writes_over_kafka_with_its_autofill_until_it_is_revoked(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        description = {"name": "a", "permitted": ["writes"], "options": {"writes": {"autofill": {"shop": "Rome"}}}}
        key = ask(sandbox, "POST", "keys", description)[1]["key"]
        assert kcat(sandbox, '{"n":1}\n', key=key).returncode == 0
        assert kcat(sandbox, '{"n":2}\n').returncode == 0
        assert [(event["n"], event.get("shop")) for event in sandbox.events("orders")] == [(1, "Rome"), (2, None)]
        ask(sandbox, "POST", f"keys/{key}/revoke")
        with Session(sandbox) as session:
            assert session.log_in(PROJECT, key).error_code == 58
        ask(sandbox, "POST", f"keys/{key}/unrevoke")
        with Session(sandbox) as session:
            assert session.log_in(PROJECT, key).error_code == 0


def test_an_access_key_that_does_not_permit_writes_cannot_log_in(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        key = ask(sandbox, "POST", "keys", {"name": "a", "permitted": ["queries", "schema"]})[1]["key"]
        with Session(sandbox) as session:
            assert session.log_in(PROJECT, key).error_code == 58


def test_the_ingest_delay_is_also_that_of_events_over_http(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--ingest-delay", "3600") as sandbox:
        assert ask(sandbox, "POST", "events/orders", {"n": 1}) == (201, {"created": True})
        assert (sandbox.status()["backlog"], sandbox.stored("orders")) == (1, 0)


@pytest.mark.parametrize(
    ("options", "stored"),
    [
        ((), (1, 1)),
        (("--tokens-outlive-deletes",), (0, 2)),
        (("--no-kafka-tokens",), (2, 0)),
        (("--no-kafka-tokens", "--tokens-outlive-deletes"), (2, 0)),
    ],
    ids=lambda each: " ".join(map(str, each)) or "usual",
)
def test_uniqueness_tokens_are_read_as_the_options_say(
    tmp_path: Path, options: tuple[str, ...], stored: tuple[int, int]
) -> None:
    event = '{"keen":{"uniqueness_token":"t"}}\n'
    with Sandbox(tmp_path, *options) as sandbox:
        assert kcat(sandbox, event).returncode == 0
        assert sandbox.counts() == {"orders": (1, 0)}
        assert ask(sandbox, "DELETE", "events/orders") == (204, None)
        assert kcat(sandbox, event * 2).returncode == 0
        assert sandbox.counts() == {"orders": stored}


def test_other_readings_of_a_status_are_played(tmp_path: Path) -> None:
    query = {"event_collection": "nothing", "timeframe": "today"}
    with Sandbox(tmp_path) as sandbox:
        assert ask(sandbox, "DELETE", "events/orders", key=WRITE_KEY)[0] == 403
        assert ask(sandbox, "GET", "queries/count", **query)[0] == 404
    with Sandbox(tmp_path, "--forbidden-status", "401", "--missing-collection-status", "200") as sandbox:
        assert ask(sandbox, "DELETE", "events/orders", key=WRITE_KEY)[0] == 401
        assert ask(sandbox, "GET", "queries/count", **query) == (200, {"result": 0})


def test_strings_can_be_counted_in_utf16(tmp_path: Path) -> None:
    faces = json.dumps({"a": "😀" * 5_000}, ensure_ascii=False) + "\n"
    with Sandbox(tmp_path, "--string-units", "utf16") as sandbox:
        assert kcat(sandbox, faces).returncode == 0
        assert sandbox.counts() == {"orders": (0, 1)}


def ask(
    sandbox: Sandbox, method: str, path: str, body: Any = None, *, key: str = MASTER_KEY, **parameters: str
) -> tuple[int, Any]:
    """Make a request to the project over HTTP, and give the status and what the body of the answer says."""
    url = f"{sandbox.ready['api_url']}/projects/{PROJECT}/{path}?{urlencode(parameters)}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": key, "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data, headers, method=method), timeout=SECONDS
        ) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False)
