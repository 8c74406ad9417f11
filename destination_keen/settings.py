"""One property of a JSON object that the user filled in: its type is checked, and a refusal names its title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from destination_keen.errors import ConfigError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""The hosts that are this machine: the only ones to which a key may go unencrypted."""


def json_type(value: object) -> str:
    """Name the JSON type of a decoded value, for messages that must not show the value itself."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")


def text(raw: Mapping[str, Any], name: str, title: str, default: str | None = None) -> str:
    """Give a text without the white space around it. Null is as good as missing.

    Raises:
        ConfigError: it is missing and has no default, is empty, or is no text.
    """
    value = raw.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise ConfigError(f'"{title}" ({name}) is missing. Enter it in the settings of the destination.')
    if not isinstance(value, str):
        raise ConfigError(f'"{title}" ({name}) has to be a string, not {json_type(value)}.')
    value = value.strip()
    if not value:
        raise ConfigError(f'"{title}" ({name}) is empty. Enter it in the settings of the destination.')
    if "\0" in value:
        raise ConfigError(f'"{title}" ({name}) holds a NUL character. Copy it again from Keen.')
    return value


def flag(raw: Mapping[str, Any], name: str, title: str, *, default: bool) -> bool:
    """Give a boolean. Null is as good as missing.

    Raises:
        ConfigError: it is no boolean.
    """
    value = raw.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ConfigError(f'"{title}" ({name}) has to be true or false, not {json_type(value)}.')
    return value
