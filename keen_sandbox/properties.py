"""Keen's rules for the names and the values of properties, at every level of an event."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Any

from keen_sandbox.errors import KeenError
from keen_sandbox.json_text import Repeated

_STRING_CHARACTERS = 10_000
_NAME_CHARACTERS = 255
_LEVELS = 1_000

_surrogate = re.compile("[\ud800-\udfff]").search


def check_property(name: str, value: Any, length: Callable[[str], int] = len) -> bool:
    """Check a root property with all that it holds, and tell whether an object in it repeats a name.

    The limits are those of Keen's data modelling guide; the depth is the one its Java client allows. `length` counts
    the characters of a string. Raises KeenError with the rule that is broken first, from the outer levels to the inner
    ones.
    """
    check_name(name)
    if isinstance(value, (dict, list)):
        return _check_levels(name, value, length)
    _check_primitive(name, value, length)
    return False


@lru_cache(maxsize=10_000)
def check_name(name: str) -> None:
    """Refuse, with a KeenError, what is not allowed as the name of a property at any level."""
    if not name.isascii() and _surrogate(name):
        raise KeenError("InvalidPropertyNameError", "A property name holds half of a surrogate pair.")
    if not 0 < len(name) <= _NAME_CHARACTERS or "." in name or name[0] == "$":
        raise KeenError(
            "InvalidPropertyNameError",
            f"The property name '{name[:_NAME_CHARACTERS]}' is not allowed: a name has 1 to 255 characters, "
            "no dot, and does not start with $.",
        )


def invalid_value(name: str, what: str) -> KeenError:
    """Say that the value of a property breaks a rule; `what` completes the sentence."""
    return KeenError("InvalidPropertyValueError", f"The property '{name}' {what}.")


def too_deep() -> KeenError:
    """Say that an event is nested too deeply."""
    return KeenError("InvalidEventError", "The event is nested deeper than 1,000 levels.")


def _check_levels(root: str, value: Any, length: Callable[[str], int]) -> bool:
    repeats = False
    level = [value]
    for _ in range(_LEVELS):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                repeats |= isinstance(item, Repeated)
                for name in item:
                    check_name(name)
                below += item.values()
            elif isinstance(item, list):
                below += item
            else:
                _check_primitive(root, item, length)
        if not below:
            return repeats
        level = below
    raise too_deep()


def _check_primitive(root: str, value: Any, length: Callable[[str], int]) -> None:
    kind = type(value)
    if kind is str:
        if length(value) >= _STRING_CHARACTERS:
            raise invalid_value(root, f"holds a string of {length(value)} characters, and 9,999 are the most")
        if not value.isascii() and _surrogate(value):
            raise KeenError("InvalidEventError", f"The property '{root}' holds half of a surrogate pair.")
    elif kind is int and not -(2**63) <= value < 2**63:
        raise invalid_value(root, "holds an integer that does not fit into 64 bits")
    elif kind is float and not isfinite(value):
        raise invalid_value(root, "holds a number that is not finite")
