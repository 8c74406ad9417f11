"""The network between the connector and a broker breaks, in every way that a network breaks."""

from __future__ import annotations

from typing import Any

import pytest

from destination_keen.config import Limits
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.faults.conftest import Started
from integration_tests.faults.proxy import Proxy
from integration_tests.faults.sync import error_of


def test_i9_a_connection_that_is_reset_costs_nothing(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    with start(proxied, collection) as sync:
        sync.has_confirmed(sync.feed(1_000))
        sync.feed(20_000)
        proxy.reset()
        sync.feed(20_000)
        sync.until(lambda: proxy.connections > 0)
        proxy.reset()
        sync.feed(10)
        sync.ends(apache_kafka.read)


def test_i9_requests_that_are_cut_in_the_middle_are_sent_again(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    with start(proxied, collection) as sync:
        sync.has_confirmed(sync.feed(1))
        proxy.cut_after = 50_000
        sync.feed(20_000)
        sync.until(lambda: proxy.cut_after is None)
        sync.ends(apache_kafka.read)


def test_i9_records_whose_acknowledgement_is_lost_arrive_once(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    with start(proxied, collection) as sync:
        sync.has_confirmed(sync.feed(100))
        proxy.loses_answers = True
        sync.feed(100)
        sync.until(lambda: len(apache_kafka.read(collection)) == 200)
        assert sync.states == 1
        proxy.loses_answers = False
        proxy.reset()
        sync.ends(apache_kafka.read)


def test_an_outage_shorter_than_the_delivery_timeout_is_waited_out(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    limits = Limits(delivery_timeout=60.0, patience=65.0)
    with start(proxied, collection, limits=limits) as sync:
        sync.has_confirmed(sync.feed(1_000))
        proxy.down()
        sync.feed(10_000)
        sync.until(lambda: any("tried again" in line.decode() for line in sync.running.lines()))
        proxy.up()
        sync.ends(apache_kafka.read)


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_i3_i5_and_i6_an_outage_that_lasts_ends_the_sync(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str, how: str
) -> None:
    with start(proxied, collection) as sync:
        sync.has_confirmed(sync.feed(1_000))
        if how == "refused":
            proxy.down()
        else:
            proxy.silent = True
        sync.watch.mark()
        for _ in range(11):
            sync.feed(10_000, pad=600)
        ended = sync.ends(apache_kafka.read, 1)
        proxy.silent = False
    assert [each["id"] for each in ended.states] == [1]
    kind, said = error_of(ended)
    assert kind == "transient_error"
    assert f"(localhost:{proxy.port}) took no record for" in said


def test_a_silence_that_ends_in_time_costs_nothing(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    with start(proxied, collection) as sync:
        sync.has_confirmed(sync.feed(1_000))
        proxy.silent = True
        given = sync.feed(10_000)
        sync.until(lambda: proxy.connections > 0)
        proxy.silent = False
        sync.has_confirmed(given)
        sync.ends(apache_kafka.read)


def test_i7_a_connection_that_was_closed_while_the_source_was_idle_is_made_anew(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    with start(proxied, collection) as sync:
        sync.has_confirmed(sync.feed(10))
        proxy.reset()
        sync.has_confirmed(sync.feed(10))
        sync.ends(apache_kafka.read)


def test_a_slow_network_slows_the_sync_and_nothing_else(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    proxy.latency = 0.15
    with start(proxied, collection, limits=Limits(delivery_timeout=60.0, patience=65.0)) as sync:
        sync.has_confirmed(sync.feed(1_000))
        sync.feed(15_000)
        sync.ends(apache_kafka.read)


def test_i6_records_do_not_time_out_because_the_network_is_slow(
    apache_kafka: ApacheKafka, proxy: Proxy, proxied: dict[str, Any], start: Started, collection: str
) -> None:
    with start(proxied, collection) as sync:
        sync.has_confirmed(sync.feed(1_000))
        proxy.bytes_per_second = 1_000_000
        for _ in range(18):
            sync.feed(1_000, pad=800)
        sync.ends(apache_kafka.read)
