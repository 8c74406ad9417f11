"""A stream's JSON schema, compiled into a decoder that accepts only records that Keen keeps as they are.

The decoder knows the names that the schema declares and refuses all others; it bounds strings and integers as Keen
does. What it refuses is not wrong: it is looked at again, name by name and value by value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from destination_keen import schemas
from destination_keen.mend import RESERVED, SURELY_SHORT, name_is_kept
from destination_keen.protocol import Path

# What JSON escapes in a name, which msgspec's structs do not take.
_ESCAPED = re.compile(r"[\x00-\x1f\"\\\\]")
# More properties than Keen documents for a collection are counted, which is not done here.
_MOST_NAMES = 1_000
_DEEPEST = 20
_UNDECLARED = "undeclared"

_Scalar = (
    Annotated[str, Meta(max_length=SURELY_SHORT)]
    | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    | float
    | bool
    | None
)
_ScalarOrList = _Scalar | list[_Scalar]

_SCALARS = {"string", "integer", "number", "boolean", "null"}


class _UnprovableError(Exception):
    """The schema leaves open what may come."""


def compile_proof(schema: Any, path: Path) -> Callable[[bytes], Any] | None:
    """Make a function that proves a record's data (JSON) and gives the value at `path`, None where there is none.

    The function raises a ValueError where the data is not proven. None: the schema does not say enough for a proof.
    """
    try:
        if _names_in(schema, 1) > _MOST_NAMES:
            return None
        decode = msgspec.json.Decoder(_struct(schema, 1)).decode
    except _UnprovableError:
        return None
    attributes = _attributes(schema, path)

    # A stream without a time asks for an attribute that no record has.
    first, *others = attributes or [_UNDECLARED]

    def prove(data: bytes) -> Any:
        return getattr(decode(data), first, None)

    def prove_nested(data: bytes) -> Any:
        value: Any = decode(data)
        for attribute in attributes:
            value = getattr(value, attribute, None)
        return value

    return prove_nested if others else prove


def _names_in(schema: Any, depth: int) -> int:
    if depth > _DEEPEST:
        raise _UnprovableError
    names = schemas.properties(schema)
    below = [*names.values(), *([schemas.items(schema)] if schemas.items(schema) else [])]
    return len(names) + sum(_names_in(each, depth + 1) for each in below)


def _struct(schema: Any, depth: int) -> type[msgspec.Struct]:
    names = schemas.properties(schema)
    reserved = RESERVED if depth == 1 else frozenset[str]()
    if not names:
        raise _UnprovableError
    if not all(name_is_kept(name) and name not in reserved and not _ESCAPED.search(name) for name in names):
        raise _UnprovableError
    return msgspec.defstruct(
        "Data",
        [(f"f{i}", _accepted(each, depth), None) for i, each in enumerate(names.values())],
        rename={f"f{i}": name for i, name in enumerate(names)},
        forbid_unknown_fields=True,
        gc=False,
    )


def _accepted(schema: Any, depth: int) -> Any:
    types = schemas.types(schema)
    if types - {"null"} == {"object"}:
        return _struct(schema, depth + 1) | None
    if types and types <= _SCALARS:
        return _Scalar
    in_list = schemas.types(schemas.items(schema))
    # Where the schema does not say what comes, most often it is one of these.
    if types <= _SCALARS | {"array"} and in_list <= _SCALARS:
        return _ScalarOrList
    if types - {"null"} == {"array"} and in_list - {"null"} == {"object"}:
        return list[_struct(schemas.items(schema), depth + 2) | None] | None  # type: ignore[misc]
    raise _UnprovableError


def _attributes(schema: Any, path: Path) -> list[str]:
    attributes = []
    for name in path:
        names = list(schemas.properties(schema))
        # A field that the schema does not declare is in no record that is proven.
        attributes.append(f"f{names.index(name)}" if name in names else _UNDECLARED)
        schema = schemas.properties(schema).get(name)
    return attributes
