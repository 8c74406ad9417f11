"""What a sync would become: the events of each stream, counted and shown by one example. Nothing is sent.

The records go the way of every sync, through the writer, to a producer behind which there is nobody.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import msgspec

from destination_keen.catalog import Stream, streams_for
from destination_keen.config import Config, Limits
from destination_keen.errors import DestinationError, UndeliverableError
from destination_keen.interruption import Interruption
from destination_keen.producer import Send, Tally
from destination_keen.writer import Writer

# A larger event is counted, but makes no example: a catalog may have thousands of streams.
_LARGEST_EXAMPLE = 64 * 1024
# Property names may differ from record to record. What goes beyond this is in the number of mended records alone.
_MOST_CHANGES = 100


class Mend(msgspec.Struct, frozen=True):
    """A change as an event lists it, in the words of Airbyte's `meta.changes`."""

    field: str
    change: str
    reason: str


class MendCount(Mend, frozen=True):
    """A change, and how many records needed it."""

    records: int


class StreamPreview(msgspec.Struct):
    """What becomes of one stream.

    `timestamp` is the field that gives `keen.timestamp`, "emitted_at" where none does; of the `records`,
    `timed_by_emitted_at` had no readable time there, and `mended` would have been dropped by Keen as they are.
    `replaces` tells that older events of the collection would be deleted at the end. `changes` are at most 100, the
    most frequent first. `example` is an event that was mended, else the first; None where there is none of at most
    64 KiB.
    """

    stream: str
    namespace: str | None
    collection: str
    replaces: bool
    timestamp: str
    records: int
    timed_by_emitted_at: int
    mended: int
    changes: list[MendCount]
    example: msgspec.Raw | None


class Preview(msgspec.Struct):
    """What becomes of each stream, as far as the input was read. `failure` is what a sync would end with, if any."""

    streams: list[StreamPreview]
    failure: DestinationError | None

    def json(self) -> bytes:
        """Give the streams as indented JSON. The examples are the very bytes of the events, white space apart."""
        return msgspec.json.format(msgspec.json.encode({"streams": self.streams}), indent=2)


def preview(
    config: Config,
    configured_catalog: bytes,
    chunks: Iterable[list[bytes]],
    limits: Limits,
    interruption: Interruption,
) -> Preview:
    """Read all lines as a sync would, and tell what it would have sent.

    Raises:
        ConfigError: a sync with this catalog would end before the first line.
    """
    streams = streams_for(config, configured_catalog, time.time_ns() // 1_000_000)
    samples = {stream.collection: _Sample(stream) for stream in streams.values()}
    failure = None
    try:
        for _ in Writer(streams, _Nobody(samples), limits, interruption).run(chunks):
            pass
    except DestinationError as error:
        failure = error
    return Preview([sample.result() for sample in samples.values()], failure)


class _Meta(msgspec.Struct):
    changes: list[Mend]


class _Event(msgspec.Struct, rename={"meta": "_airbyte_meta"}):
    meta: _Meta


_decode = msgspec.json.Decoder(_Event).decode


class _Sample:
    """What is kept of a stream's events."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._changes: Counter[Mend] = Counter()
        self._mended = 0
        self._example: bytes | None = None
        self._example_is_mended = False

    def take(self, value: bytes) -> None:
        """See an event, right after it was encoded."""
        mended = self._stream.encoder.counts.mended
        is_mended = mended > self._mended
        self._mended = mended
        if is_mended:
            self._count(value)
        if len(value) <= _LARGEST_EXAMPLE and (self._example is None or (is_mended and not self._example_is_mended)):
            self._example, self._example_is_mended = value, is_mended

    def result(self) -> StreamPreview:
        stream, counts = self._stream, self._stream.encoder.counts
        return StreamPreview(
            stream=stream.descriptor[1],
            namespace=stream.descriptor[0],
            collection=stream.collection,
            replaces=stream.replaces,
            timestamp=stream.timestamp,
            records=stream.received,
            timed_by_emitted_at=counts.fallbacks,
            mended=counts.mended,
            changes=[
                MendCount(mend.field, mend.change, mend.reason, count) for mend, count in self._changes.most_common()
            ],
            example=None if self._example is None else msgspec.Raw(self._example),
        )

    def _count(self, value: bytes) -> None:
        for mend in _decode(value).meta.changes:
            # The list also holds what the source reported.
            ours = mend.reason.startswith("DESTINATION_")
            if ours and (mend in self._changes or len(self._changes) < _MOST_CHANGES):
                self._changes[mend] += 1


class _Nobody:
    """A producer that shows each value to the sample of its collection, and calls it delivered."""

    failure: DestinationError | None = None

    def __init__(self, samples: dict[str, _Sample]) -> None:
        self._samples = samples
        self._taken: Counter[Tally] = Counter()

    def sender(self, collection: str, tally: Tally) -> Send:
        sample = self._samples[collection]

        def send(value: bytes) -> bool:
            sample.take(value)
            self._taken[tally] += 1
            return True

        return send

    def poll(self, seconds: float) -> None:  # noqa: ARG002 - nothing is waited for
        for tally, count in self._taken.items():
            tally.delivered += count
        self._taken.clear()

    def stalled(self, seconds: float) -> DestinationError:
        return UndeliverableError(f"Nothing was read for {seconds:g} seconds.")

    @property
    def in_flight(self) -> int:
        return self._taken.total()

    def close(self) -> None:
        self._taken.clear()
