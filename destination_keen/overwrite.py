"""No early deletion (I11): what a sync replaces goes only after the replacement is complete, delivered and in Keen.

The new generation is written beside the old one. All states have left before anything is deleted, so a crash leaves
old and new events, or new ones only, and the next attempt with the same generation finishes the deletion. Every
deletion names what it deletes by a filter; none takes a whole collection, not even where nothing of it is to stay,
because an event of an earlier attempt can still be on its way.
"""

from __future__ import annotations

import logging

from destination_keen.catalog import Stream
from destination_keen.config import Limits
from destination_keen.deadline import Deadline
from destination_keen.errors import ConfigError, TransientError
from destination_keen.holdings import Holdings
from destination_keen.marks import Filter, current, superseded
from destination_keen.turns import Patience, Turns
from destination_keen.window import ALWAYS, Window

logger = logging.getLogger(__name__)


def may_delete(stream: Stream, *, heard: bool) -> bool:
    """Whether the input is complete for a stream that replaces, so that what it replaces may go.

    The source has to have said COMPLETE. A platform that gives no generations passes no statuses on either: there it is
    the end of the input, if the source said anything of the stream at all. `heard` tells that it did otherwise than by
    a record, a status or a state of the stream alone.
    """
    if stream.generation_id is None and not stream.status:
        return heard or bool(stream.received or stream.states)
    return stream.status == "COMPLETE"


class Overwrite:
    """Deletes what one stream replaces."""

    def __init__(self, holdings: Holdings, stream: Stream, limits: Limits) -> None:
        self._holdings = holdings
        self._stream = stream
        self._limits = limits
        self._total = 0
        self._deleted = 0
        self._progress = Deadline(limits.progress_interval)

    def run(self) -> Turns[None]:
        """Delete all superseded events, and count that they are gone.

        Raises:
            DestinationError: some are left, which the next attempt deletes.
        """
        kept = yield from self._count(current(self._stream))
        parts = superseded(self._stream)
        held = yield from self._counts(parts)
        yield from self._check_filters(kept + sum(held))
        self._total = sum(held)
        if self._total:
            logger.info(
                'Deleting %s superseded events of the collection "%s"; Keen allows 10 deletions of 100,000 a minute.',
                f"{self._total:,}",
                self._stream.collection,
            )
        patience = Patience(self._limits.deletion_patience)
        while remaining := sum(held):
            if patience.spent:
                raise self._left(remaining)
            for part, events in zip(parts, held, strict=True):
                yield from self._delete(part, ALWAYS, events)
            held = yield from self._counts(parts)
            if sum(held) < remaining:
                patience.renew()
            elif sum(held):
                yield from patience.pause()
        yield from self._check_kept(kept)

    def _delete(self, mark: Filter, window: Window, held: int) -> Turns[None]:
        """Delete the `held` events in a window, in as many steps as it takes."""
        if held <= 0:
            return
        if held <= self._limits.events_per_delete:
            try:
                yield from self._holdings.delete(self._stream.collection, mark, window)
            except ConfigError:
                # Old events that came late can have made the window too large.
                held = yield from self._holdings.count(self._stream.collection, mark, window)
                if held <= self._limits.events_per_delete:
                    raise
            else:
                self._deleted += held
                self._report()
                return
        halves = window.halves()
        if halves is None:
            raise TransientError(
                f'{held:,} superseded events of the collection "{self._stream.collection}" have the same keen.timestamp'
                " and were stored in one millisecond: more than Keen deletes at once. Ask Keen to delete them."
            )
        first, second = halves
        in_first = yield from self._holdings.count(self._stream.collection, mark, first)
        yield from self._delete(mark, first, in_first)
        yield from self._delete(mark, second, held - in_first)

    def _counts(self, parts: tuple[Filter, ...]) -> Turns[list[int]]:
        counts = []
        for part in parts:
            count = yield from self._count(part)
            counts.append(count)
        return counts

    def _count(self, mark: Filter | None) -> Turns[int]:
        return (yield from self._holdings.count(self._stream.collection, mark))

    def _check_filters(self, distinct: int) -> Turns[None]:
        # Were a filter ignored, or read in another way than it is meant, the parts would be more than the whole.
        if distinct > (yield from self._count(None)):
            raise TransientError(
                f'Keen\'s counts of the collection "{self._stream.collection}" contradict each other, so nothing was'
                " deleted from it. Try again; if it happens again, please report it."
            )

    def _check_kept(self, kept: int) -> Turns[None]:
        if (yield from self._count(current(self._stream))) < kept:
            raise TransientError(
                f'While old events of the collection "{self._stream.collection}" were deleted, new ones became fewer.'
                " Something else deletes from it as well; refresh the stream, and see that it is alone."
            )
        logger.info(
            'The collection "%s" has been replaced: %s superseded events deleted, none left, %s kept.',
            self._stream.collection,
            f"{self._deleted:,}",
            f"{kept:,}",
        )

    def _report(self) -> None:
        if self._progress.passed:
            self._progress = Deadline(self._limits.progress_interval)
            logger.info(
                '%s of %s superseded events of the collection "%s" deleted.',
                f"{self._deleted:,}",
                f"{self._total:,}",
                self._stream.collection,
            )

    def _left(self, remaining: int) -> TransientError:
        return TransientError(
            f'{remaining:,} superseded events are still in the collection "{self._stream.collection}": for'
            f" {self._limits.deletion_patience:g} s deleting made them no fewer. The next sync goes on deleting them."
        )
