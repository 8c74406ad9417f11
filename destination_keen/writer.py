"""The pump: reads lines, sends each record as an event, and lets a state go once all before it is delivered."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from destination_keen.catalog import Stream
from destination_keen.config import Limits
from destination_keen.deadline import Deadline
from destination_keen.envelope import DATA
from destination_keen.errors import DestinationError, InternalError, MalformedInputError
from destination_keen.interruption import Interruption
from destination_keen.lanes import Lanes
from destination_keen.ledger import Ledger
from destination_keen.pace import Pace
from destination_keen.producer import Producer
from destination_keen.protocol import Descriptor, Record, State, StreamStatus, decode
from destination_keen.report import Report
from destination_keen.states import with_stats

logger = logging.getLogger(__name__)

# How long the pump waits at a time while nothing more can be sent.
_PAUSE = 0.01
# What is still in flight after a failed delivery gets this long to come in.
_AFTER_FAILURE = 2.0


class Writer:
    """One run: the streams of the catalog, a producer, and the ledger between them."""

    def __init__(
        self, streams: dict[Descriptor, Stream], producer: Producer, limits: Limits, interruption: Interruption
    ) -> None:
        self._streams = streams
        self._producer = producer
        self._limits = limits
        self._ledger = Ledger()
        self._lanes = Lanes(streams, self._ledger, producer)
        self._report = Report(streams.values(), self._ledger, limits.progress_interval)
        self._interruption = interruption
        self._lines = self._bytes = 0
        self._pace = Pace(limits.delivery_timeout)
        self._seen_delivered = 0
        self._patience = Deadline(limits.patience)

    def run(self, chunks: Iterable[list[bytes]]) -> Iterator[list[bytes]]:
        """Read all lines and yield the lines of the states that may leave, as soon as they may.

        Yields empty lists as well: the caller has the turn at least with every chunk.

        Raises:
            DestinationError: not everything was delivered. The states that could leave have been yielded.
        """
        failure: DestinationError | None = None
        self._report.plan()
        try:
            yield from self._pump(chunks)
            yield from self._drain()
        except DestinationError as error:
            failure = error
        except BrokenPipeError:
            raise
        except Exception as error:
            failure = InternalError.unexpected(error)
        if failure is not None:
            logger.info("Stopping: waiting for what is in flight.")
            # A producer that has failed in a way nobody foresaw may do so again.
            with suppress(Exception):
                self._settle()
            yield self._release()
        self._report.summary()
        if failure is not None:
            raise failure

    def _pump(self, chunks: Iterable[list[bytes]]) -> Iterator[list[bytes]]:
        lanes = self._lanes.by_head
        for lines in chunks:
            for line in lines:
                lane = lanes.get(line[: line.find(DATA)]) if lanes else None
                value = None if lane is None else lane.alike(line)
                if lane is None or value is None:
                    try:
                        message = decode(line)
                        if not isinstance(message, Record):
                            self._note(message)
                            continue
                        lane, value = self._lanes.encode(message, line)
                    except ValueError:
                        raise self._malformed(lines, line) from None
                lane.share.sent += 1
                while not lane.send(value):
                    yield self._wait()
            self._lines += len(lines)
            self._bytes += sum(map(len, lines))
            while self._ledger_is_full or self._is_ahead:
                yield self._wait()
            yield self._tick()

    def _drain(self) -> Iterator[list[bytes]]:
        while self._ledger.in_flight:
            yield self._wait()
        yield self._release()

    def _settle(self) -> None:
        deadline = Deadline(self._limits.shutdown_grace)
        while self._producer.in_flight and not deadline.passed:
            self._producer.poll(_PAUSE)
            if self._producer.failure is not None and deadline.seconds > _AFTER_FAILURE:
                deadline = Deadline(_AFTER_FAILURE)

    def _tick(self) -> list[bytes]:
        if not self._producer.in_flight:
            self._patience = Deadline(self._limits.patience)
        return self._turn(0.0)

    def _wait(self) -> list[bytes]:
        delivered = self._ledger.delivered().total()
        if delivered != self._seen_delivered:
            self._seen_delivered = delivered
            self._patience = Deadline(self._limits.patience)
        elif self._patience.passed:
            raise self._producer.stalled(self._limits.patience)
        return self._turn(_PAUSE)

    def _turn(self, seconds: float) -> list[bytes]:
        self._interruption.check()
        self._producer.poll(seconds)
        if self._producer.failure is not None:
            raise self._producer.failure
        self._report.progress()
        return self._release()

    def _release(self) -> list[bytes]:
        states = self._ledger.release()
        self._report.states_released += len(states)
        return states

    @property
    def _ledger_is_full(self) -> bool:
        ledger, limits = self._ledger, self._limits
        return ledger.waiting_states > limits.waiting_states or ledger.waiting_bytes > limits.waiting_state_bytes

    @property
    def _is_ahead(self) -> bool:
        return not self._pace.allows(self._lines, self._bytes, self._producer.in_flight)

    def _stats(self, descriptor: Descriptor | None) -> dict[str, Any]:
        closed = list(self._streams.values())
        if descriptor is not None:
            closed = [self._streams[descriptor]] if descriptor in self._streams else []
            for stream in closed:
                stream.states += 1
        claimed = sum((stream.claim() for stream in closed), Counter[str]())
        stats: dict[str, Any] = {"recordCount": float(claimed.pop("recordCount", 0))}
        return {**stats, "additionalStats": dict(claimed)} if claimed else stats

    def _note(self, message: State | StreamStatus | None) -> None:
        if isinstance(message, State):
            self._report.states_received += 1
            self._ledger.close(with_stats(message, self._stats(message.descriptor)))
            self._lanes.clear()
        elif message is not None and message.descriptor in self._streams:
            self._streams[message.descriptor].status = message.status

    def _malformed(self, lines: list[bytes], line: bytes) -> MalformedInputError:
        # Equal lines fail alike, so the first of them is the one.
        number = self._lines + lines.index(line) + 1
        return MalformedInputError(
            f"Line {number} of the input ({len(line):,} bytes) is not a valid Airbyte message. This is a"
            " fault of the source. Look at the source's log, or sync without the stream that the line belongs to."
        )
