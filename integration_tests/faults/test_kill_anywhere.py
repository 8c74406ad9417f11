"""SIGKILL at random points of a sync, and the next attempt goes on from the last state: nothing is ever missing."""

from __future__ import annotations

import random

import pytest

from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.faults.resumption import Resumption


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_i1_a_sync_that_is_killed_anywhere_loses_nothing_and_repeats_only_what_was_not_confirmed(
    apache_kafka: ApacheKafka, client: dict[str, str], collection: str, kills: int
) -> None:
    seed = random.randrange(10**9)  # noqa: S311 - printed, so that it can be had again
    print(f"Seed of the kills: {seed}")
    sync = Resumption(apache_kafka.connector_config("SASL_PLAINTEXT"), collection, client, seed)
    for _ in range(kills):
        sync.interrupt()
    sync.finish()
    repeats = sync.judge(apache_kafka.read(collection))
    print(f"{kills} kills, {sync.attempts[-1].confirmed} records, {repeats} repeated")
