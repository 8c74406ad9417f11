"""The failures of a delivery, in the words in which every Kafka client reports them to the user."""

from __future__ import annotations

from destination_keen.errors import (
    AuthenticationError,
    ConfigError,
    PermissionDeniedError,
    TransientError,
    UndeliverableError,
)


def refused() -> AuthenticationError:
    """Keen's brokers do not accept the project ID or the key."""
    return AuthenticationError(
        'Keen rejected the "Project ID" or the "Master API Key". Copy both again from the Access page of the project in'
        " Keen; a Read Key cannot write."
    )


def not_permitted(collection: str, told: str) -> PermissionDeniedError:
    """The project and key may not write to a topic."""
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
    """A broker accepts less than Keen documents."""
    return ConfigError(
        f"Keen's brokers refuse an event of the collection \"{collection}\" as too large, though it keeps Keen's limit"
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
        f"Keen's brokers ({addresses}) took no record for {seconds:g} seconds. The next attempt repeats what was not"
        ' confirmed. If it fails again, check "Bootstrap Servers" and the network.',
        f"Nothing was delivered for {seconds:g} seconds. Last failure: {last!r}",
    )
