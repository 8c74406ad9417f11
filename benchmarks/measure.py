"""A command fed with lines through a pipe, as Airbyte feeds a destination, and measured from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from benchmarks.cluster import Cluster
from benchmarks.results import Cost

ROOT = Path(__file__).parents[1]

_METER = [sys.executable, "-I", "-S", str(Path(__file__).with_name("meter.py"))]


class Running:
    """A measured run that goes on for the length of a block at most."""

    def __init__(self, command: Sequence[str], lines: Sequence[Path], *, seconds: float = 0.0) -> None:
        """Start it.

        Args:
            command: the command and its arguments; it runs in the project's folder.
            lines: files that it reads one after the other on its standard input.
            seconds: end it by force after so long; 0 is never.
        """
        self._killed = bool(seconds)
        self._directory = TemporaryDirectory(prefix="measured-")
        folder = Path(self._directory.name)
        self._result, self._output, self._errors = folder / "result", folder / "stdout", folder / "stderr"
        feed = ["cat", *map(str, lines)] if lines else ["true"]
        self._feed = subprocess.Popen(feed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with self._output.open("wb") as stdout, self._errors.open("wb") as stderr:
            self._meter = subprocess.Popen(
                [*_METER, str(self._result), str(seconds), *command],
                stdin=self._feed.stdout,
                stdout=stdout,
                stderr=stderr,
                cwd=ROOT,
                start_new_session=True,
            )
        assert self._feed.stdout is not None
        self._feed.stdout.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._meter.poll() is None:
            os.killpg(self._meter.pid, signal.SIGKILL)
            self._meter.wait()
        self._feed.kill()
        self._feed.wait()
        self._directory.cleanup()

    def printed(self) -> bytes:
        """What came out so far on standard output."""
        return self._output.read_bytes()

    def end(self) -> Cost:
        """Wait for the end and give the cost.

        Raises:
            RuntimeError: it failed; carries the end of its output.
        """
        self._meter.wait()
        result = json.loads(self._result.read_text())
        if result.pop("code") != 0 and not self._killed:
            raise RuntimeError(
                f"A measured run failed: {(self.printed() + self._errors.read_bytes())[-3000:].decode()}"
            )
        return Cost(**result)


def measure(
    command: Sequence[str], lines: Sequence[Path], cluster: Cluster, topics: Sequence[str], events: int
) -> Cost:
    """Run a command to its end and make sure that what it was to send has arrived.

    Args:
        command: the command and its arguments.
        lines: files that it reads one after the other.
        cluster: where it sends to.
        topics: the topics that it sends to; none if it sends nowhere.
        events: how many messages are to arrive there.

    Raises:
        RuntimeError: it failed, or fewer arrived.
    """
    before, cpu, stored = cluster.count(topics), cluster.cpu_seconds(), cluster.stored_bytes()
    with Running(command, lines) as running:
        cost = running.end()
    cost.broker_cpu_seconds = cluster.cpu_seconds() - cpu
    arrived = cluster.count(topics) - before
    if topics and arrived < events:
        raise RuntimeError(f"Of {events:,} messages {arrived:,} arrived: {' '.join(command)}")
    cost.stored_bytes = cluster.stored_bytes() - stored
    return cost
