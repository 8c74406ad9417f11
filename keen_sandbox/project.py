"""Who may do what: the one project of a local Keen, its three keys, and the access keys that were made for it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from keen_sandbox.keys import AccessKeys, Grant, Scope

_GRANTS = {
    "master_key": Grant(frozenset(Scope)),
    "write_key": Grant(frozenset({Scope.WRITES})),
    "read_key": Grant(frozenset(Scope) - {Scope.WRITES, Scope.ADMIN}),
}


@dataclass(frozen=True)
class Project:
    """A Keen project. The keys are opaque strings, compared in constant time and never in a repr."""

    project_id: str
    master_key: str = field(repr=False)
    write_key: str = field(repr=False)
    read_key: str = field(repr=False)
    access_keys: AccessKeys = field(default_factory=AccessKeys, repr=False)

    def grant_of(self, key: str) -> Grant | None:
        """Tell what the bearer of a key may do; None for a key that is not, or no longer, one of this project."""
        given = key.encode()
        for name, grant in _GRANTS.items():
            if hmac.compare_digest(given, getattr(self, name).encode()):
                return grant
        return self.access_keys.grant_of(key)
