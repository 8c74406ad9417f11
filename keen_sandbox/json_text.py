"""Reads a JSON object member by member and keeps the text of each, so that every number stays as it came."""

from __future__ import annotations

import json
import re
from typing import Any

_MEMBER = re.compile(
    r"""[ \t\r\n]*([{,])
        [ \t\r\n]*("[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")
        [ \t\r\n]*:[ \t\r\n]*""",
    re.VERBOSE,
).match
_EMPTY = re.compile(r"[ \t\r\n]*\{[ \t\r\n]*\}[ \t\r\n]*\Z").match
_END = re.compile(r"[ \t\r\n]*\}[ \t\r\n]*\Z").match


class Repeated(dict[str, Any]):
    """An object in which a name came more than once: the last member of a name is the one that counts."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else Repeated(members)


_read = json.JSONDecoder(object_pairs_hook=_object).raw_decode
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def read_members(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the JSON object that `text` holds: the value of each member, and its text as it was written.

    A member's text is all of `"name": value`. Of members with the same name, the last one counts. `NaN` and `Infinity`
    are read as floats, for the caller to judge. Raises json.JSONDecodeError for a text that is not one JSON object,
    ValueError for an integer of more digits than Python reads, and RecursionError for a text nested deeper than it
    reads.
    """
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    opening, end = "{", 0
    while (head := _MEMBER(text, end)) and head[1] == opening:
        quoted = head[2]
        name = _read(quoted)[0] if "\\" in quoted else quoted[1:-1]
        values[name], end = _read(text, head.end())
        texts[name] = text[head.start(2) : end]
        opening = ","
    if not (_END if values else _EMPTY)(text, end):
        raise json.JSONDecodeError("not one JSON object", text, end)
    return values, texts


def write_json(value: Any) -> str:
    """Write a value as JSON without needless white space, in UTF-8's own characters."""
    return _write(value)


def write_member(name: str, value: Any) -> str:
    """Write one member of an object."""
    return f"{_write(name)}:{_write(value)}"
