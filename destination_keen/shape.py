"""The property names that a stream is known to use: each is checked against Keen's rules once, and counted.

Walking a record along its stream's shape proves that Keen keeps it as it is.
"""

from __future__ import annotations

from typing import Any

from destination_keen.mend import DEEPEST, RESERVED, SURELY_SHORT, name_is_kept, text_is_kept

# Names of a stream that are remembered; those beyond are checked each time they come. Bounds memory.
_REMEMBERED = 10_000
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


class Names:
    """How many names are remembered for a stream, and how many of them are properties of its collection."""

    __slots__ = ("properties", "remembered")

    def __init__(self) -> None:
        self.properties = 0
        self.remembered = 0


class Shape:
    """What is known of the objects in one place of a stream's records: their names, and the shapes below these."""

    __slots__ = ("_counted", "_items", "_known", "_names")

    def __init__(self, names: Names, *, counted: bool = True) -> None:
        self._names = names
        self._counted = counted
        self._known: dict[str, Shape] = {}
        self._items: Shape | None = None

    def keeps(self, data: dict[str, Any], depth: int = 1) -> bool:
        """Whether Keen keeps the object as it is. False is not a verdict: the mends have the last word.

        `data` is decoded by msgspec, whose floats are finite.
        """
        if depth > DEEPEST:
            return False
        known = self._known
        for name, value in data.items():
            below = known.get(name) or self._learn(name, depth)
            if below is None:
                return False
            kind = type(value)
            if kind is str:
                if len(value) > SURELY_SHORT and not text_is_kept(value):
                    return False
            elif kind is int:
                if not _SMALLEST <= value <= _LARGEST:
                    return False
            elif kind is dict:
                if not below.keeps(value, depth + 1):
                    return False
            elif kind is list and not below._keeps_items(value, depth + 1):
                return False
        return True

    def _keeps_items(self, items: list[Any], depth: int) -> bool:
        if depth > DEEPEST:
            return False
        for value in items:
            kind = type(value)
            if kind is str:
                if len(value) > SURELY_SHORT and not text_is_kept(value):
                    return False
            elif kind is int:
                if not _SMALLEST <= value <= _LARGEST:
                    return False
            elif kind is dict:
                if self._items is None:
                    # Keen counts a list as one property, whatever is in it.
                    self._items = Shape(self._names, counted=False)
                if not self._items.keeps(value, depth + 1):
                    return False
            elif kind is list and not self._keeps_items(value, depth + 1):
                return False
        return True

    def _learn(self, name: str, depth: int) -> Shape | None:
        if not name_is_kept(name) or (depth == 1 and name in RESERVED):
            return None
        below = Shape(self._names, counted=self._counted)
        if self._names.remembered < _REMEMBERED:
            self._known[name] = below
            self._names.remembered += 1
            self._names.properties += self._counted
        return below
