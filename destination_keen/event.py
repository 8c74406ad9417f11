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

# What stands before and after the value of `keen.timestamp` where `keen` is spliced in.
_KEEN, _EXTRACTED_AT = b',"keen":{"timestamp":"', b'"},"_airbyte_extracted_at":'
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
        self._generation = b"" if generation_id is None else b',"_airbyte_generation_id":%d' % generation_id
        self._tail = self._generation + self._meta([]) + b"}"
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
        changes, emitted_at = noted(record), b"%d" % record.emitted_at
        if type(record) is LenientRecord:
            return self._encode_mended(repr(record.content).encode(), emitted_at, record.content, changes)
        body = bytes(record.data)
        value = None if changes else self.splice(body, emitted_at)
        return value or self._encode_mended(body, emitted_at, lenient.loads(body), changes)

    def splice(self, body: bytes, emitted_at: bytes) -> bytes | None:
        """Give the event of a record's data and time as they stand in the line; None unless both can stay as they are.

        `body` is proven here to be a JSON object. `emitted_at` is in epoch milliseconds, in digits.
        """
        if len(body) > self._largest_body:
            return None
        try:
            found = self._prove(body)
        except (ValueError, RecursionError):
            try:
                found = self._walk(body)
            except (ValueError, RecursionError):
                return None
            self._count_unproven()
        self.encoded += 1
        keen = self._keen(body, emitted_at, found)
        value = b"".join((body[:-1], _KEEN, keen, _EXTRACTED_AT, emitted_at, self._tail))
        # In an object that was empty nothing comes before `keen`, no comma either.
        return b"{" + value[len(body) :] if body[1] != _QUOTE and _EMPTY.fullmatch(body) else value

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

    def _encode_mended(self, body: bytes, emitted_at: bytes, source: Any, changes: list[Change]) -> bytes:
        if not isinstance(source, dict):
            raise ValueError("the data of a record has to be an object")
        self.encoded += 1
        incoming = set(changes)
        data = mend.mend(source, changes)
        self._shape.keeps(data)
        keen = self._keen(body, emitted_at, self._timestamp.find(source))
        added = b"".join((_KEEN, keen, _EXTRACTED_AT, emitted_at, self._generation))

        def write(data: dict[str, Any], changes: list[Change]) -> bytes:
            start = lenient.dumps(data)[:-1] + added if data else b"{" + added[1:]
            return start + self._meta(changes) + b"}"

        value = mend.fit(data, changes, self._keys, write)
        self._count([change for change in changes if change not in incoming])
        return value

    def _keen(self, body: bytes, emitted_at: bytes, found: Any) -> bytes:
        moment = self._timestamp.read(found)
        if moment is None:
            moment = from_milliseconds(int(emitted_at))
            self.counts.fallbacks += self._timestamp.path is not None
        if self._token is not None:
            moment = f'{moment}","uniqueness_token":"{self._token(body)}'
        return moment.encode()

    def _meta(self, changes: list[Change]) -> bytes:
        meta: dict[str, Any] = dict(self._sync)
        if changes:
            meta["changes"] = [change._asdict() for change in changes]
        return b',"_airbyte_meta":' + _encode(meta) if meta else b""

    def _count(self, changes: list[Change]) -> None:
        counts = self.counts
        counts.mended += bool(changes)
        for change in changes:
            counts.nulled += change.change == mend.NULLED
            counts.truncated += change.change == mend.TRUNCATED
            counts.renamed += change.change == mend.RENAMED


def noted(record: Record) -> list[Change]:
    """What the source noted in a record's meta that it changed in its data."""
    if type(record) is LenientRecord:
        meta: Any = record.notes
    else:
        meta = None if record.meta == NULL else lenient.loads(bytes(record.meta))
    listed = meta.get("changes") if isinstance(meta, dict) else None
    if not isinstance(listed, list):
        return []
    return [Change.of(*map(change.get, Change._fields)) for change in listed if isinstance(change, dict)]
