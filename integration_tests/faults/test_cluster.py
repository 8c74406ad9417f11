"""Nodes of a cluster of three fail, one and two at a time; topics have three replicas, of which two are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from destination_keen.config import Limits
from integration_tests import UnavailableError, do_without
from integration_tests.apache_kafka.administration import create_topic, leader
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.apache_kafka.node import Node
from integration_tests.faults.conftest import Started
from integration_tests.faults.oracle import numbered
from integration_tests.faults.sync import error_of

PATIENT = Limits(delivery_timeout=45.0, patience=50.0)


@pytest.fixture(scope="module")
def running() -> Iterator[ApacheKafka]:
    with TemporaryDirectory(prefix="apache-kafka-") as directory:
        try:
            cluster = ApacheKafka(Path(directory), nodes=3)
        except UnavailableError as reason:
            do_without(reason)
        with cluster:
            yield cluster


@pytest.fixture
def cluster(running: ApacheKafka) -> Iterator[ApacheKafka]:
    """The cluster, whole again after each test."""
    yield running
    for node in running.nodes:
        node.resume()
    running.start()


def leading(cluster: ApacheKafka, collection: str) -> Node:
    return cluster.nodes[leader(cluster.internal, collection) - 1]


@pytest.mark.parametrize("fail", [Node.kill, Node.pause], ids=["killed", "silent"])
def test_i2_a_leader_that_fails_is_replaced_and_the_order_is_kept(
    cluster: ApacheKafka, start: Started, collection: str, fail: Callable[[Node], None]
) -> None:
    create_topic(cluster.internal, collection)
    with start(cluster.connector_config(), collection, limits=PATIENT) as sync:
        sync.has_confirmed(sync.feed(5_000))
        sync.feed(5_000)
        fail(leading(cluster, collection))
        sync.feed(5_000)
        sync.ends(cluster.read)
    assert numbered({"": cluster.read(collection)}) == [("", i) for i in range(15_000)]


@pytest.mark.soak
def test_i3_too_few_replicas_for_good_end_the_sync(cluster: ApacheKafka, start: Started, collection: str) -> None:
    with start(cluster.connector_config(), collection) as sync:
        sync.has_confirmed(sync.feed(1_000))
        for node in cluster.nodes[:2]:
            node.kill()
        sync.watch.mark()
        sync.feed(1_000)

        def read(collection: str) -> list[bytes]:
            cluster.start()
            return cluster.read(collection, 1_000)

        ended = sync.ends(read, 1)
    kind, said = error_of(ended)
    assert kind == "transient_error"
    assert "took no record for" in said


def test_two_nodes_that_come_back_in_time_cost_nothing(cluster: ApacheKafka, start: Started, collection: str) -> None:
    with start(cluster.connector_config(), collection, limits=PATIENT) as sync:
        sync.has_confirmed(sync.feed(1_000))
        for node in cluster.nodes[:2]:
            node.kill()
        sync.feed(10_000)
        cluster.start()
        sync.ends(cluster.read)
