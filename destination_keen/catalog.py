"""The configured catalog becomes one prepared Stream per descriptor, or an error before anything is sent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from destination_keen.collection import collections_of, shown
from destination_keen.config import Config
from destination_keen.delivery import HttpDelivery
from destination_keen.errors import ConfigError
from destination_keen.event import Encoder
from destination_keen.protocol import Descriptor
from destination_keen.timestamp import BY_EMISSION, choose
from destination_keen.uniqueness import by_content, by_run

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Stream:
    """A stream of the catalog, ready for its records.

    Its events carry `generation_id` (None where the platform sends none) and `sync_id` (None only where `parse` got
    none). `replaces` tells that they replace what was in the collection before, `deduplicated` that Keen may drop some
    of them as repetitions. `states` counts the states that close it alone; `status` is what its source last reported.
    """

    descriptor: Descriptor
    collection: str
    timestamp: str
    encoder: Encoder = field(repr=False)
    generation_id: int | None = None
    sync_id: int | None = None
    replaces: bool = False
    deduplicated: bool = False
    states: int = 0
    status: str = ""
    _claimed: Counter[str] = field(default_factory=Counter, repr=False)

    @property
    def name(self) -> str:
        """The stream as users know it."""
        return shown(self.descriptor)

    @property
    def received(self) -> int:
        """Records so far."""
        return self.encoder.encoded

    def claim(self) -> Counter[str]:
        """Take what a state of this stream accounts for: records and mended values since the previous one.

        The names are those of `destinationStats` and its `additionalStats` in the Airbyte protocol.
        """
        counts = self.encoder.counts
        total = Counter(
            recordCount=self.received,
            nulledValueCount=counts.nulled,
            truncatedValueCount=counts.truncated,
            renamedValueCount=counts.renamed,
        )
        since, self._claimed = total - self._claimed, total
        return since


class _Stream(msgspec.Struct):
    name: str
    namespace: str | None = None
    json_schema: Any = None


class _Configured(msgspec.Struct):
    stream: _Stream
    destination_sync_mode: str
    cursor_field: list[str] | None = None
    primary_key: list[list[str]] | None = None
    generation_id: int | None = None
    minimum_generation_id: int | None = None
    sync_id: int | None = None


class _Catalog(msgspec.Struct):
    streams: list[_Configured]


def streams_for(config: Config, catalog: bytes, sync_id: int) -> dict[Descriptor, Stream]:
    """Prepare the streams of a `ConfiguredAirbyteCatalog` (JSON) for a run with these settings, as `parse` does."""
    return parse(
        catalog,
        infer_timestamp=config.infer_timestamp,
        deduplicate=config.deduplicate,
        repeats=isinstance(config.delivery, HttpDelivery),
        sync_id=sync_id,
    )


def parse(
    catalog: bytes,
    *,
    infer_timestamp: bool,
    deduplicate: bool = False,
    repeats: bool = False,
    sync_id: int | None = None,
) -> dict[Descriptor, Stream]:
    """Prepare the streams of a `ConfiguredAirbyteCatalog` (JSON).

    `deduplicate`: events of streams with a primary key carry a token of their content. `repeats`: the delivery may send
    an event twice, so all others carry a token of the run. `sync_id` is for streams to which the catalog gives none.

    Raises:
        ConfigError: the catalog cannot be read, has no streams, asks for a sync mode that is not offered or for
            generations that cannot be, or has two streams that would share a collection.
    """
    try:
        configured = msgspec.json.decode(catalog, type=_Catalog).streams
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            "The configured catalog is not valid: it has to be a JSON object with a list of configured streams.",
            f"The configured catalog cannot be decoded: {error}",
        ) from error
    if not configured:
        raise ConfigError("The configured catalog has no streams. Select at least one stream in the connection.")
    _check_sync_modes(configured)
    by_descriptor = {(each.stream.namespace, each.stream.name): each for each in configured}
    if len(by_descriptor) != len(configured):
        raise ConfigError("The configured catalog lists a stream twice. Remove one of the two entries.")
    for each in configured:
        each.sync_id = sync_id if each.sync_id is None else each.sync_id
    return {
        descriptor: _prepare(
            descriptor,
            collection,
            by_descriptor[descriptor],
            infer_timestamp=infer_timestamp,
            deduplicate=deduplicate,
            repeats=repeats,
        )
        for descriptor, collection in collections_of(by_descriptor).items()
    }


def _prepare(
    descriptor: Descriptor,
    collection: str,
    configured: _Configured,
    *,
    infer_timestamp: bool,
    deduplicate: bool,
    repeats: bool,
) -> Stream:
    cursor = configured.cursor_field or []
    rule = choose(configured.stream.json_schema, cursor) if infer_timestamp else BY_EMISSION
    primary_key = [path for path in configured.primary_key or [] if path]
    keys = frozenset(tuple(path) for path in [cursor, *primary_key] if path)
    generation_id, sync_id = configured.generation_id, configured.sync_id
    replaces = _replaces(descriptor, configured)
    deduplicated = deduplicate and bool(primary_key)
    # Were its tokens those of the events that it replaces, Keen would drop what is new and then delete what is old.
    written = sync_id if replaces and generation_id is None else generation_id
    token = by_content(written) if deduplicated else by_run() if repeats else None
    return Stream(
        descriptor,
        collection,
        str(rule),
        Encoder(rule, configured.stream.json_schema, keys, generation_id, sync_id, token),
        generation_id=generation_id,
        sync_id=sync_id,
        replaces=replaces,
        deduplicated=deduplicated,
    )


def _replaces(descriptor: Descriptor, configured: _Configured) -> bool:
    generation, minimum = configured.generation_id, configured.minimum_generation_id
    overwrites = configured.destination_sync_mode == "overwrite"
    if minimum not in (None, 0, generation):
        raise ConfigError(
            f'The stream "{shown(descriptor)}" has the generation {generation} and the minimum generation {minimum},'
            " of which this version knows only 0 and the generation itself. Update the destination."
        )
    if generation is None:
        return overwrites
    # PyAirbyte writes 1 for each of the three, whatever the mode.
    return bool(minimum) and (overwrites or not generation == minimum == configured.sync_id == 1)


def _check_sync_modes(configured: Iterable[_Configured]) -> None:
    deduplicated = []
    for each in configured:
        name = shown((each.stream.namespace, each.stream.name))
        if each.destination_sync_mode == "append_dedup":
            deduplicated.append(name)
        elif each.destination_sync_mode not in ("append", "overwrite"):
            raise ConfigError(
                f'The stream "{name}" asks for the destination sync mode "{each.destination_sync_mode}", which this'
                ' version does not offer. Choose "Append" or "Overwrite" for it in the connection.'
            )
    if deduplicated:
        logger.warning(
            'Keen only ever adds events: "append_dedup" is taken as "append" for %s.', ", ".join(deduplicated)
        )
