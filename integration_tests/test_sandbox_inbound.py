"""Kafka clients produce to `keen-sandbox`, and what it acknowledged it keeps."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.producer import ProduceRequest
from kafka.record import MemoryRecordsBuilder

from integration_tests import UnavailableError, do_without
from integration_tests.fetched import require_command
from integration_tests.sandbox import MASTER_KEY, PROJECT, READ_KEY, SECONDS, WRITE_KEY, Sandbox
from integration_tests.sandbox_clients import Session, kcat, producer
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
        assert "closed: TLS failed" in sandbox.log.read_text()


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
