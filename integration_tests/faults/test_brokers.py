"""A broker goes and comes back, runs out of disk, or holds its clients back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from destination_keen.config import Limits
from integration_tests import UnavailableError, do_without
from integration_tests.apache_kafka.administration import add_partitions, create_topic, delete_topic, set_quota
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.faults.conftest import Started
from integration_tests.faults.sync import error_of, syncing

PATIENT = Limits(delivery_timeout=100.0, patience=105.0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    try:
        made = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("only root may mount a small file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_i9_a_broker_that_is_killed_comes_back(apache_kafka: ApacheKafka, start: Started, collection: str) -> None:
    with start(apache_kafka.connector_config(), collection, limits=PATIENT) as sync:
        sync.has_confirmed(sync.feed(5_000))
        sync.feed(20_000)
        apache_kafka.kill()
        sync.feed(20_000)
        apache_kafka.start()
        sync.has_confirmed(sync.feed(5_000))
        sync.ends(apache_kafka.read)


def test_a_topic_that_is_deleted_during_a_sync_is_made_anew(
    apache_kafka: ApacheKafka, start: Started, collection: str
) -> None:
    with start(apache_kafka.connector_config(), collection, limits=PATIENT) as sync:
        sync.has_confirmed(sync.feed(1_000))
        deleted = apache_kafka.read(collection, 1_000)
        delete_topic(apache_kafka.internal, collection)
        sync.feed(1_000)
        sync.ends(lambda name: deleted + apache_kafka.read(name))


def test_partitions_that_are_added_during_a_sync_cost_nothing(
    apache_kafka: ApacheKafka, start: Started, collection: str
) -> None:
    create_topic(apache_kafka.internal, collection)
    with start(apache_kafka.connector_config(), collection) as sync:
        sync.has_confirmed(sync.feed(1_000))
        add_partitions(apache_kafka.internal, collection, 5)
        sync.has_confirmed(sync.feed(5_000))
        sync.ends(apache_kafka.read)


@pytest.mark.soak
def test_a_disk_that_is_full_ends_the_sync(small_disk: Path, collection: str) -> None:
    try:
        broker = ApacheKafka(small_disk)
    except UnavailableError as reason:
        do_without(reason)
    with broker, syncing(broker.connector_config(), collection) as sync:
        sync.has_confirmed(sync.feed(1_000))
        for _ in range(10):
            sync.feed(5_000, pad=1_000)

        def read(collection: str) -> list[bytes]:
            # It has ended itself, and starts on a disk with room.
            subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
            broker.kill()
            broker.start()
            return broker.read(collection)

        ended = sync.ends(read, 1)
    kind, said = error_of(ended)
    assert kind == "transient_error"
    assert "took no record for" in said


def test_a_quota_slows_the_sync_and_nothing_else(apache_kafka: ApacheKafka, start: Started, collection: str) -> None:
    set_quota(apache_kafka.internal, apache_kafka.libs, apache_kafka.project_id, 200_000)
    try:
        with start(apache_kafka.connector_config(), collection, limits=PATIENT) as sync:
            sync.has_confirmed(sync.feed(1))
            sync.watch.mark()
            # A broker takes what ten seconds allow, and then nothing more until the quota is kept.
            sync.has_confirmed(sync.feed(2_000, pad=1_000))
            sync.feed(1_000, pad=1_000)
            sync.ends(apache_kafka.read)
            assert sync.watch.seconds > 2.0, "the quota was not felt"
    finally:
        set_quota(apache_kafka.internal, apache_kafka.libs, apache_kafka.project_id, 1_000_000_000)
