"""Whether Keen holds what was delivered: counted before the first record and after the last, by collection and sync.

Keen stores an event some seconds after it acknowledged it, so the count afterwards is repeated until it is reached, or
until it has not grown for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from destination_keen.catalog import Stream
from destination_keen.config import Limits
from destination_keen.errors import TransientError
from destination_keen.holdings import Holdings
from destination_keen.marks import of_sync
from destination_keen.turns import Patience, Turns

logger = logging.getLogger(__name__)


class Verification:
    """Counts the events of some streams of one run."""

    def __init__(self, holdings: Holdings, streams: Collection[Stream], limits: Limits) -> None:
        self._holdings = holdings
        self._streams = streams
        self._limits = limits
        self._before: dict[str, int] = {}

    def prepare(self) -> Turns[None]:
        """Count what earlier attempts of the sync left, before anything is sent."""
        for stream in self._streams:
            self._before[stream.collection] = yield from self._count(stream)

    def confirm(self) -> Turns[None]:
        """Wait until Keen counts all events that were delivered, which is as many as there were records.

        A stream whose events Keen may drop as repetitions can have fewer: there the wait is for a count that stands
        still for `Limits.ingest_quiet`.

        Raises:
            TransientError: there are fewer, and have not become more for `Limits.ingest_patience`.
        """
        patience = Patience(self._limits.ingest_patience)
        missing = []
        for stream in self._streams:
            before, expected = self._before[stream.collection], stream.received
            if stream.deduplicated:
                # All of them may repeat what an earlier attempt sent; that some are there is all that is certain.
                counted = yield from self._wait(stream, Patience(self._limits.ingest_quiet))
                before, expected = 0, min(expected, 1)
            else:
                counted = yield from self._wait(stream, patience)
            if counted - before < expected:
                what = f"{counted - before:,} of {stream.received:,}"
                missing.append(f'{what} in "{stream.collection}" (_airbyte_meta.sync_id {stream.sync_id})')
            else:
                logger.info('Keen holds what was delivered to "%s": %s events.', stream.collection, f"{counted:,}")
        if missing:
            raise TransientError(
                f"Keen holds fewer events than it acknowledged: {', '.join(missing)}; no more came for"
                f" {patience.seconds:g} s. Keen is late or has dropped the others. Nothing was deleted. Refresh the"
                " stream if they stay missing."
            )

    def _wait(self, stream: Stream, patience: Patience) -> Turns[int]:
        expected = self._before[stream.collection] + stream.received
        counted = yield from self._count(stream)
        if counted < expected:
            logger.info('Waiting until Keen has stored all events of the collection "%s".', stream.collection)
        while counted < expected and not patience.spent:
            yield from patience.pause()
            last, counted = counted, (yield from self._count(stream))
            if counted > last:
                patience.renew()
        return counted

    def _count(self, stream: Stream) -> Turns[int]:
        return (yield from self._holdings.count(stream.collection, of_sync(stream)))
