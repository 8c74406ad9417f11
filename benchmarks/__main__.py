"""`make bench`: measure everything, print how it goes, and write the pages and figures under docs/."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from benchmarks import page, scale
from benchmarks.contenders import LANES, Contender, contenders, lane
from benchmarks.endurance import growth, peaks_while_stopped
from benchmarks.hot_path import profile
from benchmarks.lines import KINDS, USUAL
from benchmarks.machine import describe
from benchmarks.measure import ROOT
from benchmarks.responsiveness import latencies, start_up_seconds
from benchmarks.results import Results, load, save
from benchmarks.rounds import Say, compare
from benchmarks.side_by_side import together
from integration_tests import UnavailableError

_INPUT_BYTES, _OTHER_INPUT_BYTES = 300e6, 150e6


@dataclass(frozen=True)
class _Options:
    quick: bool
    pages: bool
    rounds: int
    size: float
    docs: Path


def main() -> None:
    """Run the benchmark that the command line asks for."""
    options = _options()
    figures = options.docs / "benchmarks.json"
    if options.pages:
        _write(load(figures), options.docs)
        return
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)

    results = Results(when=datetime.now(timezone.utc).strftime("%Y-%m-%d"), machine=describe())
    everyone = contenders()
    for kind in (USUAL,) if options.quick else KINDS:
        amount = int(options.size * (_INPUT_BYTES if kind == USUAL else _OTHER_INPUT_BYTES))
        row = compare(kind, everyone, options.rounds, amount, say)
        results.rows.append(row)
        print(f"\n{page.comparison(row)}\n", flush=True)
    if options.quick:
        return
    for part in _the_rest(results, everyone, options.size, say):
        save(results, figures)
        say(f"{part}: measured")
    _write(results, options.docs)
    say(f"The pages in {options.docs} are written.")


def _the_rest(results: Results, everyone: list[Contender], size: float, say: Say) -> Iterator[str]:
    lanes = [each for each in everyone if each.name in LANES]
    usual = next(each for each in lanes if each.name == lane())
    yield "all kinds of lines"
    results.growth = growth(usual, size, say)
    yield "long syncs"
    results.stopped = peaks_while_stopped(lanes, say)
    yield "memory while the broker is down"
    results.latencies = latencies(usual)
    results.start_ups = start_up_seconds()
    yield "states and start-up"
    results.modules, results.source_lines = profile(size)
    yield "where the time goes"
    results.side_by_side = together(usual, size, say)
    yield "several connectors"


def _write(results: Results, docs: Path) -> None:
    (docs / "benchmarks.md").write_text(page.page(results))
    if row := results.row(USUAL.name):
        (docs / "benchmarks.svg").write_text(page.picture(row))
    (docs / "scale.md").write_text(scale.page(results))


def _options() -> _Options:
    parser = argparse.ArgumentParser(
        prog="make bench", description="Measure the connector; takes a quarter of an hour."
    )
    parser.add_argument("--quick", action="store_true", help=f"records of {USUAL.name} only, and write no page")
    parser.add_argument(
        "--pages", action="store_true", help="make the pages anew from benchmarks.json, measure nothing"
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender (default: %(default)s)")
    parser.add_argument("--size", type=float, default=1.0, help="factor of all input, to try the benchmark itself")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where the pages are (default: docs)")
    return _Options(**vars(parser.parse_args()))


if __name__ == "__main__":
    try:
        main()
    except UnavailableError as reason:
        sys.exit(str(reason))
