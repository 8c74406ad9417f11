"""The connector's `write` up to the producer, which here forgets what it is given: what reading and encoding cost.

`python -m benchmarks.nowhere CATALOG [PROFILE]` reads lines on standard input. With PROFILE, a file, it also notes
where the CPU time goes: the line of code that is running, at every tick of the system's clock.
"""

from __future__ import annotations

import json
import linecache
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from destination_keen import catalog
from destination_keen.config import Limits
from destination_keen.interruption import Interruption
from destination_keen.lines import from_descriptor
from destination_keen.producer.memory import MemoryProducer
from destination_keen.writer import Writer

_INTERVAL = 0.001
_STDIN, _STDOUT = 0, 1


class _Nowhere(MemoryProducer):
    def poll(self, seconds: float) -> None:
        super().poll(seconds)
        self.events.clear()


@contextmanager
def _sampled(path: Path | None) -> Iterator[None]:
    if path is None:
        yield
        return
    samples: Counter[tuple[str, int]] = Counter()

    def note(_: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_lineno:
            samples[frame.f_code.co_filename, frame.f_lineno] += 1

    signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    found = [(Path(file).name, linecache.getline(file, line).strip(), n) for (file, line), n in samples.items()]
    path.write_text(json.dumps(found))


def main(configured_catalog: str, profile: str | None = None) -> None:
    """Send standard input nowhere, and the states that come back to standard output."""
    limits = Limits()
    streams = catalog.parse(Path(configured_catalog).read_bytes(), infer_timestamp=True)
    writer = Writer(streams, _Nowhere(), limits, Interruption())
    with _sampled(Path(profile) if profile else None):
        for states in writer.run(from_descriptor(_STDIN, limits.line_bytes)):
            os.write(_STDOUT, b"".join(state + b"\n" for state in states))


if __name__ == "__main__":
    main(*sys.argv[1:])
