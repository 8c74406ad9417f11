"""Record data becomes the bytes of an event that Keen will keep: as it came, or mended and saying so.

An event is the record's own JSON with `keen.timestamp` and Airbyte's metadata fields spliced in. Only a record that
breaks a rule of Keen's is decoded, mended and written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from destination_keen import lenient, mend
from destination_keen.mend import Change
from destination_keen.proof import compile_proof
from destination_keen.protocol import NULL, LenientRecord, Path, Record
from destination_keen.shape import Names, Shape
from destination_keen.timestamp import TimestampRule, from_milliseconds
from destination_keen.uniqueness import Token

# `keen` and `_airbyte_extracted_at` as they are spliced in; an event this near to the limit is measured.
_LONGEST_ADDITION = 256

_QUOTE = ord('"')
_EMPTY = re.compile(rb"\{\s*\}")
# Records after which a compiled schema is judged by how many of them it proved.
_TRIALS = 1_000

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Counts:
    """What encoding did so far: events with a mend in them, mends by kind, and events timed by `emitted_at` for want
    of a readable time.
    """

    mended: int = 0
    nulled: int = 0
    truncated: int = 0
    renamed: int = 0
    fallbacks: int = 0


class Encoder:
    """Prepared for one stream: where its time is, which generation it writes, which fields are its keys.

    `schema` is the stream's JSON schema. `generation_id` and `sync_id` are the configured catalog's, None where the
    platform sends none. `keys` are the paths of cursor and primary key, the last to go where an event is too large.
    `token` gives `keen.uniqueness_token`, None where events have none.
    """

    def __init__(
        self,
        timestamp: TimestampRule,
        schema: Any = None,
        keys: frozenset[Path] = frozenset(),
        generation_id: int | None = None,
        sync_id: int | None = None,
        token: Token | None = None,
    ) -> None:
        self.counts = Counts()
        self._timestamp = timestamp
        self._keys = frozenset(
            tuple(mend.mended_name(name, root=not i) for i, name in enumerate(path)) for path in keys
        )
        self._names = Names()
        self._shape = Shape(self._names)
        self._prove = compile_proof(schema, timestamp.path or ()) or self._walk
        self._unproven = 0
        self.encoded = 0
        self._token = token
        self._sync = {} if sync_id is None else {"sync_id": sync_id}
        self._generation = "" if generation_id is None else f',"_airbyte_generation_id":{generation_id}'
        self._tail = self._generation + self._meta([])
        self._largest_body = mend.LARGEST_EVENT - len(self._tail) - _LONGEST_ADDITION

    @property
    def properties(self) -> int:
        """Different property paths seen so far, up to a bound; Keen documents 1,000 for a collection."""
        return self._names.properties

    def encode(self, record: Record) -> bytes:
        """Give the event of a record: UTF-8 JSON of at most 900,000 bytes that obeys Keen's rules.

        Raises:
            ValueError: `data` is not a JSON object. The text of the error may quote it: it is not for the log.
        """
        self.encoded += 1
        if type(record) is LenientRecord:
            body = repr(record.content).encode()
            return self._encode_mended(record, body, record.content, _listed(record.notes))
        body = bytes(record.data)
        changes = [] if record.meta == NULL else _listed(lenient.loads(bytes(record.meta)))
        if changes or len(body) > self._largest_body:
            return self._encode_mended(record, body, lenient.loads(body), changes)
        try:
            found = self._prove(body)
        except (ValueError, RecursionError):
            try:
                found = self._walk(body)
            except (ValueError, RecursionError):
                return self._encode_mended(record, body, lenient.loads(body), changes)
            self._count_unproven()
        added = self._added(record, body, found, self._tail)
        if body[1] != _QUOTE and _EMPTY.fullmatch(body):
            return b"{" + added[1:]
        return body[:-1] + added

    def _walk(self, body: bytes) -> Any:
        data = _decode(body)
        if not self._shape.keeps(data):
            raise ValueError("not to be kept as it is")
        return self._timestamp.find(data)

    def _count_unproven(self) -> None:
        # A schema that does not fit its records costs a decode each time: it is given up once it is of no use.
        self._unproven += 1
        if self._unproven >= _TRIALS and self._unproven * 2 > self.encoded:
            self._prove = self._walk

    def _encode_mended(self, record: Record, body: bytes, source: Any, changes: list[Change]) -> bytes:
        if not isinstance(source, dict):
            raise ValueError("the data of a record has to be an object")
        incoming = set(changes)
        data = mend.mend(source, changes)
        self._shape.keeps(data)
        found = self._timestamp.find(source)
        added = self._added(record, body, found, self._generation)[:-1]

        def write(data: dict[str, Any], changes: list[Change]) -> bytes:
            start = lenient.dumps(data)[:-1] + added if data else b"{" + added[1:]
            return b"%b%b}" % (start, self._meta(changes).encode())

        value = mend.fit(data, changes, self._keys, write)
        self._count([change for change in changes if change not in incoming])
        return value

    def _added(self, record: Record, body: bytes, found: Any, tail: str) -> bytes:
        moment = self._timestamp.read(found)
        if moment is None:
            moment = from_milliseconds(record.emitted_at)
            self.counts.fallbacks += self._timestamp.path is not None
        token = "" if self._token is None else f',"uniqueness_token":"{self._token(body)}"'
        keen = f',"keen":{{"timestamp":"{moment}"{token}}}'
        return f'{keen},"_airbyte_extracted_at":{record.emitted_at}{tail}}}'.encode()

    def _meta(self, changes: list[Change]) -> str:
        meta: dict[str, Any] = dict(self._sync)
        if changes:
            meta["changes"] = [change._asdict() for change in changes]
        return f',"_airbyte_meta":{_encode(meta).decode()}' if meta else ""

    def _count(self, changes: list[Change]) -> None:
        counts = self.counts
        counts.mended += bool(changes)
        for change in changes:
            counts.nulled += change.change == mend.NULLED
            counts.truncated += change.change == mend.TRUNCATED
            counts.renamed += change.change == mend.RENAMED


def _listed(meta: Any) -> list[Change]:
    listed = meta.get("changes") if isinstance(meta, dict) else None
    if not isinstance(listed, list):
        return []
    return [Change.of(*map(change.get, Change._fields)) for change in listed if isinstance(change, dict)]
