"""Keen's rules for an event, read strictly: what came in becomes the event that Keen would store, or a reason.

The rules are those of Keen's data modelling guide, of its inbound cluster page and of its official clients.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, NamedTuple

from keen_sandbox.addons import enrich, read_addons
from keen_sandbox.errors import KeenError
from keen_sandbox.instants import normalise_instant, write_instant
from keen_sandbox.json_text import read_members, write_member
from keen_sandbox.properties import check_property, invalid_value, too_deep
from keen_sandbox.readings import USUAL, Readings

NO_AUTOFILL: Mapping[str, Any] = {}
_EVENT_BYTES = 900_000
_TOKEN_CHARACTERS = 64
KEPT_CHARACTERS = 2_000

_collection = re.compile(r"(?![_.])[\x20-\x7e]{1,64}(?<!\.)").fullmatch


class Event(NamedTuple):
    """An event as it is stored: `body` is its JSON text with the final `keen` object, the rest repeats parts of it."""

    collection: str
    timestamp: str
    created_at: str
    token: str | None
    body: str


class Dropped(NamedTuple):
    """What Keen would drop: its error code as `reason`, a sentence, and the beginning of what came in."""

    collection: str
    reason: str
    explanation: str
    received_at: str
    event: str


def examine(
    collection: str,
    value: bytes | None,
    received_at: datetime,
    readings: Readings = USUAL,
    autofill: Mapping[str, Any] = NO_AUTOFILL,
) -> Event | Dropped:
    """Apply every rule to one event; `value` is what a message or a request carries, None for a Kafka tombstone.

    `received_at` (aware) becomes `keen.created_at`, and `keen.timestamp` where the event has none. The members of
    `autofill` are put into the event before it is judged; objects on both sides are merged.
    """
    try:
        check_collection(collection)
        return _event(collection, value, write_instant(received_at), readings.length, autofill)
    except KeenError as error:
        kept = (value or b"")[: 4 * KEPT_CHARACTERS].decode(errors="replace")[:KEPT_CHARACTERS]
        return Dropped(collection, error.code, error.message, write_instant(received_at), kept)


def check_collection(name: str) -> None:
    """Refuse, with a KeenError, a name that Keen's data modelling guide does not allow for a collection."""
    if not _collection(name) or "$" in name:
        raise KeenError(
            "InvalidCollectionNameError",
            "A collection name has 1 to 64 ASCII characters, no line break and no $, does not start with _ "
            "and neither starts nor ends with a dot.",
        )


def _event(
    collection: str,
    value: bytes | None,
    created_at: str,
    length: Callable[[str], int],
    autofill: Mapping[str, Any],
) -> Event:
    content, texts = _read(value)
    _merge(content, autofill)
    rewritten = {name for name, part in content.items() if check_property(name, part, length)} | autofill.keys()
    keen = content["keen"] = _keen(content.get("keen", {}))
    addons = read_addons(keen.pop("addons", []))
    keen.setdefault("timestamp", created_at)
    keen |= {"created_at": created_at, "id": secrets.token_hex(12)}
    texts |= {name: write_member(name, content[name]) for name in {"keen"} | rewritten | enrich(content, addons)}
    body = "{" + ",".join(texts.values()) + "}"
    return Event(collection, keen["timestamp"], created_at, keen.get("uniqueness_token"), body)


def _read(value: bytes | None) -> tuple[dict[str, Any], dict[str, str]]:
    if value is None:
        raise KeenError("InvalidEventError", "A message without a value is no event.")
    if len(value) > _EVENT_BYTES:
        raise KeenError("InvalidEventError", f"The event has {len(value)} bytes; at most 900,000 are allowed.")
    try:
        return read_members(value.decode())
    except UnicodeDecodeError as error:
        raise KeenError("InvalidEventError", f"The event is not UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        message = f"The event is not a JSON object: {error.msg} at character {error.pos}."
        raise KeenError("InvalidEventError", message) from error
    except RecursionError as error:
        raise too_deep() from error
    except ValueError as error:
        raise KeenError("InvalidPropertyValueError", "An integer does not fit into 64 bits.") from error


def _merge(content: dict[str, Any], autofill: Mapping[str, Any]) -> None:
    for name, value in autofill.items():
        own = content.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            _merge(own, value)
        else:
            content[name] = deepcopy(value)


def _keen(namespace: Any) -> dict[str, Any]:
    """Check the `keen` object that a client sent, and leave out what only the service sets."""
    if not isinstance(namespace, dict):
        raise KeenError("NamespaceTypeError", "The property 'keen' has to be an object.")
    keen = {name: value for name, value in namespace.items() if name not in ("id", "created_at")}
    for name in keen.keys() - {"timestamp", "addons", "location", "uniqueness_token"}:
        raise KeenError("InvalidKeenNamespaceProperty", f"The keen object has no property '{name}'.")
    if "timestamp" in keen:
        try:
            keen["timestamp"] = normalise_instant(keen["timestamp"])
        except (TypeError, ValueError) as error:
            raise invalid_value("keen.timestamp", "is not an ISO 8601 date and time") from error
    if "uniqueness_token" in keen:
        token = keen["uniqueness_token"]
        if not isinstance(token, str) or not 0 < len(token) <= _TOKEN_CHARACTERS:
            raise invalid_value("keen.uniqueness_token", "is not a string of 1 to 64 characters")
    return keen
