"""The figures of `docs/scale.md`: what large loads cost, reckoned from results and from published limits."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from benchmarks.contenders import LANES
from benchmarks.lines import USUAL
from benchmarks.results import Results, Row, SideBySide, Timing
from benchmarks.side_by_side import NODES
from benchmarks.template import fill, table
from destination_keen.config import Limits

_FIRST_LOAD_BYTES = 10e12
_HOUR, _DAY = 3_600, 86_400
_GIGABIT = 1e9
# What a value in flight counts for besides its own bytes, with the client that remembers most of it.
_REMEMBERED_BYTES = 1_000

# Keen's API reference and price list, as quoted by others in 2026.
_EVENTS_PER_DOLLAR = 5_000
_LIMITS_OF_KEEN = (
    ("events a month in the smaller published plan", 250_000),
    ("events that one deletion of a whole collection may remove", 1_000_000),
    ("events that one extraction may look at", 1_000_000),
    ("events a month in the larger published plan", 3_500_000),
    ("events that one asynchronous extraction may look at", 10_000_000),
)


def page(results: Results) -> str:
    """Make the text of the page."""
    row = results.row(USUAL.name)
    lane = next(filter(None, map(row.of, LANES)), None) if row else None
    figures = {"usual": USUAL.name, "nodes": str(NODES), "cores": results.machine.get("cores", "")}
    if row and lane:
        figures |= {"events": _events(results), "first_load": _first_load(results), **_at_full_speed(row, lane)}
    if results.growth:
        first, last = results.growth[0], results.growth[-1]
        figures |= {"fewest_records": f"{first.records:,}", "most_records": f"{last.records:,}"}
        figures["growth"] = f"{last.cpu / first.cpu:.2f}"
    if results.side_by_side:
        rows = [_together(each) for each in results.side_by_side]
        figures["side_by_side"] = table(("connectors", "records/s, all", "cores, connectors", "cores, brokers"), rows)
    return fill("scale.md", figures)


def _sent(results: Results) -> Iterator[tuple[str, Row, Timing]]:
    for row in results.rows:
        for timing in filter(None, map(row.of, LANES)):
            yield f"{row.kind}, {timing.contender.rpartition(' ')[2]}", row, timing


def _events(results: Results) -> str:
    rows = []
    for name, row, timing in _sent(results):
        # Microseconds for one are seconds for a million, and bytes for one are megabytes.
        cpu = [f"{timing.cpu * 1e6:.1f}", f"{timing.broker_cpu * 1e6:.1f}"]
        sizes = [f"{row.line_bytes:,} MB", f"{timing.stored:,.0f} MB"]
        rows.append([name, _duration(1e6 / timing.rate), *cpu, *sizes, _duration(1e9 / timing.rate)])
    headings = ("", "1 million takes", "CPU s", "brokers' CPU s", "read", "on the wire", "1 billion takes")
    return table(headings, rows)


def _first_load(results: Results) -> str:
    rows = []
    for name, row, timing in _sent(results):
        events = _FIRST_LOAD_BYTES / row.line_bytes
        seconds = events / timing.rate
        sizes = [f"{events / 1e9:,.1f} billion", f"{events * timing.stored / 1e12:.1f} TB"]
        rows.append(
            [name, *sizes, _duration(seconds), f"{events * timing.cpu / _HOUR:,.0f}", str(ceil(seconds / _DAY))]
        )
    headings = ("", "events", "on the wire", "one connection takes", "CPU hours", "connections to do it in a day")
    return table(headings, rows)


def _together(each: SideBySide) -> list[str]:
    cores = [f"{each.cpu_seconds / each.seconds:.2f}", f"{each.broker_cpu_seconds / each.seconds:.2f}"]
    return [str(each.connectors), f"{each.records / each.seconds:,.0f}", *cores]


def _at_full_speed(row: Row, lane: Timing) -> dict[str, str]:
    limits = Limits()
    megabits = lane.rate * lane.stored * 8 / 1e6
    held = min(limits.in_flight_records, limits.in_flight_bytes // (row.data_bytes + _REMEMBERED_BYTES))
    patience = f"in the way where an acknowledgement takes {held / lane.rate * 1e3:,.0f} ms"
    saturation = [
        ["the connector's CPU", f"{lane.rate * lane.cpu:.2f} cores", "one thread of Python, and those of the client"],
        ["its input", f"{lane.rate * row.line_bytes / 1e6:,.0f} MB/s", "more than most sources give"],
        ["the network", f"{megabits:,.0f} Mbit/s", f"{megabits * 1e6 / _GIGABIT:.0%} of a gigabit"],
        ["the brokers' CPU", f"{lane.rate * lane.broker_cpu:.2f} cores", "without replicas"],
        ["the bound on what is in flight", f"{held:,} records", patience],
    ]
    keen = [[name, f"{events:,}", _duration(events / lane.rate)] for name, events in _LIMITS_OF_KEEN]
    keen.append(["events recorded in a minute", "none published", "never"])
    events = _FIRST_LOAD_BYTES / row.line_bytes
    return {
        "rate": f"{lane.rate:,.0f}",
        "saturation": table(("", "uses", "that is"), saturation),
        "wire_megabits": f"{megabits:,.0f}",
        "million_an_hour": f"{lane.rate * _HOUR / 1e6:,.0f}",
        "billion_a_day": f"{lane.rate * _DAY / 1e9:,.1f}",
        "keen": table(("limit of Keen", "value", "reached at full speed after"), keen),
        "per_dollar": f"{_EVENTS_PER_DOLLAR:,}",
        "billion_dollars": f"{1e9 / _EVENTS_PER_DOLLAR:,.0f}",
        "first_load_dollars": f"{events / _EVENTS_PER_DOLLAR / 1e6:,.1f}",
    }


def _duration(seconds: float) -> str:
    for unit, length in (("days", _DAY), ("hours", _HOUR), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:,.1f} s"
