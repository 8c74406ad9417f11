"""Every failure of the connector is one of these, and says what happened, which setting is meant and what to do.

DestinationError                what Airbyte shows, and how it may react
├── ConfigError                 a person has to act; Airbyte does not retry
│   ├── AuthenticationError     Keen refuses the project ID or the key
│   └── PermissionDeniedError   Keen knows the key, but it may not do this
├── TransientError              the network or Keen; Airbyte retries
│   └── UndeliverableError      records were not delivered within the delivery timeout
├── InternalError               a fault of ours, or input that cannot be
│   └── MalformedInputError     a line on stdin that is not an Airbyte message
└── InterruptedRunError         a signal ended the run
"""

from __future__ import annotations

import traceback
from typing import ClassVar, Literal

FailureType = Literal["config_error", "transient_error", "system_error"]


class DestinationError(Exception):
    """What went wrong, in one sentence for the user and one for the engineer.

    `message` is shown to the user. `internal_message` is for the log; Airbyte shows it as the reason of a job that a
    `config_error` ended, so it is the message again where there is nothing to add. Neither holds the content of a
    record or a key.
    """

    failure_type: ClassVar[FailureType] = "system_error"
    exit_code: int = 1

    def __init__(self, message: str, internal_message: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.internal_message = internal_message or message


class ConfigError(DestinationError):
    """A person has to change a setting, the catalog or something in Keen. Repeating the sync does not help."""

    failure_type = "config_error"


class AuthenticationError(ConfigError):
    """Keen refuses the project ID or the key."""


class PermissionDeniedError(ConfigError):
    """Keen knows the project and the key, but the key may not do what was asked."""


class TransientError(DestinationError):
    """The network or Keen did not answer as they should. The next attempt may succeed."""

    failure_type = "transient_error"


class UndeliverableError(TransientError):
    """Keen's brokers did not take a record within the delivery timeout."""


class InternalError(DestinationError):
    """A fault of the connector, or input that no source should produce."""

    failure_type = "system_error"

    @classmethod
    def unexpected(cls, error: Exception) -> InternalError:
        """Wrap an exception that nobody foresaw: its type and where it was raised, but not its text."""
        # The text may quote a record.
        places = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
        return cls(
            "The connector failed in a way it should not. Please report it with the internal message.",
            f"{type(error).__name__} at:\n{places}",
        )


class MalformedInputError(InternalError):
    """A line on standard input that is not an Airbyte message. Names its place and length, never what it holds."""


class InterruptedRunError(DestinationError):
    """The run was ended by a signal. Its exit code is 128 and the number of the signal, as shells expect it."""

    failure_type = "transient_error"

    def __init__(self, number: int, name: str) -> None:
        super().__init__(f"The sync was stopped by {name}. The next one repeats what no state has confirmed.")
        self.exit_code = 128 + number
