"""A compiled schema proves what Keen keeps and nothing else, and the event is the same with it and without."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_keen.event import Encoder
from destination_keen.proof import compile_proof
from destination_keen.protocol import Record
from destination_keen.timestamp import BY_EMISSION, choose

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "at": {"type": ["null", "string"], "format": "date-time"},
        "place": {"type": ["null", "object"], "properties": {"city": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "lines": {
            "type": ["null", "array"],
            "items": {"type": ["null", "object"], "properties": {"sku": {"type": "string"}}},
        },
    },
}


def proven(data: str, path: tuple[str, ...] = ("at",)) -> Any:
    prove = compile_proof(SCHEMA, path)
    assert prove is not None
    return prove(data.encode())


def test_proven_data_gives_the_value_at_the_path() -> None:
    data = '{"id": 1, "at": "2026-01-01", "place": {"city": "Bern"}, "tags": ["a", 1, null]}'
    assert proven(data) == "2026-01-01"
    assert proven(data, ("place", "city")) == "Bern"
    assert proven(data, ("nowhere",)) is None
    assert proven(data, ()) is None


def test_a_value_that_is_not_there_is_none() -> None:
    assert proven("{}") is None
    assert proven('{"place": null}', ("place", "city")) is None


@pytest.mark.parametrize(
    "data",
    [
        '{"unknown": 1}',
        '{"place": {"unknown": 1}}',
        '{"id": 9223372036854775808}',
        '{"id": -9223372036854775809}',
        '{"id": 1e400}',
        '{"at": "%s"}' % ("x" * 5_000),
        '{"tags": ["%s"]}' % ("x" * 5_000),
        '{"tags": [[1]]}',
        '{"tags": [{"a": 1}]}',
        '{"lines": [{"sku": "a"}, {"unknown": 1}]}',
        '{"lines": [{"sku": 9223372036854775808}]}',
        '{"lines": ["text"]}',
        '{"lines": {"sku": "a"}}',
        '{"at": {"a": 1}}',
        '{"at": "\\ud800"}',
        '{"id": NaN}',
        "[]",
        "null",
        "{",
    ],
)
def test_what_is_not_proven_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        proven(data)


@pytest.mark.parametrize(
    "data",
    [
        '{"lines": [{"sku": "a"}, null, {}]}',
        '{"lines": null}',
        '{"id": 9223372036854775807}',
        '{"id": -9223372036854775808}',
        '{"id": "text, whatever the schema says"}',
        '{"id": 1.5}',
        '{"at": "%s"}' % ("ü" * 4_999),
    ],
)
def test_the_limits_themselves_are_proven(data: str) -> None:
    proven(data)


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        {},
        {"properties": {}},
        {"properties": {"mixed": {"type": ["string", "object"]}}},
        {"properties": {"an.d": {"type": "string"}}},
        {"properties": {"keen": {"type": "string"}}},
        {"properties": {"open": {"type": "object"}}},
        {"properties": {"rows": {"type": "array", "items": {"type": "object"}}}},
        {"properties": {f"p{i}": {"type": "string"} for i in range(1_001)}},
    ],
)
def test_a_schema_that_leaves_open_what_may_come_is_not_compiled(schema: Any) -> None:
    assert compile_proof(schema, ()) is None


@pytest.mark.parametrize("open_schema", [{}, True, {"type": "array"}, {"type": "array", "items": {}}])
def test_a_field_without_a_type_may_hold_scalars_and_lists_of_them(open_schema: Any) -> None:
    prove = compile_proof({"properties": {"any": open_schema}}, ("any",))
    assert prove is not None
    assert prove(b'{"any": [1, "a"]}') == [1, "a"]
    with pytest.raises(ValueError, match="Expected"):
        prove(b'{"any": {"a": 1}}')


def test_a_reserved_name_below_the_root_is_compiled() -> None:
    schema = {"properties": {"below": {"type": "object", "properties": {"keen": {"type": "string"}}}}}
    prove = compile_proof(schema, ("below", "keen"))
    assert prove is not None
    assert prove(b'{"below": {"keen": "x"}}') == "x"


SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8)
NAMES = st.sampled_from(["id", "at", "place", "tags", "city", "lines", "sku", "extra", "keen", "a.b"])
VALUES = st.recursive(
    SCALARS | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.sampled_from([(), ("at",), ("place", "city"), ("id",)]))
@settings(max_examples=500, deadline=None)
def test_both_roads_give_the_same_event(data: dict[str, Any], cursor: tuple[str, ...]) -> None:
    record = Record("users", msgspec.Raw(json.dumps(data).encode()), 1_760_000_000_000)
    rule = choose(SCHEMA, cursor)
    assert Encoder(rule, SCHEMA).encode(record) == Encoder(rule).encode(record)


def test_a_schema_that_does_not_fit_its_records_is_given_up_and_the_events_stay_the_same() -> None:
    encoder, plain = Encoder(choose(SCHEMA, ()), SCHEMA), Encoder(choose(SCHEMA, ()))
    record = Record("users", msgspec.Raw(b'{"id":1,"unknown":2,"at":"2026-01-01T00:00:00Z"}'), 1_760_000_000_000)
    events = {encoder.encode(record) for _ in range(3_000)}
    assert events == {plain.encode(record)}


@pytest.mark.parametrize("name", ['"', "\\", "a\nb", "\x01"])
def test_a_property_of_any_name_may_be_declared(name: str) -> None:
    schema = {"properties": {name: {"type": "string"}}}
    record = Record("users", msgspec.Raw(json.dumps({name: "x"}).encode()), 1_760_000_000_000)
    assert json.loads(Encoder(BY_EMISSION, schema).encode(record))[name] == "x"


def test_properties_of_a_declared_stream_are_counted_where_they_are_too_many() -> None:
    branch = {"type": "object", "properties": {f"p{j}": {"type": "string"} for j in range(40)}}
    encoder = Encoder(BY_EMISSION, schema={"properties": {f"o{i}": branch for i in range(40)}})
    data = {f"o{i}": {f"p{j}": "x" for j in range(40)} for i in range(40)}
    encoder.encode(Record("users", msgspec.Raw(json.dumps(data).encode()), 1_760_000_000_000))
    assert encoder.properties > 1_000
