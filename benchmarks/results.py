"""What was measured, as it is kept in `docs/benchmarks.json`: plain figures, from which the pages are made."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import msgspec


class Cost(msgspec.Struct):
    """One run of one command: wall and CPU seconds of the whole process, and its peak memory.

    `broker_cpu_seconds` is what the brokers used meanwhile, `stored_bytes` what their logs grew by. The latter is what
    went over the wire, but for some bytes per request, times the number of replicas.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    broker_cpu_seconds: float = 0.0
    stored_bytes: int = 0


class Timing(msgspec.Struct):
    """A contender on one kind of lines: its runs, and as many of the same command without input."""

    contender: str
    records: int
    runs: list[Cost]
    start_ups: list[Cost]

    def rates(self) -> list[float]:
        """Records a second of each run, start-up excluded."""
        before = median(each.seconds for each in self.start_ups)
        return [self.records / (each.seconds - before) for each in self.runs]

    @property
    def rate(self) -> float:
        """Records a second, start-up excluded."""
        return median(self.rates())

    @property
    def cpu(self) -> float:
        """CPU seconds for a record, start-up excluded."""
        before = median(each.cpu_seconds for each in self.start_ups)
        return (median(each.cpu_seconds for each in self.runs) - before) / self.records

    @property
    def broker_cpu(self) -> float:
        """CPU seconds of the brokers for a record."""
        return median(each.broker_cpu_seconds for each in self.runs) / self.records

    @property
    def stored(self) -> float:
        """Bytes for a record in the brokers' logs."""
        return median(each.stored_bytes for each in self.runs) / self.records

    @property
    def peak(self) -> int:
        """The largest resident set of any run, in bytes."""
        return max(each.peak_bytes for each in self.runs)


class Row(msgspec.Struct):
    """One kind of lines, with the average bytes of a line and of the data in it, and every contender."""

    kind: str
    line_bytes: int
    data_bytes: int
    timings: list[Timing]

    def of(self, contender: str) -> Timing | None:
        """The timing of a contender, or None where it did not run."""
        return next((each for each in self.timings if each.contender == contender), None)

    def ratio(self, one: str, other: str) -> tuple[float, float, float] | None:
        """How many times as fast `one` is as `other`: median, least and greatest over the rounds."""
        ours, theirs = self.of(one), self.of(other)
        if ours is None or theirs is None:
            return None
        ratios = [mine / yours for mine, yours in zip(ours.rates(), theirs.rates(), strict=True)]
        return median(ratios), min(ratios), max(ratios)


class Latency(msgspec.Struct):
    """Seconds from a state's arrival on standard input to its leaving, under one kind of load."""

    load: str
    seconds: list[float]


class Share(msgspec.Struct):
    """A place in the code and its part of the CPU time in which it, and nothing that it calls, was running."""

    place: str
    share: float


class SideBySide(msgspec.Struct):
    """Several connectors at once into a cluster of three: all their records, from the first start to the last end."""

    connectors: int
    records: int
    seconds: float
    cpu_seconds: float
    broker_cpu_seconds: float


class Results(msgspec.Struct):
    """All of one `make bench`. What was not measured is empty."""

    when: str = ""
    machine: dict[str, str] = {}
    rows: list[Row] = []
    growth: list[Timing] = []
    stopped: dict[str, int] = {}
    latencies: list[Latency] = []
    start_ups: dict[str, float] = {}
    modules: list[Share] = []
    source_lines: list[Share] = []
    side_by_side: list[SideBySide] = []

    def row(self, kind: str) -> Row | None:
        """The row of a kind of lines, or None where it was not measured."""
        return next((each for each in self.rows if each.kind == kind), None)


def load(path: Path) -> Results:
    """Read what an earlier run kept; nothing where there is none."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else Results()


def save(results: Results, path: Path) -> None:
    """Keep results for the pages, laid out for reading."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
