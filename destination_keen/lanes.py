"""What the records of a stream go through between two states, prepared: how to encode, where to count, how to send."""

from __future__ import annotations

from dataclasses import dataclass

from destination_keen.catalog import Stream
from destination_keen.collection import shown
from destination_keen.envelope import DATA, Alike, learn, unlike
from destination_keen.errors import InternalError
from destination_keen.event import Encoder, noted
from destination_keen.ledger import Ledger, Share
from destination_keen.producer import Producer, Send
from destination_keen.protocol import Descriptor, Record


@dataclass(slots=True)
class Lane:
    """One stream's. `alike` makes events of the lines whose envelope is known."""

    encoder: Encoder
    share: Share
    send: Send
    alike: Alike = unlike


class Lanes:
    """Those of the streams that sent records since the last state. After a state, `clear` them."""

    def __init__(self, streams: dict[Descriptor, Stream], ledger: Ledger, producer: Producer) -> None:
        self._streams = streams
        self._ledger = ledger
        self._producer = producer
        self._lanes: dict[Descriptor, Lane] = {}
        self.by_head: dict[bytes, Lane] = {}
        """The lanes whose envelope is known, by what lies before `DATA` in it."""

    def encode(self, record: Record, line: bytes) -> tuple[Lane, bytes]:
        """Give the lane of a record and its event, and get to know the envelope of its line.

        Raises:
            InternalError: the stream is not in the catalog.
            ValueError: the record is malformed. The text of the error may quote it: it is not for the log.
        """
        lane = self._lanes.get((record.namespace, record.stream)) or self._open(record)
        value = lane.encoder.encode(record)
        if lane.alike is unlike and DATA in line and not noted(record):
            lane.alike = learn(line, record, lane.encoder.splice)
            if lane.alike is not unlike:
                self.by_head[line[: line.find(DATA)]] = lane
        return lane, value

    def clear(self) -> None:
        """Begin anew: what is counted from now on belongs to the next state."""
        self._lanes.clear()
        self.by_head.clear()

    def _open(self, record: Record) -> Lane:
        descriptor = (record.namespace, record.stream)
        if descriptor not in self._streams:
            raise InternalError(
                f'The source sent a record of the stream "{shown(descriptor)[:200]}", which is not'
                " in the configured catalog. Refresh the source schema of the connection and sync again."
            )
        stream, share = self._streams[descriptor], self._ledger.share(descriptor)
        lane = self._lanes[descriptor] = Lane(stream.encoder, share, self._producer.sender(stream.collection, share))
        return lane
