"""What a partition remembers of its producers: each batch gets its place once, however often it is sent."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from kafka.errors import InvalidProducerEpochError, OutOfOrderSequenceNumberError

REMEMBERED_BATCHES = 5
"""Batches per producer whose repeat is recognised: as many requests as an idempotent client has in flight."""

LAST_SEQUENCE = 2**31 - 1
"""Sequence numbers are 32-bit and start again at 0 after this one."""


class Stamp(NamedTuple):
    """Who sent a batch, and the sequence number of its first record."""

    producer_id: int
    epoch: int
    first_sequence: int


class _Sent(NamedTuple):
    first_sequence: int
    length: int
    offset: int


@dataclass(slots=True)
class _Producer:
    epoch: int
    sent: deque[_Sent] = field(default_factory=lambda: deque(maxlen=REMEMBERED_BATCHES))


class Appended(NamedTuple):
    """Where a batch is: the offset of its first record, and whether it had been there before."""

    offset: int
    repeated: bool


class Partition:
    """The offsets of one partition, and the latest batches of each producer that wrote to it.

    The rules are those of Kafka's brokers for idempotent producers. One that the partition has not seen may begin at
    any sequence number, because brokers forget producers too; a new epoch begins at 0.
    """

    def __init__(self) -> None:
        self.next_offset = 0
        self._producers: dict[int, _Producer] = {}

    def append(self, stamp: Stamp | None, count: int) -> Appended:
        """Give a batch of `count` records its place; `stamp` is None for a client that is not idempotent.

        Raises kafka-python's InvalidProducerEpochError for an epoch that has been replaced, and
        OutOfOrderSequenceNumberError where records before these are missing or the repeat is too old to tell.
        """
        if stamp is None:
            return Appended(self._place(count), repeated=False)
        first = stamp.first_sequence
        known = self._producers.get(stamp.producer_id)
        if known is not None and stamp.epoch == known.epoch:
            for batch in known.sent:
                if (batch.first_sequence, batch.length) == (first, count):
                    return Appended(batch.offset, repeated=True)
            if first != (known.sent[-1].first_sequence + known.sent[-1].length) & LAST_SEQUENCE:
                raise OutOfOrderSequenceNumberError
        elif known is not None:
            if stamp.epoch < known.epoch:
                raise InvalidProducerEpochError
            if first != 0:
                raise OutOfOrderSequenceNumberError
        if known is None or known.epoch != stamp.epoch:
            known = self._producers[stamp.producer_id] = _Producer(stamp.epoch)
        offset = self._place(count)
        known.sent.append(_Sent(first, count, offset))
        return Appended(offset, repeated=False)

    def _place(self, count: int) -> int:
        offset = self.next_offset
        self.next_offset += count
        return offset
