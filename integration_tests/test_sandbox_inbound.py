"""Kafka clients produce to `keen-sandbox`, and what it acknowledged it keeps."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.producer import ProduceRequest
from kafka.record import MemoryRecordsBuilder

from integration_tests import UnavailableError, do_without
from integration_tests.fetched import require_command
from integration_tests.sandbox import COMMAND, FREE_PORTS, MASTER_KEY, PROJECT, READ_KEY, SECONDS, WRITE_KEY, Sandbox
from integration_tests.sandbox_clients import Session, kcat, producer
from integration_tests.waiting import until
from keen_sandbox.certificate import make_certificate


@pytest.fixture
def needs_kcat() -> None:
    try:
        require_command("kcat", "is one of the clients", "kcat")
    except UnavailableError as reason:
        do_without(reason)


@pytest.mark.parametrize("security", [(), ("--tls",)], ids=["plain", "tls"])
@pytest.mark.parametrize("compression", [None, "gzip", "lz4", "zstd"])
def test_what_kafka_python_produces_arrives(tmp_path: Path, security: tuple[str, ...], compression: str | None) -> None:
    with Sandbox(tmp_path, *security) as sandbox:
        with producer(sandbox, compression_type=compression, enable_idempotence=True) as client:
            sent = [client.send("orders", b'{"n":%d}' % n) for n in range(2000)]
            client.flush(SECONDS)
            assert [one.get(SECONDS).offset for one in sent] == list(range(2000))
        assert sandbox.counts() == {"orders": (2000, 0)}


@pytest.mark.usefixtures("needs_kcat")
@pytest.mark.parametrize(
    ("compression", "idempotence", "security"),
    [
        ("none", "false", ()),
        ("gzip", "true", ()),
        ("lz4", "true", ()),
        ("zstd", "true", ()),
        ("lz4", "true", ("--tls",)),
    ],
)
def test_what_kcat_produces_arrives(
    tmp_path: Path, compression: str, idempotence: str, security: tuple[str, ...]
) -> None:
    with Sandbox(tmp_path, *security) as sandbox:
        events = "".join(f'{{"n":{n}}}\n' for n in range(500))
        sent = kcat(sandbox, events, "-z", compression, "-X", f"enable.idempotence={idempotence}")
        assert (sent.returncode, sent.stderr) == (0, "")
        assert sandbox.counts() == {"orders": (500, 0)}


@pytest.mark.usefixtures("needs_kcat")
def test_kcat_with_a_wrong_key_is_told_so(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        sent = kcat(sandbox, '{"n":1}\n', key="no-such-key")
        assert sent.returncode != 0
        assert "Authentication failed: the project ID or the key is wrong" in sent.stderr
        assert sandbox.counts() == {}
        assert "no-such-key" not in sandbox.log.read_text()


@pytest.mark.usefixtures("needs_kcat")
def test_kcat_without_the_certificate_does_not_get_in(tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(make_certificate().pem)
    with Sandbox(tmp_path, "--tls") as sandbox:
        sent = kcat(sandbox, '{"n":1}\n', "-X", f"ssl.ca.location={stranger}")
        assert "certificate verify failed" in sent.stderr
        until(lambda: "closed: TLS failed" in sandbox.log.read_text())


@pytest.mark.parametrize(
    ("user", "key", "error"),
    [(PROJECT, WRITE_KEY, 0), (PROJECT, MASTER_KEY, 0), (PROJECT, READ_KEY, 58), ("other", MASTER_KEY, 58)],
)
def test_a_login_is_granted_to_the_keys_that_may_write(tmp_path: Path, user: str, key: str, error: int) -> None:
    with Sandbox(tmp_path) as sandbox, Session(sandbox) as session:
        assert session.log_in(user, key).error_code == error


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
            with Session(sandbox) as session:
                session.log_in(PROJECT, WRITE_KEY)
                session.ask(MetadataRequest(version=4, topics=[asked], allow_auto_topic_creation=True))
                answer = session.ask(ProduceRequest(version=8, acks=-1, timeout_ms=1000, topic_data=[topic]))
                (place,) = answer.responses[0].partition_responses
                assert (place.error_code, place.base_offset) == (0, 0)
        assert sandbox.counts() == {"orders": (2, 0)}


def test_an_event_that_breaks_a_rule_is_acknowledged_and_dropped(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        with producer(sandbox) as client:
            assert client.send("orders", b"not an object").get(SECONDS).offset == 0
            assert client.send("orders", b'{"n":1}').get(SECONDS).offset == 1
        assert sandbox.counts() == {"orders": (1, 1)}


@pytest.mark.parametrize(
    ("number", "security"), [(signal.SIGTERM, ()), (signal.SIGTERM, ("--tls",)), (signal.SIGINT, ())]
)
def test_everything_acknowledged_is_there_at_the_next_start(
    tmp_path: Path, number: signal.Signals, security: tuple[str, ...]
) -> None:
    data = ("--data", str(tmp_path / "events.duckdb"), *security)
    with Sandbox(tmp_path, *data, "--ingest-delay", "600") as sandbox, producer(sandbox) as client:
        for n in range(1000):
            client.send("orders", b'{"n":%d}' % n)
        client.flush(SECONDS)
        status = sandbox.status()
        assert (status["backlog"], status["collections"]) == (1000, {})
        assert sandbox.end(number) == 0
    assert all(line.startswith("keen-sandbox: inbound: ") for line in sandbox.log.read_text().splitlines())
    with Sandbox(tmp_path, *data) as sandbox:
        assert sandbox.counts() == {"orders": (1000, 0)}


def test_a_disk_that_is_full_ends_it_with_a_sentence_and_spares_what_was_stored(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "events.duckdb"))
    with Sandbox(tmp_path, *data) as sandbox, producer(sandbox) as client:
        client.send("orders", b'{"n":1}').get(SECONDS)
        assert sandbox.counts() == {"orders": (1, 0)}
        resource.prlimit(sandbox.process.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
        client.send("orders", b'{"n":[%s]}' % b",".join([b"123456789"] * 50_000)).get(SECONDS)
        assert sandbox.process.wait(SECONDS) == 2
    said = sandbox.log.read_text()
    assert "Traceback" not in said
    sentence = said.splitlines()[-1]
    assert sentence.startswith("keen-sandbox: The event store cannot be written: ")
    assert "File too large. Make room for it" in sentence
    with Sandbox(tmp_path, *data) as sandbox:
        assert sandbox.counts() == {"orders": (1, 0)}


def faults(directory: Path, *entries: dict[str, object]) -> tuple[str, str]:
    file = directory / "faults.json"
    file.write_text(json.dumps({"faults": entries}))
    return "--faults", str(file)


PASSING_ERRORS: tuple[dict[str, object], ...] = (
    {"request": "produce", "times": "all", "delay": 0.01},
    {"request": "produce", "from": 2, "times": 2, "error": "NOT_ENOUGH_REPLICAS"},
    {"request": "produce", "from": 5, "error": "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "keep": True},
)
# kcat gives up by itself when its only broker hangs up.
LOST_CONNECTIONS: tuple[dict[str, object], ...] = (
    {"request": "produce", "from": 7, "reply": "close"},
    {"request": "produce", "from": 9, "reply": "close", "keep": False},
)


def test_kafka_python_gets_over_faults_without_a_duplicate(tmp_path: Path) -> None:
    with Sandbox(tmp_path, *faults(tmp_path, *PASSING_ERRORS, *LOST_CONNECTIONS)) as sandbox:
        with producer(sandbox, enable_idempotence=True, batch_size=500) as client:
            sent = [client.send("orders", b'{"n":%d}' % n) for n in range(500)]
            client.flush(SECONDS)
            assert [one.get(SECONDS).offset for one in sent] == list(range(500))
        assert sandbox.counts() == {"orders": (500, 0)}
        said = sandbox.log.read_text()
        for number in (2, 3, 4, 5):
            assert f"inbound: produce meets fault 1, fault {number} of the script" in said


@pytest.mark.usefixtures("needs_kcat")
def test_kcat_gets_over_faults_without_a_duplicate(tmp_path: Path) -> None:
    with Sandbox(tmp_path, *faults(tmp_path, *PASSING_ERRORS)) as sandbox:
        events = "".join(f'{{"n":{n}}}\n' for n in range(500))
        options = ("enable.idempotence=true", "batch.num.messages=20", "message.timeout.ms=20000")
        sent = kcat(sandbox, events, *[word for option in options for word in ("-X", option)])
        assert sent.returncode == 0, sent.stderr
        assert sandbox.counts() == {"orders": (500, 0)}
        assert "inbound: produce meets fault 1, fault 3 of the script" in sandbox.log.read_text()


def test_a_key_may_be_revoked_while_a_client_produces(tmp_path: Path) -> None:
    revoked = {"request": "sasl_authenticate", "after_produce": 1, "times": "all", "error": 58, "message": "revoked"}
    with Sandbox(tmp_path, *faults(tmp_path, revoked)) as sandbox, producer(sandbox) as client:
        client.send("orders", b"{}").get(SECONDS)
        with Session(sandbox) as session:
            answer = session.log_in(PROJECT, MASTER_KEY)
            assert (answer.error_code, answer.error_message) == (58, "revoked")


def test_a_script_that_cannot_be_played_is_refused_at_the_start(tmp_path: Path) -> None:
    script = faults(tmp_path, {"request": "produce", "delay": 1}, {"request": "produce", "error": "NO_SUCH_ERROR"})
    command = [COMMAND, "serve", *FREE_PORTS, *script]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "fault 2: Kafka has no error of the name NO_SUCH_ERROR" in ended.stderr
