"""What a run tells its user: the plan before the first record, progress on the way, a table at the end."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Collection, Hashable

from destination_keen.catalog import Stream
from destination_keen.deadline import Deadline
from destination_keen.ledger import Ledger

logger = logging.getLogger(__name__)

# Keen documents this many different properties for a collection.
MOST_PROPERTIES = 1_000

_COLUMNS = ("stream", "received", "delivered", "mended", "timed by emitted_at", "states", "source said")


class Report:
    """Counts and says. Nothing here reads a record."""

    def __init__(self, streams: Collection[Stream], ledger: Ledger, interval: float) -> None:
        self.states_received = 0
        self.states_released = 0
        self._streams = streams
        self._ledger = ledger
        self._interval = interval
        self._due = Deadline(interval)
        self._started = time.monotonic()
        self._last_received = 0
        self._warned: set[str] = set()

    def plan(self) -> None:
        """Log one line per stream: where its records go and what gives them their time."""
        for stream in self._streams:
            logger.info(
                'Stream "%s" goes to the collection "%s"; keen.timestamp is taken from %s.',
                stream.name,
                stream.collection,
                stream.timestamp,
            )

    def progress(self) -> None:
        """Log how far the run is, if the last time was long enough ago."""
        if not self._due.passed:
            return
        received = sum(stream.received for stream in self._streams)
        logger.info(
            "%s records received, %s records/s, %s records in flight.",
            f"{received:,}",
            f"{(received - self._last_received) / self._interval:,.0f}",
            f"{self._ledger.in_flight:,}",
        )
        self._due = Deadline(self._interval)
        self._last_received = received
        for stream in self._streams:
            self._warn_of_properties(stream)

    def summary(self) -> None:
        """Log a table with a row per stream, and the totals."""
        delivered: Counter[Hashable] = self._ledger.delivered()
        rows: list[tuple[str, ...]] = [_COLUMNS]
        for stream in self._streams:
            self._warn_of_properties(stream)
            counts = stream.encoder.counts
            numbers = (stream.received, delivered[stream.descriptor], counts.mended, counts.fallbacks, stream.states)
            rows.append((stream.name, *(f"{number:,}" for number in numbers), stream.status.lower() or "-"))
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        for row in rows:
            first, *rest = (
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            logger.info("  ".join([first, *rest]))
        logger.info(
            "%s of %s records delivered and %s of %s states returned in %.1f s.",
            f"{sum(delivered.values()):,}",
            f"{sum(stream.received for stream in self._streams):,}",
            f"{self.states_released:,}",
            f"{self.states_received:,}",
            time.monotonic() - self._started,
        )

    def _warn_of_properties(self, stream: Stream) -> None:
        if stream.encoder.properties > MOST_PROPERTIES and stream.collection not in self._warned:
            self._warned.add(stream.collection)
            logger.warning(
                'Stream "%s" has more than %s different properties, the most that Keen documents for a collection.'
                " All are sent; if some are missing in Keen, select fewer fields in the connection.",
                stream.name,
                f"{MOST_PROPERTIES:,}",
            )
