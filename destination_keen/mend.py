"""What Keen would drop without a word is changed so that Keen keeps it, and every change is listed.

The rules are those of Keen's data modelling guide and API reference; the words for changes are those of Airbyte's
`AirbyteRecordMessageMetaChange`, and RENAMED for a property whose name had to change, which Airbyte has no word for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from destination_keen import lenient
from destination_keen.protocol import Path

LONGEST_NAME = 255
LONGEST_TEXT = 9_999
SURELY_SHORT = LONGEST_TEXT // 2
"""A string of so many code points is short enough, whatever is in it."""
LARGEST_EVENT = 900_000
# Far deeper than real data, and well within what Python's own stack and Keen's Java client (1,000) can walk.
DEEPEST = 200

RESERVED = frozenset({"keen", "_airbyte_extracted_at", "_airbyte_generation_id", "_airbyte_meta"})
"""Root properties that the event itself needs."""

NULLED, TRUNCATED, RENAMED = "NULLED", "TRUNCATED", "RENAMED"
FIELD_SIZE = "DESTINATION_FIELD_SIZE_LIMITATION"
RECORD_SIZE = "DESTINATION_RECORD_SIZE_LIMITATION"
SERIALIZATION = "DESTINATION_SERIALIZATION_ERROR"

# The least that an entry in the list of changes takes: nulling a value that is not larger would save nothing.
_WORTH_NULLING = 100
_LONGEST_FIELD = 1_000
_DIGEST = 8
_HALF_PAIR = re.compile("[\ud800-\udfff]")


class Change(NamedTuple):
    """One mend: the path of the property as the source named it, what was done, and why."""

    field: str
    change: str
    reason: str

    @classmethod
    def of(cls, field: Any, change: Any, reason: Any) -> Change:
        """Make a change whose texts Keen keeps, of whatever was found."""
        return cls(*(_whole(str(part)[:_LONGEST_FIELD]) for part in (field, change, reason)))


def mend(data: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """Give record data that obeys Keen's rules for names and values, adding to `changes` what had to be done.

    `data` is as `lenient.loads` gives it. Order is kept; nothing is dropped.
    """
    return _object(data, "", 1, changes)


def fit(
    data: dict[str, Any],
    changes: list[Change],
    keys: frozenset[Path],
    write: Callable[[dict[str, Any], list[Change]], bytes],
) -> bytes:
    """Write an event of at most 900,000 bytes; `changes` are those that it lists.

    What is too large loses its largest values first, those at `keys` (cursor and primary key) after all others. If no
    values are left that are worth it, the properties of `keys` remain, and if even these are too large, none.
    """
    value = write(data, changes)
    if len(value) <= LARGEST_EVENT:
        return value
    if _null_largest(data, len(value) - LARGEST_EVENT, keys, changes):
        value = write(data, changes)
    for names in ({path[0] for path in keys}, set[str]()):
        if len(value) > LARGEST_EVENT:
            kept = {name: data[name] for name in data if name in names}
            changes[:] = [Change("", NULLED, RECORD_SIZE)]
            value = write(kept, changes)
    return value


def mended_name(name: str, *, root: bool) -> str:
    """Give the name under which a property is kept where no other property has that name."""
    reserved = RESERVED if root else frozenset[str]()
    return name if name_is_kept(name) and name not in reserved else _free_name(name, set(reserved))


def name_is_kept(name: str) -> bool:
    """Whether Keen keeps an event with a property of this name, at any level."""
    return (
        0 < len(name) <= LONGEST_NAME
        and name[0] != "$"
        and "." not in name
        and (name.isascii() or not _HALF_PAIR.search(name))
    )


def text_is_kept(text: str) -> bool:
    """Whether a string is short enough for Keen.

    Its guide says characters and not which: counted are UTF-16 code units, of which there are never fewer than of
    others.
    """
    if len(text) <= SURELY_SHORT or text.isascii():
        return len(text) <= LONGEST_TEXT
    return len(text.encode("utf-16-le")) <= 2 * LONGEST_TEXT


def _object(value: dict[str, Any], path: str, depth: int, changes: list[Change]) -> dict[str, Any]:
    reserved = RESERVED if depth == 1 else frozenset[str]()
    taken = {name for name in value if name_is_kept(name)} | reserved
    mended = {}
    for name, member in value.items():
        field = name if depth == 1 else f"{path}.{name}"
        kept = name
        if name in reserved or not name_is_kept(name):
            kept = _free_name(name, taken)
            taken.add(kept)
            changes.append(Change.of(field, RENAMED, SERIALIZATION))
        mended[kept] = _value(member, field, depth, changes)
    return mended


def _value(value: Any, field: str, depth: int, changes: list[Change]) -> Any:
    if isinstance(value, str):
        return _text(value, field, changes)
    if value is lenient.OUT_OF_RANGE or (isinstance(value, (dict, list)) and depth >= DEEPEST):
        changes.append(Change.of(field, NULLED, FIELD_SIZE))
        return None
    if isinstance(value, dict):
        return _object(value, field, depth + 1, changes)
    if isinstance(value, list):
        # Listed once for the whole list: an entry for each item could be larger than the event.
        below: list[Change] = []
        items = [_value(item, field, depth + 1, below) for item in value]
        changes += dict.fromkeys(below)
        return items
    return value


def _text(text: str, field: str, changes: list[Change]) -> str:
    if not text.isascii() and _HALF_PAIR.search(text):
        text = _whole(text)
        changes.append(Change.of(field, TRUNCATED, SERIALIZATION))
    if not text_is_kept(text):
        # What is left of a pair that is cut in two goes too.
        text = text[:LONGEST_TEXT].encode("utf-16-le")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")
        changes.append(Change.of(field, TRUNCATED, FIELD_SIZE))
    return text


def _free_name(name: str, taken: set[str]) -> str:
    free = _whole(name).lstrip("$").replace(".", "_") or "_"
    if len(free) > LONGEST_NAME:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
        free = f"{free[: LONGEST_NAME - _DIGEST - 1]}_{digest}"
    if free not in taken:
        return free
    stem, number = free[: LONGEST_NAME - _DIGEST], ""
    while f"{stem}_{number}" in taken:
        number = str(int(number or 1) + 1)
    return f"{stem}_{number}"


def _whole(text: str) -> str:
    return _HALF_PAIR.sub("\ufffd", text)


def _null_largest(data: dict[str, Any], excess: int, keys: frozenset[Path], changes: list[Change]) -> bool:
    for is_key in (False, True):
        leaves = [leaf for leaf in _leaves(data, ()) if (leaf[1] in keys) is is_key]
        for size, path, holder in sorted(leaves, key=lambda leaf: leaf[0], reverse=True):
            change = Change.of(".".join(path), NULLED, RECORD_SIZE)
            saved = size - len("null,") - len(lenient.dumps(change._asdict()))
            if excess > 0 and saved > 0:
                holder[path[-1]] = None
                changes.append(change)
                excess -= saved
    return excess <= 0


def _leaves(value: dict[str, Any], path: Path) -> list[tuple[int, Path, dict[str, Any]]]:
    leaves = []
    for name, member in value.items():
        if isinstance(member, dict):
            leaves += _leaves(member, (*path, name))
        elif (size := len(lenient.dumps(member))) > _WORTH_NULLING:
            leaves.append((size, (*path, name), value))
    return leaves
