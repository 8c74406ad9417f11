"""The comparison: every contender in turns, so that a slow minute of the machine hits them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster import Cluster
from benchmarks.contenders import RAW_TOPIC, Contender, Task
from benchmarks.lines import RECORDS, Block, Kind, write_block
from benchmarks.measure import measure
from benchmarks.results import Cost, Row, Timing

Say = Callable[[str], None]


def compare(kind: Kind, contenders: Sequence[Contender], rounds: int, input_bytes: int, say: Say) -> Row:
    """Measure all contenders on one kind of lines, in another order each round.

    The brokers are new, and warmed up by runs that do not count.

    Args:
        kind: what the lines look like.
        contenders: who is measured.
        rounds: how many runs each contender has.
        input_bytes: about how much input a contender with a share of 1 gets.
        say: is told how it goes on.
    """
    with TemporaryDirectory(prefix="benchmark-") as name:
        directory = Path(name)
        block = write_block(kind, directory)
        timings = {each.name: Timing(each.name, 0, [], []) for each in contenders}
        with Cluster(directory) as cluster:
            for each in contenders:
                send(each, block, 1, cluster, directory)
            for number in range(rounds):
                turn = number % len(contenders)
                for each in (*contenders[turn:], *contenders[:turn]):
                    blocks = max(1, round(each.share * input_bytes / (block.lines * block.line_bytes)))
                    timing = timings[each.name]
                    timing.records = blocks * RECORDS
                    timing.start_ups.append(send(each, block, 0, cluster, directory))
                    timing.runs.append(send(each, block, blocks, cluster, directory))
                    say(
                        f"{kind.name}, round {number + 1} of {rounds}: {each.name}: {timing.rates()[-1]:,.0f} records/s"
                    )
    return Row(kind.name, block.line_bytes, block.data_bytes, list(timings.values()))


def send(contender: Contender, block: Block, blocks: int, cluster: Cluster, directory: Path) -> Cost:
    """Let a contender send a block so many times over; 0 is no input, which shows the start-up.

    Raises:
        RuntimeError: it failed, or not everything arrived.
    """
    lines, records = block.lines * blocks, RECORDS * blocks
    topics, messages = {
        "events": (block.streams, records),
        "lines": ((RAW_TOPIC,), lines),
        "nothing": ((), 0),
    }[contender.sends]
    command = contender.command(Task(cluster, block, directory, lines))
    return measure(command, [block.path] * blocks, cluster, topics, messages)
