"""One sync, put together: settings and catalog, a producer, the writer between input and states, and the audit."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from typing import TYPE_CHECKING

from destination_keen.catalog import Stream, streams_for
from destination_keen.config import Config, Limits
from destination_keen.delivery import HttpDelivery, KafkaDelivery
from destination_keen.errors import TransientError, UndeliverableError
from destination_keen.interruption import Interruption
from destination_keen.probe import probe_idempotence, probe_kafka
from destination_keen.producer import open_producer
from destination_keen.protocol import Descriptor
from destination_keen.turns import Turns
from destination_keen.writer import Writer

if TYPE_CHECKING:
    from destination_keen.audit import Audit

logger = logging.getLogger(__name__)

_LARGEST_JOB = 2**63 - 1


def sync(
    config: Config,
    configured_catalog: bytes,
    chunks: Iterable[list[bytes]],
    limits: Limits,
    interruption: Interruption,
) -> Iterator[list[bytes]]:
    """Send the records in `chunks` (lists of lines) and yield the lines of the states that they confirm.

    Everything that can be refused is refused before the first line is read. Yields empty lists as well, several times a
    second.

    Raises:
        DestinationError: not everything was delivered, or what follows the delivery failed. The states that could leave
            have been yielded.
    """
    streams = streams_for(config, configured_catalog, _run_id())
    with _auditing(config, streams.values(), limits) as audit:
        if audit is not None:
            yield from _turns(audit.prepare(), interruption)
        released = 0
        for states in _write(config, streams, chunks, limits, interruption):
            released += len(states)
            yield states
        if audit is not None:
            heard = released > sum(stream.states for stream in streams.values())
            yield from _turns(audit.finish(heard=heard), interruption)


def _write(
    config: Config,
    streams: dict[Descriptor, Stream],
    chunks: Iterable[list[bytes]],
    limits: Limits,
    interruption: Interruption,
) -> Iterator[list[bytes]]:
    # What goes over HTTP carries tokens, whatever the cluster allows; the audit has asked whether the key may.
    idempotence = isinstance(config.delivery, HttpDelivery) or _probe(config, limits)
    try:
        with closing(open_producer(config, limits, idempotence=idempotence)) as producer:
            yield from Writer(streams, producer, limits, interruption).run(chunks)
    except UndeliverableError:
        # A client that cannot log in any more only ever says that time is up. The probe knows why.
        if isinstance(config.delivery, KafkaDelivery):
            with suppress(TransientError):
                probe_kafka(config, limits.probe_timeout)
        raise


def _probe(config: Config, limits: Limits) -> bool:
    idempotence = probe_idempotence(config, limits.probe_timeout)
    if not idempotence:
        logger.warning("The cluster does not allow idempotent producers: a retry within the sync may double events.")
    return idempotence


def _auditing(
    config: Config, streams: Collection[Stream], limits: Limits
) -> AbstractContextManager[Audit] | AbstractContextManager[None]:
    over_http = isinstance(config.delivery, HttpDelivery)
    if not over_http and not config.verify_delivery and not any(stream.replaces for stream in streams):
        return nullcontext()
    # Imported here because a sync that appends over Kafka needs no HTTP, and the import takes a fifth of a second.
    from destination_keen.audit import auditing

    return auditing(config, streams, limits)


def _turns(steps: Turns[None], interruption: Interruption) -> Iterator[list[bytes]]:
    for _ in steps:
        interruption.check()
        yield []
    interruption.check()


def _run_id() -> int:
    """Give what tells the events of this sync from those of others: Airbyte's job, the same for all its attempts, or
    the time of the start in epoch milliseconds.
    """
    job = os.environ.get("WORKER_JOB_ID", "")
    if job.isascii() and job.isdecimal() and int(job) <= _LARGEST_JOB:
        return int(job)
    return time.time_ns() // 1_000_000
