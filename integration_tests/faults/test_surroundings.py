"""What is around a sync: names, addresses, other syncs, and the client that is installed or not."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.faults.conftest import Started
from integration_tests.faults.sync import error_of
from integration_tests.sandbox import Sandbox

NO_NAME = "no-such-host.invalid:9092"


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def test_one_bootstrap_server_of_three_is_enough(
    apache_kafka: ApacheKafka, start: Started, collection: str, closed_port: int
) -> None:
    config = apache_kafka.connector_config()
    config["delivery"]["bootstrap_servers"] = f"{NO_NAME},localhost:{closed_port},{apache_kafka.sasl_ssl}"
    with start(config, collection) as sync:
        sync.feed(500)
        sync.ends(apache_kafka.read)


def test_no_bootstrap_server_of_two_is_a_failure_that_names_them(
    apache_kafka: ApacheKafka, start: Started, collection: str, closed_port: int
) -> None:
    config = apache_kafka.connector_config()
    config["delivery"]["bootstrap_servers"] = f"{NO_NAME},localhost:{closed_port}"
    with start(config, collection) as sync:
        ended = sync.ends(apache_kafka.read, 1)
    kind, said = error_of(ended)
    assert kind == "transient_error"
    assert "no-such-host.invalid" in said
    assert f"localhost:{closed_port}" in said


def test_a_broker_that_gives_an_address_where_nobody_is_is_named(
    tmp_path: Path, start: Started, closed_port: int
) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps({"advertise": f"localhost:{closed_port}", "faults": []}))
    with Sandbox(tmp_path, "--faults", str(script)) as sandbox, start(sandbox.config, "users") as sync:
        ended = sync.ends(lambda _: [], 1)
    kind, said = error_of(ended)
    assert kind == "transient_error"
    assert f"The login works, but the brokers' own addresses (localhost:{closed_port}) cannot be reached." in said


def test_two_syncs_of_one_project_do_not_disturb_each_other(
    apache_kafka: ApacheKafka, start: Started, collection: str
) -> None:
    config = apache_kafka.connector_config()
    with start(config, collection) as one, start(config, f"{collection}-2") as other, start(config, collection) as dead:
        for sync in (one, other):
            sync.has_confirmed(sync.feed(500))
        dead.running.process.kill()
        for sync in (one, other):
            sync.has_confirmed(sync.feed(500))
            sync.ends(apache_kafka.read)


def test_without_librdkafka_the_sync_takes_kafka_python_and_says_so(
    apache_kafka: ApacheKafka, start: Started, client: dict[str, str], collection: str
) -> None:
    with start(apache_kafka.connector_config(), collection) as sync:
        sync.feed(500)
        ended = sync.ends(apache_kafka.read)
    said = [line for line in ended.logs if "sending with kafka-python" in line]
    assert len(said) == (1 if client else 0)
