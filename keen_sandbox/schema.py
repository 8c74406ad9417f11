"""The schema of a collection, as Keen infers it: the dotted path of every property, and its type."""

from __future__ import annotations

import json
from typing import Any

from keen_sandbox.store import Store

_TYPES = {"BOOLEAN": "bool", "BIGINT": "num", "UBIGINT": "num", "HUGEINT": "num", "DOUBLE": "num", "NULL": "null"}
_INSTANTS = ("keen.timestamp", "keen.created_at")


def infer_schema(store: Store, collection: str) -> dict[str, str]:
    """Infer the properties of a collection from the events it holds; a collection that does not exist has none.

    The types are those of Keen's data modelling guide: `string`, `num`, `bool`, `array` and, for Keen's own instants,
    `datetime`; `null` where no event has a value. A property of several types counts as a string.
    """
    statement = "SELECT json_group_structure(body) FROM events WHERE collection = $collection"
    [(structure,)] = store.select(statement, {"collection": collection})
    properties: dict[str, str] = {}
    _collect(json.loads(structure or "{}"), "", properties)
    return properties


def _collect(structure: dict[str, Any], prefix: str, properties: dict[str, str]) -> None:
    for name, kind in structure.items():
        path = prefix + name
        if isinstance(kind, dict):
            _collect(kind, path + ".", properties)
        elif isinstance(kind, list):
            properties[path] = "array"
        else:
            properties[path] = "datetime" if path in _INSTANTS else _TYPES.get(kind, "string")
