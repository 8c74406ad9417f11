"""Several connectors at once into a cluster of three brokers, with all of them on this one machine."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster import Cluster
from benchmarks.contenders import Contender, Task
from benchmarks.lines import RECORDS, USUAL, write_block
from benchmarks.measure import Running
from benchmarks.results import SideBySide
from benchmarks.rounds import Say, send

NODES = 3
_CONNECTORS = (1, 2, 4)
_BLOCKS = 16


def together(contender: Contender, size: float, say: Say) -> list[SideBySide]:
    """Let one, two and four connectors send the same number of records each, all started at once.

    Args:
        contender: the connector.
        size: factor of the number of records; 1 is 320,000 for each.
        say: is told how it goes on.

    Raises:
        RuntimeError: one failed, or not everything arrived.
    """
    blocks, found = max(1, round(_BLOCKS * size)), []
    with TemporaryDirectory(prefix="benchmark-") as name, Cluster(Path(name), NODES) as cluster:
        block = write_block(USUAL, Path(name))
        command = contender.command(Task(cluster, block, Path(name), block.lines * blocks))
        send(contender, block, 1, cluster, Path(name))
        for connectors in _CONNECTORS:
            before, cpu, began = cluster.count(block.streams), cluster.cpu_seconds(), time.perf_counter()
            with ExitStack() as stack:
                running = [stack.enter_context(Running(command, [block.path] * blocks)) for _ in range(connectors)]
                costs = [each.end() for each in running]
            seconds, records = time.perf_counter() - began, connectors * blocks * RECORDS
            if cluster.count(block.streams) - before < records:
                raise RuntimeError(f"{connectors} connectors side by side lost events")
            used, brokers = sum(each.cpu_seconds for each in costs), cluster.cpu_seconds() - cpu
            found.append(SideBySide(connectors, records, seconds, used, brokers))
            say(f"{connectors} connectors into {NODES} brokers: {records / seconds:,.0f} records/s")
    return found
