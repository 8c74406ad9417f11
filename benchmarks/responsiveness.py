"""How soon a state comes back, and how soon the command is there at all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import NamedTuple

from benchmarks.cluster import Cluster
from benchmarks.contenders import Contender, Task
from benchmarks.lines import RECORDS_PER_STATE, USUAL, Block, state, write_block
from benchmarks.measure import ROOT, Running
from benchmarks.results import Latency

_STATES = 40
_RECORDS_PER_TICK = 1_000
_TICK_SECONDS = 0.05
_SILENCE_SECONDS = 0.5
_STARTS = 5


class _Part(NamedTuple):
    """Lines to write after a pause of so many seconds, and whether a state follows them."""

    pause: float
    lines: list[bytes]
    closes: bool


def latencies(contender: Contender) -> list[Latency]:
    """Time the way of states through a sync that is fed at a steady pace, and through one that is nearly silent."""
    with TemporaryDirectory(prefix="benchmark-") as name, Cluster(Path(name)) as cluster:
        block = write_block(USUAL, Path(name))
        command = contender.command(Task(cluster, block, Path(name), block.lines))
        loads = {
            f"{_RECORDS_PER_TICK / _TICK_SECONDS:,.0f} records a second, a state every {RECORDS_PER_STATE:,}": _steady(
                block
            ),
            f"one record and a state, then {_SILENCE_SECONDS:g} s of silence": _silent(block),
        }
        return [Latency(load, _follow(command, feed)) for load, feed in loads.items()]


def start_up_seconds() -> dict[str, float]:
    """The time that `spec` takes, which is that of loading the program, for the connector and the stock connector."""
    connector = [str(Path(sys.executable).with_name("destination-keen")), "spec"]
    stock = [sys.executable, "-m", "benchmarks.stock_connector", "spec"]
    commands = {"destination-keen spec": connector, "stock connector spec": stock}
    return {name: median(_seconds(command) for _ in range(_STARTS)) for name, command in commands.items()}


def _seconds(command: list[str]) -> float:
    with Running(command, []) as running:
        return running.end().seconds


def _records(block: Block) -> list[bytes]:
    lines = block.path.read_bytes().splitlines(keepends=True)
    return [line for line in lines if line.startswith(b'{"type":"RECORD"')][:RECORDS_PER_STATE]


def _steady(block: Block) -> Iterator[_Part]:
    records = _records(block)
    for _ in range(_STATES):
        for start in range(0, RECORDS_PER_STATE, _RECORDS_PER_TICK):
            end = start + _RECORDS_PER_TICK
            yield _Part(_TICK_SECONDS, records[start:end], closes=end == RECORDS_PER_STATE)


def _silent(block: Block) -> Iterator[_Part]:
    for record in _records(block)[:_STATES]:
        yield _Part(_SILENCE_SECONDS, [record], closes=True)


def _follow(command: list[str], feed: Iterable[_Part]) -> list[float]:
    """Write what the feed gives, each part after its pause, and time the states from going in to coming out."""
    stream = next(iter(USUAL.streams))
    given: list[float] = []
    taken: list[float] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        reader = Thread(target=_note, args=(process.stdout, taken))
        reader.start()
        try:
            assert process.stdin is not None
            due = time.monotonic()
            for part in feed:
                due += part.pause
                time.sleep(max(0.0, due - time.monotonic()))
                process.stdin.write(b"".join(part.lines))
                if part.closes:
                    given.append(time.monotonic())
                    process.stdin.write(state(stream, len(given)).encode() + b"\n")
                process.stdin.flush()
            process.stdin.close()
        finally:
            reader.join()
    if len(given) != len(taken):
        raise RuntimeError(f"Of {len(given)} states {len(taken)} came back.")
    return [out - back for back, out in zip(given, taken, strict=True)]


def _note(stdout: Iterable[bytes], taken: list[float]) -> None:
    taken.extend(time.monotonic() for line in stdout if b'"STATE"' in line)
