"""One sync, put together: settings and catalog, a producer, the writer between input and states."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress

from destination_keen import catalog
from destination_keen.config import Config, Limits
from destination_keen.errors import TransientError, UndeliverableError
from destination_keen.interruption import Interruption
from destination_keen.probe import probe_idempotence, probe_kafka
from destination_keen.producer import open_producer
from destination_keen.writer import Writer

logger = logging.getLogger(__name__)


def sync(
    config: Config,
    configured_catalog: bytes,
    chunks: Iterable[list[bytes]],
    limits: Limits,
    interruption: Interruption,
) -> Iterator[list[bytes]]:
    """Send the records in `chunks` (lists of lines) and yield the lines of the states that they confirm.

    Everything that can be refused is refused before the first line is read.

    Raises:
        DestinationError: not everything was delivered. The states that could leave have been yielded.
    """
    streams = catalog.parse(configured_catalog, infer_timestamp=config.infer_timestamp)
    idempotence = probe_idempotence(config, limits.probe_timeout)
    if not idempotence:
        logger.warning("The cluster does not allow idempotent producers: a retry within the sync may double events.")
    try:
        with closing(open_producer(config, limits, idempotence=idempotence)) as producer:
            yield from Writer(streams, producer, limits, interruption).run(chunks)
    except UndeliverableError:
        # A client that cannot log in any more only ever says that time is up. The probe knows why.
        with suppress(TransientError):
            probe_kafka(config, limits.probe_timeout)
        raise
