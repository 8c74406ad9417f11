"""The access keys of a project: each permits some kinds of requests, adds to what it writes and narrows what it asks.

They last as long as the sandbox runs. All methods belong to one thread.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from keen_sandbox.errors import KeenError
from keen_sandbox.expressions import Values
from keen_sandbox.filters import condition


class Scope(Enum):
    """What a request needs permission for. Access keys can have all of them (API reference) but `ADMIN`."""

    WRITES = "writes"
    QUERIES = "queries"
    SAVED_QUERIES = "saved_queries"
    CACHED_QUERIES = "cached_queries"
    DATASETS = "datasets"
    SCHEMA = "schema"
    QUERY_DEFINITION = "query_definition"
    ADMIN = "admin"


@dataclass(frozen=True)
class Grant:
    """What the bearer of a key may do.

    The members of `autofill` are added to every event that is recorded, where they win over the event's own; `filters`
    are added to those of every query.
    """

    permitted: frozenset[Scope]
    autofill: dict[str, Any] = field(default_factory=dict)
    filters: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class AccessKey:
    """An access key as the API describes it."""

    key: str = field(repr=False)
    name: str
    permitted: tuple[str, ...]
    is_active: bool = True
    options: dict[str, Any] = field(default_factory=dict)

    def grant(self) -> Grant:
        """Tell what its bearer may do."""
        permitted = frozenset(Scope(each) for each in self.permitted)
        return Grant(permitted, *(_option(self.options, *path) for path in _OPTIONS))


class AccessKeys:
    """The access keys of one project, in the order in which they were made."""

    def __init__(self) -> None:
        self._by_key: dict[str, AccessKey] = {}

    def all(self) -> list[AccessKey]:
        """Give all keys, revoked ones too."""
        return list(self._by_key.values())

    def find(self, key: str) -> AccessKey:
        """Give a key. Raises KeenError with 404 for one that is not there."""
        if key not in self._by_key:
            raise KeenError("ResourceNotFoundError", "There is no such access key.", 404)
        return self._by_key[key]

    def create(self, description: Any) -> AccessKey:
        """Make a key. Raises KeenError where the description, decoded JSON, is not one of an access key."""
        return self._keep(_described(AccessKey(secrets.token_hex(32), "", ()), description))

    def update(self, key: str, description: Any) -> AccessKey:
        """Replace those properties of a key that a description has. Raises KeenError as `create` and `find` do."""
        return self._keep(_described(self.find(key), description))

    def delete(self, key: str) -> None:
        """Remove a key. Raises KeenError as `find` does."""
        del self._by_key[self.find(key).key]

    def grant_of(self, key: str) -> Grant | None:
        """Tell what the bearer of an active key may do; None for any other text."""
        for own in self._by_key.values():
            if own.is_active and hmac.compare_digest(key.encode(), own.key.encode()):
                return own.grant()
        return None

    def _keep(self, access_key: AccessKey) -> AccessKey:
        self._by_key[access_key.key] = access_key
        return access_key


_OPTIONS: tuple[tuple[str, str, Any], ...] = (("writes", "autofill", {}), ("queries", "filters", []))
_PERMITTED = frozenset(scope.value for scope in Scope) - {Scope.ADMIN.value}


def _described(access_key: AccessKey, description: Any) -> AccessKey:
    if not isinstance(description, dict):
        raise _refusal("An access key is described by a JSON object.")
    for name, (fits, what) in _PROPERTIES.items():
        if name in description and not fits(description[name]):
            raise _refusal(f"The property '{name}' of an access key has to be {what}.")
    changes = {name: description[name] for name in _PROPERTIES if name in description}
    described = replace(access_key, **changes)
    if not described.name:
        raise _refusal("An access key needs a name.")
    condition(described.grant().filters, Values())
    return replace(described, permitted=tuple(described.permitted))


def _are_options(options: Any) -> bool:
    try:
        return all(isinstance(_option(options, *path), type(path[2])) for path in _OPTIONS)
    except AttributeError:
        return False


def _option(options: Any, about: str, name: str, default: Any) -> Any:
    return options.get(about, {}).get(name, default)


def _refusal(message: str) -> KeenError:
    return KeenError("InvalidParameterError", message)


_PROPERTIES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda given: isinstance(given, str), "a string"),
    "is_active": (lambda given: isinstance(given, bool), "true or false"),
    "permitted": (
        lambda given: isinstance(given, list) and all(isinstance(each, str) and each in _PERMITTED for each in given),
        f"a list of {', '.join(sorted(_PERMITTED))}",
    ),
    "options": (_are_options, "an object, in which writes.autofill is an object and queries.filters a list"),
}
