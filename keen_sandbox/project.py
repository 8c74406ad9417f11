"""Who may do what: the one project of a local Keen and its three keys."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import Enum


class Role(Enum):
    """What a key is allowed to do: `MASTER` everything, `WRITE` record events, `READ` query and inspect."""

    MASTER = "master"
    WRITE = "write"
    READ = "read"


@dataclass(frozen=True)
class Project:
    """A Keen project. The keys are opaque strings, compared in constant time and never in a repr."""

    project_id: str
    master_key: str = field(repr=False)
    write_key: str = field(repr=False)
    read_key: str = field(repr=False)

    def role_of(self, key: str) -> Role | None:
        """Give the role of a key of this project, or None for a key that is not one of its three."""
        given = key.encode()
        for role, own in (
            (Role.MASTER, self.master_key),
            (Role.WRITE, self.write_key),
            (Role.READ, self.read_key),
        ):
            if hmac.compare_digest(given, own.encode()):
                return role
        return None
