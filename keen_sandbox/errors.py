"""How the local Keen says no, to a caller over HTTP or Kafka and to the user of its command."""

from __future__ import annotations


class KeenError(Exception):
    """A request or an event that Keen would refuse.

    `code` is Keen's `error_code` (the reason of a dropped event), `message` tells the caller what to change, and
    `status` is the HTTP status of a request that fails with it.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class StoreError(Exception):
    """The event store cannot be opened or written; the message tells the user why, and what to do."""


class RefusedError(Exception):
    """The command cannot do what it was asked for. The text says why, and what to do."""
