"""Where the connector's own time goes: the line of code that runs, asked again and again."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.lines import USUAL, write_block
from benchmarks.measure import Running
from benchmarks.results import Share

_BLOCKS = 30
_LINES_SHOWN = 15
_LEAST_SHOWN = 0.005


def profile(size: float) -> tuple[list[Share], list[Share]]:
    """Send records of the usual kind nowhere and sample what runs.

    Args:
        size: factor of the number of records; 1 is 600,000.

    Returns:
        The shares of modules, and those of the lines of code that take most; the largest first.
    """
    with TemporaryDirectory(prefix="benchmark-") as name:
        block, found = write_block(USUAL, Path(name)), Path(name, "profile.json")
        command = [sys.executable, "-m", "benchmarks.nowhere", str(block.catalog), str(found)]
        with Running(command, [block.path] * max(1, round(_BLOCKS * size))) as running:
            running.end()
        samples = json.loads(found.read_text())
    modules, lines = Counter[str](), Counter[str]()
    for module, line, count in samples:
        modules[module] += count
        lines[f"{module}: {line}"] += count
    return _shares(modules), _shares(lines)[:_LINES_SHOWN]


def _shares(counts: Counter[str]) -> list[Share]:
    total = counts.total()
    return [Share(place, n / total) for place, n in counts.most_common() if n / total >= _LEAST_SHOWN]
