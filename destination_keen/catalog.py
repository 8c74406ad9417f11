"""The configured catalog becomes one prepared Stream per descriptor, or an error before anything is sent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from destination_keen.collection import collections_of, shown
from destination_keen.errors import ConfigError
from destination_keen.event import Encoder
from destination_keen.protocol import Descriptor
from destination_keen.timestamp import BY_EMISSION, choose

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Stream:
    """A stream of the catalog, ready for its records.

    `states` counts the states that close it alone; `status` is what its source last reported.
    """

    descriptor: Descriptor
    collection: str
    timestamp: str
    encoder: Encoder = field(repr=False)
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
    sync_id: int | None = None


class _Catalog(msgspec.Struct):
    streams: list[_Configured]


def parse(catalog: bytes, *, infer_timestamp: bool) -> dict[Descriptor, Stream]:
    """Prepare the streams of a `ConfiguredAirbyteCatalog` (JSON).

    Raises:
        ConfigError: the catalog cannot be read, has no streams, asks for a sync mode that is not offered, or has two
            streams that would share a collection.
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
    return {
        descriptor: _prepare(descriptor, collection, by_descriptor[descriptor], infer_timestamp)
        for descriptor, collection in collections_of(by_descriptor).items()
    }


def _prepare(descriptor: Descriptor, collection: str, configured: _Configured, infer_timestamp: bool) -> Stream:
    cursor = configured.cursor_field or []
    rule = choose(configured.stream.json_schema, cursor) if infer_timestamp else BY_EMISSION
    keys = frozenset(tuple(path) for path in [cursor, *(configured.primary_key or [])] if path)
    encoder = Encoder(rule, configured.stream.json_schema, keys, configured.generation_id, configured.sync_id)
    return Stream(descriptor, collection, str(rule), encoder)


def _check_sync_modes(configured: Iterable[_Configured]) -> None:
    deduplicated = []
    for each in configured:
        name = shown((each.stream.namespace, each.stream.name))
        if each.destination_sync_mode == "append_dedup":
            deduplicated.append(name)
        elif each.destination_sync_mode != "append":
            raise ConfigError(
                f'The stream "{name}" asks for the destination sync mode "{each.destination_sync_mode}", which this'
                ' version does not offer. Choose "Append" for it in the connection.'
            )
    if deduplicated:
        logger.warning(
            'Keen only ever adds events: "append_dedup" is taken as "append" for %s.', ", ".join(deduplicated)
        )
