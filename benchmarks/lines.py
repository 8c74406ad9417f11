"""The input of every measurement: Airbyte messages of known shapes, the same ones each time.

A block is a file of 20,000 records with a state after every 5,000. Longer inputs repeat it, which no compression
notices: a batch holds far fewer records.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

RECORDS = 20_000
RECORDS_PER_STATE = 5_000

_BEGINNING = datetime(2026, 1, 1, tzinfo=timezone.utc)
_EMITTED_AT = 1_790_000_000_000
_SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]
_COUNTRIES = ("AT", "BR", "CH", "DE", "ES", "FR", "GB", "IN", "JP", "US")

_Record = dict[str, Any]
_Maker = Callable[[Random, int], _Record]

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclass(frozen=True)
class Kind:
    """A shape of input: its name, and what makes a record of each stream from its number."""

    name: str
    streams: dict[str, _Maker]


@dataclass(frozen=True)
class Block:
    """A block on disk and the configured catalog of its streams, with its size: lines, and bytes of the average one."""

    kind: str
    path: Path
    catalog: Path
    streams: tuple[str, ...]
    lines: int
    line_bytes: int
    data_bytes: int


def _phrases() -> list[str]:
    random = Random(2)  # noqa: S311 - text, not a secret
    words = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 4))) for _ in range(2_000)]
    return [" ".join(random.choices(words, k=random.randint(1, 3))) for _ in range(2_000)]


_PHRASES = _phrases()


def _text(random: Random, size: int) -> str:
    """Phrases of which some are common and most are rare, so that they compress about as prose does."""
    phrases: list[str] = []
    while size > 0:
        phrases.append(_PHRASES[int(len(_PHRASES) * random.random() ** 2)])
        size -= len(phrases[-1]) + 1
    return " ".join(phrases)


def _time(number: int) -> str:
    return (_BEGINNING + timedelta(milliseconds=number * 1_357)).isoformat(timespec="microseconds")


def _flat(size: int) -> _Maker:
    def make(random: Random, number: int) -> _Record:
        data = {
            "id": number,
            "updated_at": _time(number),
            "reference": f"{random.getrandbits(64):016x}",
            "country": random.choice(_COUNTRIES),
            "amount": round(random.uniform(1, 5_000), 2),
            "active": random.random() < 0.7,
            "closed_at": None,
        }
        return {**data, "note": _text(random, size - len(_compact(data)) - len(',"note":""'))}

    return make


def _wide(random: Random, number: int) -> _Record:
    data: _Record = {"id": number, "updated_at": _time(number)}
    for column in range(0, 98, 7):
        data |= {
            f"count_{column}": random.randrange(100_000),
            f"price_{column}": round(random.uniform(0, 999), 2),
            f"label_{column}": _text(random, 14),
            f"flag_{column}": random.random() < 0.5,
            f"seen_on_{column}": _time(random.randrange(10**7))[:10],
            f"code_{column}": random.choice(_COUNTRIES),
            f"empty_{column}": None,
        }
    return data


def _nested(random: Random, number: int) -> _Record:
    place = {"street": _text(random, 20), "geo": {"lat": random.uniform(-90, 90), "lon": random.uniform(-180, 180)}}
    items = [
        {
            "sku": f"{random.getrandbits(40):010x}",
            "title": _text(random, 40),
            "price": {"amount": random.randrange(9_999)},
        }
        for _ in range(5)
    ]
    customer = {"name": _text(random, 15), "tags": _text(random, 40).split(), "address": place}
    return {"id": number, "updated_at": _time(number), "customer": customer, "items": items}


KINDS = (
    Kind("0.3 KB", {"orders": _flat(300)}),
    Kind("0.5 KB", {"orders": _flat(500)}),
    Kind("1 KB", {"orders": _flat(1_000)}),
    Kind("4 KB", {"orders": _flat(4_000)}),
    Kind("100 columns", {"wide": _wide}),
    Kind("nested", {"nested": _nested}),
    Kind("three streams", {"orders": _flat(500), "nested": _nested, "small": _flat(300)}),
)
USUAL = KINDS[1]
"""The kind that the targets are stated for."""


def write_block(kind: Kind, directory: Path) -> Block:
    """Write the block of a kind, and its catalog, into a folder of its own.

    Args:
        kind: what the records look like. Several streams take turns.
        directory: where the folder is made.
    """
    random = Random(kind.name)  # noqa: S311 - data, not a secret
    folder = directory / kind.name.replace(" ", "_")
    folder.mkdir()
    names = tuple(kind.streams)
    lines, data_bytes = [], 0
    for number in range(RECORDS):
        name = names[number % len(names)]
        data = _compact(kind.streams[name](random, number))
        data_bytes += len(data)
        lines.append(
            f'{{"type":"RECORD","record":{{"stream":"{name}","data":{data},"emitted_at":{_EMITTED_AT + number}}}}}'
        )
        if (number + 1) % RECORDS_PER_STATE == 0:
            lines.append(state(name, number))
    block = Block(
        kind=kind.name,
        path=folder / "block.jsonl",
        catalog=folder / "catalog.json",
        streams=names,
        lines=len(lines),
        line_bytes=sum(map(len, lines)) // len(lines),
        data_bytes=data_bytes // RECORDS,
    )
    block.path.write_text("\n".join(lines) + "\n")
    block.catalog.write_text(json.dumps(_catalog({name: make(random, 0) for name, make in kind.streams.items()})))
    return block


def state(stream: str, number: int) -> str:
    """The line of a state of one stream, told apart by `number`."""
    part = {"stream_descriptor": {"name": stream}, "stream_state": {"updated_at": _time(number)}}
    return _compact({"type": "STATE", "state": {"type": "STREAM", "stream": part, "id": number}})


def _catalog(examples: dict[str, _Record]) -> dict[str, Any]:
    moment = {"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"}
    streams = []
    for name, example in examples.items():
        schema = _declared(example)
        schema["properties"]["updated_at"] = moment
        stream = {
            "name": name,
            "json_schema": schema,
            "supported_sync_modes": ["incremental"],
        }
        modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
        streams.append({"stream": stream, **modes, "cursor_field": ["updated_at"], "primary_key": [["id"]]})
    return {"streams": streams}


def _declared(value: Any) -> dict[str, Any]:
    """Give the schema that a source would discover for a value."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {name: _declared(member) for name, member in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": _declared(value[0]) if value else {}}
    return {"type": ["null", _JSON_TYPES.get(type(value), "string")]}


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
