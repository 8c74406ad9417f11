"""I10: every event sent obeys Keen's rules, as the sandbox reads them, and says what had to be changed."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from destination_keen.event import Encoder
from destination_keen.protocol import Record, decode
from destination_keen.timestamp import BY_EMISSION
from keen_sandbox.readings import Readings
from keen_sandbox.rules import Event, examine

ADDITIONS = b'"keen":{"timestamp":"2023-11-14T22:13:20.123Z"},"_airbyte_extracted_at":1700000000123'
NOW = datetime(2024, 5, 6, tzinfo=timezone.utc)
SCHEMA = {
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": ["null", "string"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "user": {"type": "object", "properties": {"id": {"type": "integer"}}},
    }
}

# Of the two ways to count the characters of a string, the one that counts more.
STRICT = Readings(string_units="utf16")
RESERVED = st.sampled_from(["keen", "keen_", "_airbyte_meta", "_airbyte_extracted_at", "_airbyte_generation_id"])
NAMES = (
    RESERVED
    | st.sampled_from(["id", "a", "a.b", "a_b", "$a", "$", ".", "x" * 255, "x" * 256, "y" * 300 + ".z", "\ud800"])
    | st.text(st.characters(exclude_categories=()), min_size=1, max_size=6)
)
LONG_STRINGS = st.builds(
    lambda character, length: character * length,
    st.sampled_from(["x", "é", "😀", "\ud83d"]),
    st.sampled_from([4_999, 5_000, 9_998, 9_999, 10_000, 10_001]),
)
NUMBERS = st.from_regex(r"-?(0\.0|[1-9][0-9]{0,24}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?)", fullmatch=True)
EDGES = st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "1e308", "1e309", "1.10", "0.1", "1E5", "0.30000000000000004", "9" * 400]
) | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1]).map(str)


def _string(text: str, escaped: bool) -> str:
    half_pair = any("\ud800" <= character <= "\udfff" for character in text)
    return json.dumps(text, ensure_ascii=escaped or half_pair)


def _objects(names: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.dictionaries(names, values, max_size=5).map(
        lambda members: "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in members.items()) + "}"
    )


STRINGS = st.builds(_string, st.text(st.characters(exclude_categories=())) | LONG_STRINGS, st.booleans())
LARGE = EDGES | LONG_STRINGS.map(json.dumps)
VALUES = st.recursive(
    st.sampled_from(["null", "true", "false"]) | NUMBERS | EDGES | STRINGS,
    lambda below: _objects(NAMES, below) | st.lists(below, max_size=4).map(lambda items: "[" + ",".join(items) + "]"),
    max_leaves=10,
)


class Number(NamedTuple):
    """The exact value of a number: sign, digits and the place of the first of them, however it is written."""

    sign: int
    digits: str
    place: int


class Difference(NamedTuple):
    """What an event has changed, compared with its record: the field as the source named it."""

    field: str
    change: str


def _number(text: str) -> Number:
    number = Decimal(text)
    return Number(number.is_signed(), "".join(map(str, number.as_tuple().digits)).rstrip("0"), number.adjusted())


_exactly = json.JSONDecoder(parse_int=_number, parse_float=_number).decode


def _differences(source: dict[str, Any], event: dict[str, Any], path: str = "") -> Iterator[Difference]:
    """Compare member by member: an event keeps the order of the source and has its additions at the end."""
    for (name, value), (kept_name, kept) in zip(source.items(), event.items(), strict=False):
        field = f"{path}{name}"
        if name != kept_name:
            yield Difference(field, "RENAMED")
        yield from _of_values(value, kept, field)


def _of_values(value: Any, kept: Any, field: str) -> Iterator[Difference]:
    if isinstance(value, dict) and isinstance(kept, dict):
        assert len(value) == len(kept)
        yield from _differences(value, kept, f"{field}.")
    elif type(value) is list and type(kept) is list:
        for item, kept_item in zip(value, kept, strict=True):
            yield from _of_values(item, kept_item, field)
    elif value != kept or type(value) is not type(kept):
        yield Difference(field, "NULLED" if kept is None else "TRUNCATED")


def _record(data: bytes) -> Record:
    record = decode(b'{"type":"RECORD","record":{"stream":"s","data":%b,"emitted_at":1700000000123}}' % data)
    assert isinstance(record, Record)
    return record


def _listed(event: dict[str, Any]) -> set[Difference]:
    changes = event.get("_airbyte_meta", {}).get("changes", [])
    return {Difference(each["field"], each["change"]) for each in changes}


def _check(encoder: Encoder, text: str) -> None:
    data = text.encode()
    value = encoder.encode(_record(data))
    assert isinstance(examine("c", value, NOW, STRICT), Event)
    event = _exactly(value.decode())
    found = {
        Difference(re.sub("[\ud800-\udfff]", "\ufffd", field[:1_000]), change)
        for field, change in _differences(_exactly(text), event)
    }
    assert _listed(event) == found
    if not found:
        assert value == (data[:-1] + b"," if len(data) > 2 else b"{") + ADDITIONS + b"}"


@given(st.lists(_objects(NAMES, VALUES), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_i10_nothing_keen_would_drop_and_every_change_is_listed(records: list[str]) -> None:
    encoder = Encoder(BY_EMISSION)
    for text in records:
        _check(encoder, text)


@given(st.lists(_objects(st.sampled_from(["id", "name", "tags", "user", "more"]), LARGE | VALUES), max_size=3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_i10_a_schema_is_not_believed_where_its_records_are_different(records: list[str]) -> None:
    encoder = Encoder(BY_EMISSION, schema=SCHEMA)
    for text in records:
        _check(encoder, text)


@given(
    st.integers(60, 200), st.integers(2_000, 12_000), st.booleans(), st.sampled_from(["x", "é", "😀", "\n", "\ud800"])
)
@settings(max_examples=20, deadline=None)
def test_i10_an_event_is_never_too_large_and_keeps_its_key(
    count: int, longest: int, nested: bool, character: str
) -> None:
    texts = [character * (i * 7_919 % longest) for i in range(count)]
    source = {"id": "k" * 5_000, **{f"p{i}": {"a": text} if nested else text for i, text in enumerate(texts)}}
    encoder = Encoder(BY_EMISSION, keys=frozenset({("id",)}), generation_id=7, sync_id=8)
    value = encoder.encode(_record(json.dumps(source).encode()))
    assert isinstance(examine("c", value, NOW, STRICT), Event)
    event = json.loads(value)
    assert event["id"] == "k" * 5_000
    assert event["_airbyte_generation_id"] == 7
    found = set(_differences(source, event))
    assert found <= _listed(event)
    assert {each.field for each in found} == {each.field for each in _listed(event)}
