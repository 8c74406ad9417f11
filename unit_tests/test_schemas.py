"""Schemas as they are found in the wild."""

from __future__ import annotations

from typing import Any

import pytest

from destination_keen.schemas import declared, forms, properties, types


@pytest.mark.parametrize("schema", [None, True, [], "string", {}, {"properties": []}, {"properties": None}])
def test_what_is_not_a_schema_declares_nothing(schema: Any) -> None:
    assert properties(schema) == {}
    assert types(schema) == set()
    assert forms(schema) == set()
    assert declared(schema, ["a", "b"]) is None


def test_a_nested_field_is_found_by_its_path() -> None:
    schema = {"properties": {"a": {"properties": {"b": {"type": "string"}}}}}
    assert declared(schema, ["a", "b"]) == {"type": "string"}
    assert declared(schema, ["a", "c"]) is None
    assert declared(schema, []) is schema


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, {"string"}),
        ({"type": ["null", "integer"]}, {"null", "integer"}),
        ({"type": ["null", 5]}, {"null"}),
        ({"oneOf": [{"type": "string"}, {"type": ["null", "object"]}]}, {"string", "null", "object"}),
        ({"anyOf": [{"type": "number"}, True]}, {"number"}),
        ({"oneOf": None, "type": "boolean"}, {"boolean"}),
    ],
)
def test_types_are_those_of_the_schema_or_of_its_options(schema: Any, expected: set[str]) -> None:
    assert types(schema) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"format": "date-time"}, {"date-time"}),
        ({"airbyte_type": "timestamp_with_timezone", "format": "date-time"}, {"timestamp_with_timezone", "date-time"}),
        ({"oneOf": [{"type": "null"}, {"format": "date"}]}, {"date"}),
        ({"format": 5}, set()),
    ],
)
def test_forms_are_those_of_the_schema_and_of_its_options(schema: Any, expected: set[str]) -> None:
    assert forms(schema) == expected
