"""The failures of a delivery, in the words in which every producer reports them to the user."""

from __future__ import annotations

from destination_keen.errors import (
    AuthenticationError,
    ConfigError,
    InternalError,
    PermissionDeniedError,
    TransientError,
    UndeliverableError,
)


def refused() -> AuthenticationError:
    """Keen does not accept the project ID or the key."""
    return AuthenticationError(
        'Keen rejected the "Project ID" or the "Master API Key". Copy both again from the Access page of the project in'
        " Keen; a Read Key cannot write."
    )


def not_permitted(collection: str, told: str) -> PermissionDeniedError:
    """The project and key may not write to a collection."""
    return PermissionDeniedError(
        f'Keen does not let this project and key write to the collection "{collection}". Use the Master Key or the'
        " Write Key of the project.",
        told,
    )


def no_topic(collection: str, told: str) -> ConfigError:
    """There is no topic, and the cluster does not make it."""
    return ConfigError(
        f'Keen\'s brokers have no topic for the collection "{collection}" and do not make one. Check that'
        ' "Bootstrap Servers" are those of Keen\'s inbound cluster.',
        told,
    )


def too_large(collection: str, told: str) -> ConfigError:
    """Keen accepts less than it documents."""
    return ConfigError(
        f'Keen refuses an event of the collection "{collection}" as too large, though it keeps the documented limit'
        " of 900,000 bytes. Leave large fields out of the stream, and tell Keen's support.",
        told,
    )


def not_taken(collection: str, name: str, told: str) -> TransientError:
    """A broker refused a record for a reason of its own."""
    return TransientError(
        f'Keen\'s brokers did not take a record of the collection "{collection}" ({name}). The next attempt repeats'
        " what was not confirmed.",
        told,
    )


def no_answer(addresses: str, seconds: float, last: object) -> UndeliverableError:
    """Nothing was delivered in time. `last` is what the client said last of its connections."""
    return UndeliverableError(
        f"Keen's brokers ({addresses}) took no record for {seconds:g} seconds: they cannot be reached, are overloaded,"
        " or lack replicas. The next attempt repeats what was not confirmed. If it fails again, check"
        ' "Bootstrap Servers" and the network.',
        f"Nothing was delivered for {seconds:g} seconds. Last failure: {last!r}",
    )


def client_gave_up(name: str, told: str) -> TransientError:
    """The client cannot go on: what it knows of the order of records does not agree with what a broker knows."""
    return TransientError(
        f"Keen's brokers broke off the delivery ({name}). The next attempt repeats what was not confirmed.", told
    )


def rule_broken(collection: str, code: str) -> InternalError:
    """The HTTP API refuses an event for what is in it. `code` is Keen's, or empty."""
    return InternalError(
        f'Keen refused an event of the collection "{collection}" ({code or "no reason given"}), though it keeps every'
        " rule that Keen documents. Leave the stream out until this is solved, and report it to the connector's"
        " maintainers."
    )


def unconfirmed(url: str, seconds: float, trouble: str) -> UndeliverableError:
    """The HTTP API at `url` did not confirm events in time. `trouble` is what it did last, empty if it did nothing."""
    return UndeliverableError(
        f"Keen's HTTP API ({url}) left events unconfirmed for {seconds:g} seconds: {trouble or 'it did not answer'}."
        ' The next attempt repeats them. If it fails again, check "API URL" and the network.'
    )
