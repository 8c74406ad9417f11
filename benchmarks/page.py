"""The figures of `docs/benchmarks.md`, and its picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from benchmarks.contenders import JAVA, KAFKA_PYTHON, KCAT, LANES, LIBRDKAFKA, MEMORY, STOCK
from benchmarks.lines import RECORDS_PER_STATE, USUAL
from benchmarks.picture import bars
from benchmarks.results import Results, Row, Share, Timing
from benchmarks.targets import TARGETS
from benchmarks.template import fill, table


def page(results: Results) -> str:
    """Make the text of the page."""
    row = results.row(USUAL.name)
    lane = next(filter(None, map(row.of, LANES)), None) if row else None
    alone = row.of(MEMORY) if row else None
    figures = {
        "usual": USUAL.name,
        "per_state": f"{RECORDS_PER_STATE:,}",
        "librdkafka": LIBRDKAFKA,
        "kafka_python": KAFKA_PYTHON,
        "memory": MEMORY,
        "kcat": KCAT,
        "java": JAVA,
        "stock": STOCK,
    }
    if row:
        figures["targets"] = _targets(results)
        figures["comparison"] = comparison(row)
        figures["rates"] = _by_kind(results, "records/s", lambda timing: f"{timing.rate:,.0f}")
        figures["costs"] = _by_kind(results, "CPU µs a record", lambda timing: f"{timing.cpu * 1e6:.1f}")
    if results.growth:
        figures |= {"growth_contender": results.growth[0].contender, "growth": _growth(results.growth)}
    if results.stopped:
        rows = [[name, f"{peak / 1e6:.0f}"] for name, peak in results.stopped.items()]
        figures["stopped"] = table(("", "peak MB"), rows)
    if results.latencies:
        figures |= _responsiveness(results)
    if results.modules and lane and alone:
        figures |= _hot_path(results, lane, alone)
    if results.machine:
        figures["machine"] = table(("", ""), {"measured on": results.when, **results.machine}.items())
    return fill("benchmarks.md", figures)


def picture(row: Row) -> str:
    """Draw the contenders' speed on one kind of lines."""
    timings = sorted(row.timings, key=lambda timing: -timing.rate)
    values = [(each.contender, each.rate, each.contender in LANES) for each in timings]
    return bars(f"Records a second, {row.kind} each", values)


def comparison(row: Row) -> str:
    """Make the table of one kind of lines."""
    headings = ("", "records/s", "CPU µs a record", "peak MB", "start-up s", "against kcat", "against stock")
    return table(headings, [_compared(row, timing) for timing in row.timings])


def _compared(row: Row, timing: Timing) -> list[str]:
    start_up = median(each.seconds for each in timing.start_ups)
    costs = [f"{timing.cpu * 1e6:.1f}", f"{timing.peak / 1e6:.0f}", f"{start_up:.2f}"]
    ratios = [_ratio(row.ratio(timing.contender, other)) for other in (KCAT, STOCK)]
    return [timing.contender, f"{timing.rate:,.0f}", *costs, *ratios]


def _ratio(ratio: tuple[float, float, float] | None) -> str:
    return f"{ratio[0]:.2f} ({ratio[1]:.2f} to {ratio[2]:.2f})" if ratio else "-"


def _targets(results: Results) -> str:
    rows = []
    for target in TARGETS:
        value = target.measured(results)
        measured = "-" if value is None else f"{value:.3g}"
        rows.append([target.name, f"{target.least:g}", f"{target.aim:g}", measured, target.verdict(results)])
    text = table(("", "target", "aim", "measured", "verdict"), rows)
    missed = [target.name for target in TARGETS if target.missed(results)]
    if missed:
        text += (
            f"\n\nMissed: {'; '.join(missed)}. [Where the time goes](#where-the-time-goes) shows what it is spent on."
        )
    return text


def _by_kind(results: Results, unit: str, figure: Callable[[Timing], str]) -> str:
    headings = [unit, *(f"{row.kind} ({row.data_bytes:,} B)" for row in results.rows)]
    rows = []
    for timing in results.rows[0].timings:
        each = (row.of(timing.contender) for row in results.rows)
        rows.append([timing.contender, *(figure(found) if found else "-" for found in each)])
    return table(headings, rows)


def _growth(timings: Sequence[Timing]) -> str:
    rows = [
        [f"{each.records:,}", f"{each.rate:,.0f}", f"{each.cpu * 1e6:.2f}", f"{each.peak / 1e6:.0f}"]
        for each in timings
    ]
    return table(("records", "records/s", "CPU µs a record", "peak MB"), rows)


def _responsiveness(results: Results) -> dict[str, str]:
    rows = [
        [each.load, f"{median(each.seconds) * 1e3:.0f}", f"{max(each.seconds) * 1e3:.0f}", str(len(each.seconds))]
        for each in results.latencies
    ]
    starts = [[name, f"{seconds:.2f}"] for name, seconds in results.start_ups.items()]
    return {
        "latencies": table(("load", "median ms", "longest ms", "states"), rows),
        "start_ups": table(("command", "seconds"), starts),
    }


def _hot_path(results: Results, lane: Timing, alone: Timing) -> dict[str, str]:
    client = lane.cpu - alone.cpu
    return {
        "lane": lane.contender,
        "lane_cpu": f"{lane.cpu * 1e6:.1f}",
        "own_cpu": f"{alone.cpu * 1e6:.1f}",
        "client_cpu": f"{client * 1e6:.1f}",
        "client_share": f"{client / lane.cpu:.0%}",
        "modules": _shares("module", results.modules),
        "source_lines": _shares("line", results.source_lines),
    }


def _shares(heading: str, shares: Sequence[Share]) -> str:
    rows = [[f"`{each.place}`".replace("|", "\\|"), f"{each.share:.1%}"] for each in shares]
    return table((heading, "share"), rows)
