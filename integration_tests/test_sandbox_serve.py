"""`keen-sandbox` as a process: real clients produce to it, and what it acknowledged it keeps."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.codec import has_zstd
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.parser import KafkaProtocol
from kafka.protocol.producer import ProduceRequest
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest
from kafka.record import MemoryRecordsBuilder

COMMAND = str(Path(sys.executable).with_name("keen-sandbox"))
KEYS = ("--project-id", "project", "--master-key", "master", "--write-key", "write", "--read-key", "read")
FREE_PORTS = ("--kafka-port", "0", "--http-port", "0")
SECONDS = 30.0


class Sandbox:
    """A `keen-sandbox serve` of its own on free ports, ended when the block is left."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.log = folder / "stderr"
        with self.log.open("a") as stderr:
            self.process = subprocess.Popen(
                [COMMAND, "serve", *KEYS, *FREE_PORTS, *options], stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.ready: dict[str, Any] = json.loads(line)
        self.authority = folder / "ca.pem"
        self.authority.write_text(self.ready.get("ca_certificate", ""))

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def status(self) -> Any:
        with urllib.request.urlopen(f"{self.ready['page']}sandbox/status", timeout=SECONDS) as answer:
            return json.load(answer)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Give events and dropped events by collection once everything that was accepted has been looked at."""
        end = time.monotonic() + SECONDS
        while self.status()["backlog"]:
            assert time.monotonic() < end, "the backlog does not shrink"
            time.sleep(0.02)
        collections = self.status()["collections"]
        return {name: (one["events"], one["dropped"]) for name, one in collections.items()}

    def producer(self, **options: Any) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self.ready["bootstrap_servers"],
            security_protocol=self.ready["security_protocol"],
            ssl_cafile=str(self.authority),
            sasl_mechanism="PLAIN",
            sasl_plain_username="project",
            **{"sasl_plain_password": "master", "acks": "all", "linger_ms": 20, **options},
        )

    def kcat(self, lines: str, *options: str, key: str = "write") -> subprocess.CompletedProcess[str]:
        tls = ("-X", f"ssl.ca.location={self.authority}") if "ca_certificate" in self.ready else ()
        security = self.ready["security_protocol"]
        login = ("-X", "sasl.mechanisms=PLAIN", "-X", "sasl.username=project", "-X", f"sasl.password={key}")
        where = ("-b", self.ready["bootstrap_servers"], "-X", f"security.protocol={security}")
        command = ["kcat", "-P", *where, *login, *tls, "-X", "message.timeout.ms=5000", *options]
        return subprocess.run(command, input=lines, text=True, capture_output=True, timeout=SECONDS, check=False)


class Session:
    """A connection that speaks the protocol message by message."""

    def __init__(self, sandbox: Sandbox) -> None:
        host, port = sandbox.ready["bootstrap_servers"].split(":")
        self.socket = socket.create_connection((host, int(port)), SECONDS)
        self.protocol = KafkaProtocol()

    def ask(self, request: Any) -> Any:
        self.protocol.send_request(request)
        self.socket.sendall(self.protocol.send_bytes())
        while not (answers := self.protocol.receive_bytes(self.socket.recv(65536))):
            pass
        return answers[0][1]

    def log_in(self, user: str, key: str) -> Any:
        self.ask(SaslHandshakeRequest(version=1, mechanism="PLAIN"))
        token = f"\0{user}\0{key}".encode()
        return self.ask(SaslAuthenticateRequest(version=1, auth_bytes=token))


@pytest.fixture
def kcat() -> None:
    """The test needs kcat."""
    if shutil.which("kcat") is None:
        missing = "kcat is not installed (Debian: apt-get install kcat)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.mark.parametrize("security", [(), ("--tls",)], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "compression",
    [
        None,
        "gzip",
        "lz4",
        pytest.param("zstd", marks=pytest.mark.skipif(not has_zstd(), reason="the package zstandard is not installed")),
    ],
)
def test_what_kafka_python_produces_arrives(tmp_path: Path, security: tuple[str, ...], compression: str | None) -> None:
    with Sandbox(tmp_path, *security) as sandbox:
        with sandbox.producer(compression_type=compression, enable_idempotence=True) as producer:
            sent = [producer.send("orders", b'{"n":%d}' % n) for n in range(2000)]
            producer.flush(SECONDS)
            assert [one.get(SECONDS).offset for one in sent] == list(range(2000))
        assert sandbox.counts() == {"orders": (2000, 0)}


@pytest.mark.usefixtures("kcat")
@pytest.mark.parametrize(
    ("compression", "idempotence", "security"),
    [("none", "false", ()), ("gzip", "true", ()), ("lz4", "true", ()), ("lz4", "true", ("--tls",))],
)
def test_what_kcat_produces_arrives(
    tmp_path: Path, compression: str, idempotence: str, security: tuple[str, ...]
) -> None:
    with Sandbox(tmp_path, *security) as sandbox:
        options = ("-t", "orders", "-z", compression, "-X", f"enable.idempotence={idempotence}")
        sent = sandbox.kcat("".join(f'{{"n":{n}}}\n' for n in range(500)), *options)
        assert (sent.returncode, sent.stderr) == (0, "")
        assert sandbox.counts() == {"orders": (500, 0)}


@pytest.mark.usefixtures("kcat")
def test_kcat_with_a_wrong_key_is_told_so(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        sent = sandbox.kcat('{"n":1}\n', "-t", "orders", key="no-such-key")
        assert sent.returncode != 0
        assert "Authentication failed: the project ID or the key is wrong" in sent.stderr
        assert sandbox.counts() == {}
        assert "no-such-key" not in sandbox.log.read_text()


@pytest.mark.usefixtures("kcat")
def test_kcat_without_the_certificate_does_not_get_in(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--tls") as sandbox:
        sandbox.authority = Path("/etc/ssl/certs/ca-certificates.crt")
        sent = sandbox.kcat('{"n":1}\n', "-t", "orders")
        assert "certificate verify failed" in sent.stderr
        assert "closed: TLS failed" in sandbox.log.read_text()


@pytest.mark.parametrize(
    ("user", "key", "error"),
    [("project", "write", 0), ("project", "master", 0), ("project", "read", 58), ("other", "master", 58)],
)
def test_a_login_is_granted_to_the_keys_that_may_write(tmp_path: Path, user: str, key: str, error: int) -> None:
    with Sandbox(tmp_path) as sandbox:
        assert Session(sandbox).log_in(user, key).error_code == error


def test_a_repeated_batch_is_stored_once(tmp_path: Path) -> None:
    builder = MemoryRecordsBuilder(2, 0, 1 << 20, producer_id=1, producer_epoch=0, base_sequence=0)
    for value in (b'{"n":1}', b'{"n":2}'):
        builder.append(timestamp=1, key=None, value=value)
    builder.close()
    partition = ProduceRequest.TopicProduceData.PartitionProduceData(index=0, records=bytes(builder.buffer()))
    topic = ProduceRequest.TopicProduceData(name="orders", partition_data=[partition])
    asked = MetadataRequest.MetadataRequestTopic(name="orders")
    with Sandbox(tmp_path) as sandbox:
        for _ in range(2):
            session = Session(sandbox)
            session.log_in("project", "write")
            session.ask(MetadataRequest(version=4, topics=[asked], allow_auto_topic_creation=True))
            answer = session.ask(ProduceRequest(version=8, acks=-1, timeout_ms=1000, topic_data=[topic]))
            (place,) = answer.responses[0].partition_responses
            assert (place.error_code, place.base_offset) == (0, 0)
        assert sandbox.counts() == {"orders": (2, 0)}


def test_an_event_that_breaks_a_rule_is_acknowledged_and_dropped(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        with sandbox.producer() as producer:
            assert producer.send("orders", b"not an object").get(SECONDS).offset == 0
            assert producer.send("orders", b'{"n":1}').get(SECONDS).offset == 1
        assert sandbox.counts() == {"orders": (1, 1)}


@pytest.mark.parametrize(
    ("number", "security"), [(signal.SIGTERM, ()), (signal.SIGTERM, ("--tls",)), (signal.SIGINT, ())]
)
def test_everything_acknowledged_is_there_at_the_next_start(
    tmp_path: Path, number: signal.Signals, security: tuple[str, ...]
) -> None:
    data = ("--data", str(tmp_path / "events.duckdb"), *security)
    with Sandbox(tmp_path, *data, "--ingest-delay", "600") as sandbox, sandbox.producer() as producer:
        for n in range(1000):
            producer.send("orders", b'{"n":%d}' % n)
        producer.flush(SECONDS)
        status = sandbox.status()
        assert (status["backlog"], status["collections"]) == (1000, {})
        assert sandbox.end(number) == 0
    assert all(line.startswith("keen-sandbox: inbound: ") for line in sandbox.log.read_text().splitlines())
    with Sandbox(tmp_path, *data) as sandbox:
        assert sandbox.counts() == {"orders": (1000, 0)}


def test_the_ready_line_names_every_end_point_and_key(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        ready = dict(sandbox.ready)
        kafka = int(ready.pop("bootstrap_servers").removeprefix("localhost:"))
        http = int(ready["page"].removeprefix("http://localhost:").removesuffix("/"))
        assert kafka != http
        assert ready == {
            "ready": True,
            "project_id": "project",
            "master_key": "master",
            "write_key": "write",
            "read_key": "read",
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
    with Sandbox(tmp_path, "--config-out", str(file), *security) as sandbox:
        delivery = {
            "method": "kafka",
            "bootstrap_servers": sandbox.ready["bootstrap_servers"],
            "security_protocol": "SASL_SSL" if security else "SASL_PLAINTEXT",
        }
        if security:
            delivery["ca_certificate"] = sandbox.ready["ca_certificate"]
        assert json.loads(file.read_text()) == {
            "project_id": "project",
            "api_key": "master",
            "delivery": delivery,
            "api_url": sandbox.ready["api_url"],
        }
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["ca.pem", "config.json", "stderr"]


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
        with sandbox.producer() as producer:
            for value in (b'{"n":1}', b'{"n":2}', b"[]"):
                producer.send("orders", value)
        assert sandbox.counts() == {"orders": (2, 1)}
        port = sandbox.ready["page"].rstrip("/").rpartition(":")[2]
        for where in (("--http-port", port), ("--url", sandbox.ready["page"])):
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
