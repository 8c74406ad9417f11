"""`keen-sandbox` as a command: what it says when it is ready, writes for the connector, and refuses."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from integration_tests.sandbox import COMMAND, FREE_PORTS, MASTER_KEY, PROJECT, READ_KEY, SECONDS, WRITE_KEY, Sandbox
from integration_tests.sandbox_clients import producer


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


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False)
