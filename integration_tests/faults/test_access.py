"""What the project may do changes while a sync runs, or was wrong from the beginning."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from destination_keen.config import Limits
from integration_tests import UnavailableError, connector, do_without
from integration_tests.apache_kafka.access import forbidden
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.faults.conftest import Started
from integration_tests.faults.oracle import Watch
from integration_tests.faults.sync import LIMITS, error_of

REFUSED = 'rejected the \\"Project ID\\" or the \\"Master API Key\\"'
PROBE_SECONDS = 10.0


@pytest.fixture(scope="module")
def impatient() -> Iterator[ApacheKafka]:
    """A broker that wants to be logged in to anew every other second, and closes what is idle for that long."""
    with TemporaryDirectory(prefix="apache-kafka-") as directory:
        try:
            broker = ApacheKafka(Path(directory), connections_max_reauth_ms="2000", connections_max_idle_ms="2000")
        except UnavailableError as reason:
            do_without(reason)
        with broker:
            yield broker


@pytest.mark.parametrize("wrong", [{"api_key": "an0ther-key"}, {"project_id": "another-project"}])
def test_a_login_that_is_refused_is_said_at_once(
    apache_kafka: ApacheKafka, start: Started, collection: str, wrong: dict[str, Any]
) -> None:
    with start(apache_kafka.connector_config() | wrong, collection, limits=Limits()) as sync:
        ended = sync.ends(apache_kafka.read, 1)
    kind, said = error_of(ended)
    assert kind == "config_error"
    assert REFUSED in said
    sync.watch.assert_bounded(2**40, PROBE_SECONDS)


def test_a_check_of_a_wrong_key_fails_at_once(apache_kafka: ApacheKafka) -> None:
    config = apache_kafka.connector_config() | {"api_key": "an0ther-key"}
    with connector.started("check", config) as running:
        watch = Watch(running)
        ended = running.wait()
    assert ended.status["status"] == "FAILED"
    assert ended.status["message"].startswith('Keen rejected the "Project ID" or the "Master API Key".')
    watch.assert_bounded(2**40, PROBE_SECONDS)


def test_i7_logins_and_connections_that_run_out_are_renewed(
    impatient: ApacheKafka, start: Started, collection: str
) -> None:
    with start(impatient.connector_config(), collection) as sync:
        for _ in range(25):
            sync.has_confirmed(sync.feed(500))
            time.sleep(0.1)
        time.sleep(3.0)
        sync.has_confirmed(sync.feed(500))
        sync.ends(impatient.read)


def test_a_key_that_is_changed_while_a_sync_runs_is_a_config_error(
    impatient: ApacheKafka, start: Started, collection: str
) -> None:
    with start(impatient.connector_config(), collection) as sync:
        sync.has_confirmed(sync.feed(500))
        impatient.stop()
        impatient.change_key(f"{impatient.api_key}9")
        impatient.start()
        sync.feed(500)
        ended = sync.ends(impatient.read, 1)
    kind, said = error_of(ended)
    assert kind == "config_error"
    assert REFUSED in said


def test_a_permission_that_is_withdrawn_while_a_sync_runs_is_a_config_error(
    apache_kafka: ApacheKafka, start: Started, collection: str
) -> None:
    other = f"other-{collection}"
    with start(apache_kafka.connector_config(), collection, other) as sync:
        sync.has_confirmed(sync.feed(500))
        sync.has_confirmed(sync.feed(500, other))
        with forbidden(apache_kafka.project_id, collection, apache_kafka.internal):
            given = sync.feed(500, other)
            sync.has_confirmed(given)
            sync.watch.mark()
            sync.feed(500)
            ended = sync.ends(apache_kafka.read, 1)
    assert len(ended.states) == given
    kind, said = error_of(ended)
    assert kind == "config_error"
    assert f'write to the collection \\"{collection}\\"' in said
    sync.watch.assert_bounded(2**40, LIMITS.delivery_timeout)


def test_a_permission_that_was_never_there_is_a_config_error(
    apache_kafka: ApacheKafka, start: Started, collection: str
) -> None:
    other = {"project_id": apache_kafka.other_id, "api_key": apache_kafka.other_key}
    with start(apache_kafka.connector_config() | other, collection) as sync:
        sync.feed(500)
        ended = sync.ends(apache_kafka.read, 1)
    kind, said = error_of(ended)
    assert kind == "config_error"
    assert f'write to the collection \\"{collection}\\"' in said
