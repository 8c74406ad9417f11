"""Whether a long sync stays as cheap as a short one, and how much memory is held while the brokers are down."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster import Cluster
from benchmarks.contenders import Contender, Task
from benchmarks.lines import RECORDS, USUAL, write_block
from benchmarks.measure import Running
from benchmarks.results import Timing
from benchmarks.rounds import Say, send

# Records, and how often so many are sent: the short runs more often, since they vary more.
_LENGTHS = ((100_000, 5), (1_000_000, 3), (5_000_000, 1))
_STOPPED_SECONDS = 20.0
_BEGINNING_SECONDS = 15.0
_MORE_THAN_FITS = 50


def growth(contender: Contender, size: float, say: Say) -> list[Timing]:
    """Send more and more records of the usual kind in one run, in turns.

    Args:
        contender: who sends.
        size: factor of the number of records; 1 goes up to 5,000,000.
        say: is told how it goes on.

    Returns:
        A timing for each number of records, the smallest first.
    """
    lengths = {max(1, round(records * size / RECORDS)): times for records, times in _LENGTHS}
    timings = {blocks: Timing(contender.name, blocks * RECORDS, [], []) for blocks in lengths}
    with TemporaryDirectory(prefix="benchmark-") as name, Cluster(Path(name)) as cluster:
        block = write_block(USUAL, Path(name))
        send(contender, block, 1, cluster, Path(name))
        for number in range(max(lengths.values())):
            for blocks in (blocks for blocks, times in lengths.items() if number < times):
                timing = timings[blocks]
                timing.start_ups.append(send(contender, block, 0, cluster, Path(name)))
                timing.runs.append(send(contender, block, blocks, cluster, Path(name)))
                say(f"growth: {timing.records:,} records: {timing.rates()[-1]:,.0f} records/s")
    return list(timings.values())


def peaks_while_stopped(contenders: Sequence[Contender], say: Say) -> dict[str, int]:
    """Kill the broker under a sync at full speed, and see how much memory it takes while it waits.

    Returns:
        The largest resident set in bytes, by contender.

    Raises:
        RuntimeError: a contender did not begin to deliver.
    """
    peaks = {}
    for contender in contenders:
        with TemporaryDirectory(prefix="benchmark-") as name, Cluster(Path(name)) as cluster:
            block = write_block(USUAL, Path(name))
            command = contender.command(Task(cluster, block, Path(name), block.lines * _MORE_THAN_FITS))
            with Running(command, [block.path] * _MORE_THAN_FITS, seconds=_STOPPED_SECONDS) as running:
                deadline = time.monotonic() + _BEGINNING_SECONDS
                while b'"STATE"' not in running.printed():
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"{contender.name} delivered nothing: {running.printed().decode()[-3000:]}")
                    time.sleep(0.05)
                cluster.kill()
                peaks[contender.name] = running.end().peak_bytes
        say(f"broker stopped: {contender.name}: {peaks[contender.name] / 1e6:.0f} MB")
    return peaks
