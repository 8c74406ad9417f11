"""A source that is read again from the last state that came out, as Airbyte does after an attempt was cut off."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from integration_tests import connector
from integration_tests.connector import Running
from integration_tests.waiting import until

_LONGEST_CHECKPOINT = 300
_LONGEST_PAD = 400
_RECORDS_AHEAD = 2_000
_STATES_BEFORE_A_KILL = 6
_SECONDS_BEFORE_A_KILL = 0.06
_SECONDS_OF_A_START = 1.0


@dataclass
class Attempt:
    """One run of the connector: the first record that it was given, and the one after the last that it confirmed."""

    begin: int
    confirmed: int


class Resumption:
    """The attempts of one sync. A record carries its number as "i" and that of its attempt; a state's id is the
    number of the record after it.
    """

    def __init__(self, config: dict[str, Any], collection: str, environment: Mapping[str, str], seed: int) -> None:
        """Prepare a source.

        Args:
            config: the connector's configuration.
            collection: where the records go; it should be empty.
            environment: what is added to the environment of the connector.
            seed: of the points at which attempts are killed, and of the places of the states.
        """
        self.attempts: list[Attempt] = []
        self._config = config
        self._collection = collection
        self._environment = dict(environment)
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - a seed makes it repeatable
        self._given = 0

    def interrupt(self) -> None:
        """Make an attempt, and kill it some time after it has started or after some states have come out.

        Raises:
            AssertionError: it ended by itself, or a state came out that should not.
        """
        states = self._random.randrange(_STATES_BEFORE_A_KILL)
        delay = self._random.uniform(0.0, _SECONDS_BEFORE_A_KILL if states else _SECONDS_OF_A_START)
        with self._attempt(end=None) as running:
            until(lambda: running.process.poll() is not None or _states(running) >= states)
            time.sleep(delay)
            assert running.process.poll() is None, running.wait()
            running.process.kill()
            self._note(running.wait().stdout)

    def finish(self) -> None:
        """Make an attempt that goes on to the end, some records after the last that was ever given.

        Raises:
            AssertionError: it did not succeed, or did not confirm the last record.
        """
        end = self._given + _RECORDS_AHEAD
        with self._attempt(end) as running:
            ended = running.wait()
        assert (ended.code, ended.errors, ended.stderr) == (0, [], b"")
        self._note(ended.stdout)
        assert self.attempts[-1].confirmed == end, "I4: success, and the last record is not confirmed"

    def judge(self, arrived: Iterable[bytes]) -> int:
        """Hold all attempts to what was promised of them.

        Args:
            arrived: the values that another consumer read from the collection.

        Returns:
            How many events repeat a record.

        Raises:
            AssertionError: a record is missing, was confirmed too early, or is there more often than it may.
        """
        events = [json.loads(value) for value in arrived]
        there = Counter((event["attempt"], event["i"]) for event in events)
        assert set(there.values()) == {1}, "I9: a record is there twice from one attempt"
        for number, attempt in enumerate(self.attempts):
            early = [i for i in range(attempt.begin, attempt.confirmed) if (number, i) not in there]
            assert not early, f"I1: attempt {number} confirmed records that are not there: {early[:5]}"
        last: dict[int, int] = {}
        for number, i in sorted(there):
            assert i not in last or i >= self.attempts[last[i]].confirmed, f"record {i} is repeated though confirmed"
            last[i] = number
        assert last.keys() == set(range(self.attempts[-1].confirmed)), "a record is missing"
        return len(events) - len(last)

    @contextmanager
    def _attempt(self, end: int | None) -> Iterator[Running]:
        begin = self.attempts[-1].confirmed if self.attempts else 0
        self.attempts.append(Attempt(begin, begin))
        streams = connector.catalog(self._collection)
        with connector.started("write", self._config, streams, environment=self._environment) as running:
            feeding = threading.Thread(target=self._feed, args=(running, begin, end))
            feeding.start()
            try:
                yield running
            finally:
                running.process.kill()
                feeding.join()

    def _feed(self, running: Running, begin: int, end: int | None) -> None:
        """Write checkpoint after checkpoint, not far ahead of the states that come out."""
        number, states = len(self.attempts) - 1, [begin]
        sizes = random.Random(f"{self._seed} {number}")  # noqa: S311 - a seed makes it repeatable
        assert running.process.stdin is not None
        with suppress(BrokenPipeError), running.process.stdin:
            while end is None or states[-1] < end:
                following = states[-1] + sizes.randint(1, _LONGEST_CHECKPOINT)
                following = following if end is None else min(following, end)
                lines = [self._record(i, number) for i in range(states[-1], following)]
                running.write(*lines, connector.state(following, self._collection))
                states.append(following)
                self._given = max(self._given, following)
                until(lambda: running.process.poll() is not None or _is_near(running, states))

    def _record(self, i: int, attempt: int) -> bytes:
        return connector.record(self._collection, i=i, attempt=attempt, pad="x" * (i * 7_919 % _LONGEST_PAD))

    def _note(self, printed: bytes) -> None:
        # A line that the kill has cut off did not come out.
        lines = printed.split(b"\n")[:-1]
        for number in (json.loads(line)["state"]["id"] for line in lines if b'"STATE"' in line):
            assert number > self.attempts[-1].confirmed, "I2: a state came out of order"
            self.attempts[-1].confirmed = number


def _states(running: Running) -> int:
    return sum(b'"STATE"' in line for line in running.lines())


def _is_near(running: Running, states: list[int]) -> bool:
    return states[-1] - states[_states(running)] < _RECORDS_AHEAD
