"""Looks for a line of input that breaks `unit_tests.whole_line`, guided by the code that each line reaches.

Needs atheris (a package for Linux), which is not among the development tools:

    .venv/bin/python -m pip install atheris
    mkdir -p /tmp/corpus
    .venv/bin/python -m fuzz.lines /tmp/corpus -max_total_time=600 -max_len=4096

The corpus keeps the lines that reached something new, and a second run goes on from there. A line that breaks the
property ends the run and is written to a file whose name begins with `crash-`; what it does is seen again with
`python -m fuzz.lines FILE`, and as an `@example` it belongs into `unit_tests/test_fuzz_lines.py`.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["destination_keen"]):
    from unit_tests.whole_line import check


def one_line(data: bytes) -> None:
    """Check one input, without the line breaks that would make several lines of it."""
    check(data.replace(b"\n", b" "))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_line)
    atheris.Fuzz()
