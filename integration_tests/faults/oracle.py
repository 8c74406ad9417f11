"""The one judgement of every sync, whatever was done to it: what went in, what came out and what arrived agree.

A record is told by its collection and by the number that its data holds in "i". Records go to collections of their
stream's own name, and states carry their number as "id".
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from integration_tests.connector import Ended, Running

Numbered = tuple[str, int]
"""A record: its collection and its number."""

PEAK_BYTES = 150 * 1024 * 1024
"""The most memory that a sync may take while the brokers answer."""
PEAK_BYTES_STOPPED = 250 * 1024 * 1024
"""The most memory that a sync may take while they do not, and everything that may be in flight is."""

_GENEROSITY = 10
_SAMPLE_SECONDS = 0.02


def judge(
    lines: Sequence[bytes],
    ended: Ended,
    arrived: Mapping[str, Iterable[bytes]],
    *,
    repeats: bool = False,
    cut_off: bool = False,
) -> None:
    """Hold one run to the promises that every run is under.

    Args:
        lines: the input, valid RECORD and STATE lines. Of what was never read, nothing has to come out.
        ended: how the run ended. The search for secrets and content is done where it is made.
        arrived: the values that another consumer read from each collection.
        repeats: earlier runs, or a client without idempotence, may have sent the same records.
        cut_off: the run had no chance to say why it ended (SIGKILL, or a second signal).

    Raises:
        AssertionError: a promise is broken. Names it.
    """
    came_in, went_out = _states(lines), [each["id"] for each in ended.states]
    assert went_out == came_in[: len(went_out)], "I2: the states are not those that came, in order and once"
    there = Counter(numbered(arrived))
    assert not confirmed(lines, len(went_out)) - there.keys(), "I1: a state came out before a record that it covers"
    assert not there.keys() - set(records(lines)), "something arrived that was not sent"
    if not repeats:
        assert not {key: count for key, count in there.items() if count > 1}, "I9: a record arrived twice"
    if ended.code == 0:
        assert ended.errors == [], "I4: success with an error"
        assert went_out == came_in, "I4: success, and a state is missing"
        assert not set(records(lines)) - there.keys(), "I3: success, and a record is missing"
    else:
        assert len(ended.errors) == (0 if cut_off else 1), "I3: a failure has one error trace"
    assert ended.stderr == b"", "something was said on stderr"


def records(lines: Iterable[bytes]) -> list[Numbered]:
    """The records among lines of input, in order."""
    messages = (json.loads(line) for line in lines if b'"RECORD"' in line)
    return [(each["record"]["stream"], each["record"]["data"]["i"]) for each in messages]


def confirmed(lines: Iterable[bytes], states: int) -> set[Numbered]:
    """The records that come before the state number `states` of the input, counted from 1; none for 0."""
    before: list[bytes] = []
    seen = 0
    for line in lines:
        if seen == states:
            break
        before.append(line)
        seen += b'"STATE"' in line
    return set(records(before)) if states else set()


def numbered(arrived: Mapping[str, Iterable[bytes]]) -> list[Numbered]:
    """The records that events were made of, collection by collection in the order of reading."""
    return [(collection, json.loads(value)["i"]) for collection, values in arrived.items() for value in values]


def _states(lines: Iterable[bytes]) -> list[int]:
    return [json.loads(line)["state"]["id"] for line in lines if b'"STATE"' in line]


class Watch:
    """Follows a run from outside: the most memory it had, and how long it took to end after `mark`."""

    def __init__(self, running: Running) -> None:
        self.peak_bytes = 0
        self.seconds = 0.0
        """From the last `mark`, or the beginning, to the end of the process; complete once that has ended."""
        self._status = Path(f"/proc/{running.process.pid}/status")
        self._marked = time.monotonic()
        threading.Thread(target=self._follow, daemon=True).start()

    def mark(self) -> None:
        """Measure the time from here: a fault has begun."""
        self._marked = time.monotonic()

    def assert_bounded(self, peak_bytes: int, seconds: float) -> None:
        """Hold the run to a bound on memory, and to ten times a bound on time, because test machines are busy.

        Raises:
            AssertionError: it took more.
        """
        assert 0 < self.peak_bytes < peak_bytes, f"I5: {self.peak_bytes / 2**20:.0f} MiB of memory"
        assert self.seconds < seconds * _GENEROSITY, f"I6: {self.seconds:.1f} s to end"

    def _follow(self) -> None:
        while peak := self._peak():
            self.peak_bytes = max(self.peak_bytes, peak)
            self.seconds = time.monotonic() - self._marked
            time.sleep(_SAMPLE_SECONDS)

    def _peak(self) -> int:
        try:
            text = self._status.read_text()
        except OSError:
            return 0
        # A process that has ended and was not waited for has no memory.
        return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM:")), 0)
