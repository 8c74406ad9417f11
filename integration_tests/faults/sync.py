"""A sync that a test feeds piece by piece while it breaks something, and that is judged at its end."""

from __future__ import annotations

import json
import os
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from destination_keen.config import Limits
from integration_tests import connector
from integration_tests.connector import Ended, Running
from integration_tests.faults.oracle import PEAK_BYTES, PEAK_BYTES_STOPPED, Watch, judge
from integration_tests.sandbox import Sandbox

LIMITS = Limits(delivery_timeout=6.0, patience=8.0, shutdown_grace=4.0)
"""Short, so that what waits for them stays short."""

_UNTIL_SECONDS = 60.0

Read = Callable[[str], list[bytes]]
"""Reads the values of a collection by another consumer."""


class Sync:
    """A running sync. What it is fed, is written by a thread, so that a sync that does not read blocks no test."""

    def __init__(self, running: Running, limits: Limits, collections: tuple[str, ...]) -> None:
        self.running = running
        self.watch = Watch(running)
        self.lines: list[bytes] = []
        """The input so far."""
        self._limits = limits
        self._collections = collections
        self._numbers = iter(range(10**9))
        self._to_write: queue.SimpleQueue[list[bytes] | None] = queue.SimpleQueue()
        self._writing = threading.Thread(target=self._write, daemon=True)
        self._writing.start()

    def feed(self, count: int, collection: str | None = None, *, pad: int = 100) -> int:
        """Give it records of the first, or another, collection, and a state behind them.

        Returns:
            How many states it has been given so far.
        """
        collection = collection or self._collections[0]
        # Random, so that compression does not make it small.
        lines = [connector.record(collection, i=next(self._numbers), pad=text(pad)) for _ in range(count)]
        given = sum(b'"STATE"' in line for line in self.lines) + 1
        self.put(*lines, connector.state(given, collection))
        return given

    def put(self, *lines: bytes) -> None:
        """Give it lines of input."""
        self.lines += lines
        self._to_write.put(list(lines))

    @property
    def states(self) -> int:
        """How many states came out so far."""
        return sum(b'"STATE"' in line for line in self.running.lines())

    def has_confirmed(self, states: int) -> None:
        """Wait until so many states came out."""
        self.until(lambda: self.states >= states)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition while the sync runs.

        Raises:
            AssertionError: it did not come about in a minute, or the sync ended.
        """
        end = time.monotonic() + _UNTIL_SECONDS
        while not condition():
            assert self.running.process.poll() is None, self.running.wait()
            assert time.monotonic() < end, self.running.lines()
            time.sleep(0.01)

    def ends(self, read: Read, code: int = 0, *, repeats: bool = False) -> Ended:
        """Close its input, wait for its end and hold it to the promises.

        Args:
            read: reads back what arrived.
            code: the exit code that it should have.
            repeats: the client works without idempotence, so there may be some.
        """
        self._to_write.put(None)
        ended = self.running.wait()
        assert ended.code == code, (ended.errors, ended.logs[-3:])
        judge(self.lines, ended, {each: read(each) for each in self._collections}, repeats=repeats)
        if code:
            # The probe may have its say before and after.
            limits = self._limits
            seconds = limits.patience + limits.shutdown_grace + 2 * limits.probe_timeout
            self.watch.assert_bounded(PEAK_BYTES_STOPPED, seconds)
        else:
            assert self.watch.peak_bytes < PEAK_BYTES, f"I5: {self.watch.peak_bytes / 2**20:.0f} MiB of memory"
        return ended

    def _write(self) -> None:
        stdin = self.running.process.stdin
        assert stdin is not None
        with suppress(BrokenPipeError, ValueError):
            while (lines := self._to_write.get()) is not None:
                self.running.write(*lines)
            stdin.close()


@contextmanager
def syncing(
    config: dict[str, Any],
    *collections: str,
    environment: Mapping[str, str] | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Sync]:
    """Run `write` for the length of a block, killed with it."""
    catalog = connector.catalog(*collections)
    environment = {**os.environ, **(environment or {})}
    with connector.started("write", config, catalog, limits=limits, environment=environment) as running:
        yield Sync(running, limits, collections)


def text(size: int) -> str:
    """Random text that compression by lz4 does not make smaller."""
    return random.randbytes(size // 2).hex()  # noqa: S311 - nothing secret


def values(sandbox: Sandbox, collection: str) -> list[bytes]:
    """What a collection holds, as the oracle wants it."""
    return [json.dumps(event).encode() for event in sandbox.events(collection)]


def error_of(ended: Ended) -> tuple[str, str]:
    """The type and the message of the error that a run ended with."""
    (error,) = ended.errors
    return error["failure_type"], json.dumps(error, ensure_ascii=False)
