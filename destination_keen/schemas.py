"""What a stream's JSON schema declares, read leniently: schemas in the wild are incomplete or not even objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def properties(schema: Any) -> Mapping[str, Any]:
    """Give the properties that a schema declares, by name."""
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def items(schema: Any) -> Any:
    """Give what a schema declares for the items of a list, None where it declares nothing."""
    return schema.get("items") if isinstance(schema, Mapping) else None


def declared(schema: Any, path: Sequence[str]) -> Any:
    """Give what a schema declares for the field at a path, None where it declares nothing."""
    for name in path:
        schema = properties(schema).get(name)
    return schema


def types(schema: Any) -> set[str]:
    """Give the JSON types that a schema allows, "null" among them; empty where it does not say."""
    if not isinstance(schema, Mapping):
        return set()
    if options := _options(schema):
        return {name for option in options for name in types(option)}
    named = schema.get("type")
    return {named} if isinstance(named, str) else {name for name in _listed(named) if isinstance(name, str)}


def forms(schema: Any) -> set[str]:
    """Give the values of `format` and `airbyte_type` in a schema and its options."""
    if not isinstance(schema, Mapping):
        return set()
    own = {form for form in (schema.get("format"), schema.get("airbyte_type")) if isinstance(form, str)}
    return own.union(*(forms(option) for option in _options(schema)))


def _options(schema: Mapping[str, Any]) -> list[Any]:
    return _listed(schema.get("oneOf")) or _listed(schema.get("anyOf"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
