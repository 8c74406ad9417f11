"""Overwrite cut off while it waits or deletes: nothing new is lost, and the next attempt goes on."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest

from integration_tests.connector import record, started, state
from integration_tests.refreshes import LIMITS, catalog, complete, fill, generations, sync
from integration_tests.sandbox import Sandbox
from integration_tests.waiting import until

SANDBOX_OPTIONS = ("--fast-limits",)
# With ten deletions of ten events in a minute of 0.6 s, 300 events take about 2 s.
SMALL_STEPS = replace(LIMITS, events_per_delete=10)


def test_a_kill_while_old_events_go_leaves_the_new_ones_and_the_next_attempt_goes_on(sandbox: Sandbox) -> None:
    fill(sandbox, "killed", 300)
    with started("write", sandbox.config, catalog("killed", 2, 2, 12), limits=SMALL_STEPS) as running:
        running.write(record("killed"), state(1, "killed"), complete("killed"))
        assert running.process.stdin is not None
        running.process.stdin.close()
        until(lambda: sandbox.stored("killed") < 250)
        running.process.kill()
        running.process.wait()
    left = generations(sandbox, "killed")
    assert left[2] == 1
    assert 1 < left.total() < 302
    assert sync(sandbox, catalog("killed", 2, 2, 12), complete("killed"), limits=SMALL_STEPS).code == 0
    assert generations(sandbox, "killed") == {2: 1}


def test_a_signal_ends_the_deletion_at_once(sandbox: Sandbox) -> None:
    fill(sandbox, "stopped", 300)
    with started("write", sandbox.config, catalog("stopped", 2, 2, 12), limits=SMALL_STEPS) as running:
        running.write(record("stopped"), state(1, "stopped"), complete("stopped"))
        assert running.process.stdin is not None
        running.process.stdin.close()
        until(lambda: sandbox.stored("stopped") < 250)
        running.process.send_signal(signal.SIGTERM)
        ended = running.wait()
    assert (ended.code, [each["id"] for each in ended.states]) == (143, [1])
    left = generations(sandbox, "stopped")
    assert left[2] == 1
    assert left.total() > 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_end_while_keen_is_still_storing_deletes_nothing(
    tmp_path_factory: pytest.TempPathFactory, number: signal.Signals
) -> None:
    directory = tmp_path_factory.mktemp("slow")
    data = ("--data", str(directory / "keen.duckdb"))
    with Sandbox(directory, *data) as quick:
        fill(quick, "slow")
        assert quick.end() == 0
    with Sandbox(directory, *data, "--ingest-delay", "3600") as slow:
        with started("write", slow.config, catalog("slow", 2, 2, 12)) as running:
            running.write(record("slow"), state(1, "slow"), complete("slow"))
            assert running.process.stdin is not None
            running.process.stdin.close()
            until(lambda: any(b"Waiting until Keen has stored" in line for line in running.lines()))
            running.process.send_signal(number)
            ended = running.wait()
        assert ended.code == {signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
        assert [each["id"] for each in ended.states] == [1]
        assert slow.stored("slow") == 4


def test_at_no_moment_a_reader_sees_less_than_the_old_or_the_new_events(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = tmp_path_factory.mktemp("delayed")
    seen = set()
    with Sandbox(directory, "--ingest-delay", "1") as sandbox:
        fill(sandbox, "delayed", 5)
        with started("write", sandbox.config, catalog("delayed", 2, 2, 12)) as running:
            running.write(*[record("delayed")] * 5, complete("delayed"))
            assert running.process.stdin is not None
            running.process.stdin.close()
            while running.process.poll() is None:
                seen.add(sandbox.stored("delayed"))
            assert running.wait().code == 0
        assert generations(sandbox, "delayed") == {2: 5}
    assert min(seen) >= 5
    assert max(seen) > 6
