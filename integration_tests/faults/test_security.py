"""The key and the connection: any key works, nothing turns verification off, nothing is left on disk."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

import destination_keen
from destination_keen.config import Limits
from integration_tests import connector
from integration_tests.connector import record, state
from integration_tests.faults import files
from integration_tests.faults.conftest import Started
from integration_tests.faults.sync import error_of
from integration_tests.sandbox import MASTER_KEY, Sandbox

# 192.0.2.0/24 is reserved for documentation: nobody is there.
ELSEWHERE = "192.0.2.77:9092"
KEY = 'it\'s "a" `key`, 100% of%20it: Schlüssel, ключ 鍵 🔑 \\n $l ${m} {n} <o>&p#q;r=s?t/u|v~!*()@[w]^'
IMPATIENT = Limits(delivery_timeout=3.0, patience=4.0, shutdown_grace=1.0)
NO_VERIFICATION = re.compile(
    "CERT_NONE|CERT_OPTIONAL|check_hostname|verify_mode|_unverified|verify *= *False|disable_warnings"
    "|enable.ssl.certificate.verification|ssl.endpoint.identification.algorithm"
)
OFF: dict[str, Any] = {
    **dict.fromkeys(("verify", "ssl_verify", "verify_ssl", "ssl_check_hostname", "check_hostname"), False),
    "enable.ssl.certificate.verification": False,
    "ssl.endpoint.identification.algorithm": "none",
    "ssl_cafile": "/dev/null",
}
# Python runs a module of this name before anything else. It tells of every file that is opened, and of what else leaves
# something behind.
AUDIT = """
import os, sys

def tell(event, arguments):
    if event == "open":
        writes = (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        os.write(2, f"{'wrote' if writes else 'read'} {arguments[0]}\\n".encode())
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "subprocess.Popen", "os.system"):
        os.write(2, f"{event} {arguments}\\n".encode())

sys.addaudithook(tell)
"""


@contextmanager
def impostor(port: int, authority: trustme.CA, name: str) -> Iterator[list[bytes]]:
    """A server with a certificate for `name`, on a port of this machine, and all that clients entrust to it."""
    told: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with socket.create_server(("127.0.0.1", port)) as listening:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as encrypted:
                        told.append(encrypted.recv(1_000))
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield told
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_key_of_any_characters_works(tmp_path: Path, client: dict[str, str], collection: str) -> None:
    with Sandbox(tmp_path, "--master-key", KEY) as sandbox:
        assert sandbox.config["api_key"] == KEY
        checked = connector.run("check", sandbox.config)
        command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
        lines = [record(collection, i=0), state(1, collection)]
        written = files.run(command, lines, KEY, env={**os.environ, **client})
        assert sandbox.counts()[collection] == (1, 0)
    assert (checked.status, checked.stderr) == ({"status": "SUCCEEDED"}, b"")
    assert (written.code, written.stderr) == (0, b"")
    assert KEY not in str(checked.messages + written.messages)


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted authority", "other host"])
def test_a_broker_that_is_replaced_by_an_impostor_is_told_nothing(
    tmp_path: Path, start: Started, trusted: bool
) -> None:
    authority = trustme.CA()
    with Sandbox(tmp_path, "--tls") as sandbox:
        config = sandbox.config
        if trusted:
            config["delivery"]["ca_certificate"] += authority.cert_pem.bytes().decode()
        with start(config, "users", limits=IMPATIENT) as sync:
            sync.feed(1)
            sync.has_confirmed(1)
            sandbox.process.kill()
            sandbox.process.wait()
            with impostor(sandbox.kafka_port, authority, "elsewhere" if trusted else "localhost") as told:
                sync.feed(1)
                ended = sync.running.wait()
    assert b"".join(told) == b""
    assert (ended.code, [each["id"] for each in ended.states]) == (1, [1])
    kind, said = error_of(ended)
    assert kind == "config_error"
    assert ("is for another host than localhost" if trusted else "not signed by an authority") in said


def test_no_setting_and_no_variable_turns_the_verification_off(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""}
    with Sandbox(tmp_path, "--tls") as sandbox:
        config = sandbox.config | OFF
        config["delivery"] = config["delivery"] | OFF | {"ca_certificate": None}
        command = files.command_line(tmp_path, config, connector.catalog("users"))
        ended = files.run(command, [record(), state(1)], config["api_key"], env=environment)
        assert sandbox.counts() == {}
    assert ended.code == 1
    assert "not signed by an authority that this machine trusts" in error_of(ended)[1]


def test_no_line_of_the_connector_turns_the_verification_off() -> None:
    sources = list(Path(destination_keen.__file__).parent.rglob("*.py"))
    assert len(sources) > 20
    assert [source.name for source in sources if NO_VERIFICATION.search(source.read_text())] == []


def test_the_configuration_is_read_once_and_nothing_is_left_on_disk(
    tmp_path: Path, client: dict[str, str], collection: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "sitecustomize.py").write_text(AUDIT)
    path = os.pathsep.join([str(tmp_path), *filter(None, [client.get("PYTHONPATH"), os.environ.get("PYTHONPATH")])])
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(home))
    # The interpreter's own cache of compiled modules is not the connector's.
    environment = {**os.environ, **places, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    with Sandbox(tmp_path) as sandbox:
        command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
        lines = [record(collection, i=0), state(1, collection)]
        ended = files.run(command, lines, sandbox.config["api_key"], env=environment, cwd=home)
    assert (ended.code, len(ended.states)) == (0, 1)
    audited = ended.stderr.decode().splitlines()
    assert audited.count(f"read {tmp_path / 'config'}") == 1
    assert [line for line in audited if not line.startswith("read ")] == []
    assert list(home.iterdir()) == []


def test_no_key_follows_a_broker_that_sends_clients_elsewhere_unencrypted(
    tmp_path: Path, client: dict[str, str], collection: str
) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps({"advertise": ELSEWHERE, "faults": []}))
    with Sandbox(tmp_path, "--faults", str(script)) as sandbox:
        command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
        ended = files.run(command, [record(collection, i=0)], MASTER_KEY, env={**os.environ, **client})
    (error,) = ended.errors
    assert (ended.code, error["failure_type"]) == (1, "config_error")
    assert "192.0.2.77, where SASL_PLAINTEXT would carry the key unencrypted" in error["message"]
