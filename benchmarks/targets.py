"""The targets of the connector's speed and memory, held against results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.contenders import JAVA, KAFKA_PYTHON, KCAT, LANES, LIBRDKAFKA, STOCK
from benchmarks.lines import USUAL
from benchmarks.results import Results


@dataclass(frozen=True)
class Target:
    """A figure to reach: at least `least` if more is better, else at most; `aim` is what is hoped for."""

    name: str
    least: float
    aim: float
    measured: Callable[[Results], float | None]
    more_is_better: bool = True

    def verdict(self, results: Results) -> str:
        """Say how it came out, and by how much it was missed."""
        value = self.measured(results)
        if value is None:
            return "not measured"
        if self._reached(value, self.aim):
            return "aim reached"
        if self._reached(value, self.least):
            return "reached"
        return f"missed by {abs(value - self.least) / self.least:.0%}"

    def missed(self, results: Results) -> bool:
        """Whether it was measured and missed."""
        value = self.measured(results)
        return value is not None and not self._reached(value, self.least)

    def _reached(self, value: float, goal: float) -> bool:
        return value >= goal if self.more_is_better else value <= goal


def _ratio(one: str, other: str) -> Callable[[Results], float | None]:
    def measured(results: Results) -> float | None:
        row = results.row(USUAL.name)
        ratio = row.ratio(one, other) if row else None
        return ratio[0] if ratio else None

    return measured


def _peak(results: Results) -> float | None:
    lanes = [row.of(lane) for row in results.rows for lane in LANES]
    return max((each.peak / 1e6 for each in [*lanes, *results.growth] if each), default=None)


def _stopped(results: Results) -> float | None:
    return max((peak / 1e6 for peak in results.stopped.values()), default=None)


def _growth(results: Results) -> float | None:
    return results.growth[-1].cpu / results.growth[0].cpu if results.growth else None


TARGETS = (
    Target("librdkafka lane against `kcat -P`", 0.25, 0.4, _ratio(LIBRDKAFKA, KCAT)),
    Target("librdkafka lane against Kafka's performance producer", 0.8, 1.2, _ratio(LIBRDKAFKA, JAVA)),
    Target("librdkafka lane against the stock connector", 15, 25, _ratio(LIBRDKAFKA, STOCK)),
    Target("kafka-python lane against the stock connector", 2, 3, _ratio(KAFKA_PYTHON, STOCK)),
    Target("peak memory of any lane, MB", 150, 100, _peak, more_is_better=False),
    Target("peak memory of any lane while the broker is down, MB", 250, 150, _stopped, more_is_better=False),
    Target("CPU per record in the longest sync against the shortest", 1.05, 1.0, _growth, more_is_better=False),
)
