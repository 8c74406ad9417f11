"""What a run does over Keen's HTTP API before the first record and after the last: count, and delete what is replaced.

First all that was delivered is counted; only then is anything deleted, one stream after the other.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager

from destination_keen.access import require_access
from destination_keen.api import Api
from destination_keen.catalog import Stream
from destination_keen.config import Config, Limits
from destination_keen.holdings import Holdings
from destination_keen.overwrite import Overwrite, may_delete
from destination_keen.turns import Turns
from destination_keen.verification import Verification

logger = logging.getLogger(__name__)


class Audit:
    """The streams of one run that replace, and those that are to be verified."""

    def __init__(self, holdings: Holdings, streams: Collection[Stream], limits: Limits, *, verify: bool) -> None:
        self._holdings = holdings
        self._limits = limits
        self._replacing = [stream for stream in streams if stream.replaces]
        repeating = [stream.name for stream in streams if verify and stream.deduplicated and not stream.replaces]
        if repeating:
            logger.info(
                'Not verified, because Keen may drop repeated events of theirs ("Deduplicate"): %s.',
                ", ".join(repeating),
            )
        counted = [stream for stream in streams if stream.replaces or (verify and not stream.deduplicated)]
        self._verification = Verification(holdings, counted, limits)

    def prepare(self) -> Turns[None]:
        """Do what has to be done before the first record. Raises DestinationError: nothing must be sent."""
        for stream in self._replacing:
            logger.info(
                'Stream "%s" replaces what the collection "%s" holds, once it is complete and Keen holds all of it.',
                stream.name,
                stream.collection,
            )
        yield from self._verification.prepare()

    def finish(self, *, heard: bool) -> Turns[None]:
        """Do what has to be done when everything is delivered; `heard` as in `may_delete`.

        Raises:
            DestinationError: Keen does not hold what was delivered, or still holds what was replaced.
        """
        yield from self._verification.confirm()
        for stream in self._replacing:
            if may_delete(stream, heard=heard):
                yield from Overwrite(self._holdings, stream, self._limits).run()
            else:
                logger.warning(
                    'The source did not complete the stream "%s": what was in the collection "%s" before stays.',
                    stream.name,
                    stream.collection,
                )


@contextmanager
def auditing(config: Config, streams: Collection[Stream], limits: Limits) -> Iterator[Audit]:
    """Open the HTTP API for an audit, which may have nothing to count.

    Raises:
        ConfigError: the API refuses the project or the key, or the key may not delete and a stream needs it.
        TransientError: the API does not answer.
    """
    require_access(config, limits.api_timeout, to_delete=any(stream.replaces for stream in streams))
    with closing(Api(config, limits.request_timeout)) as api:
        yield Audit(Holdings(api, limits), streams, limits, verify=config.verify_delivery)
