"""What the key may do over Keen's HTTP API, found out without changing anything, before it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from destination_keen.api import Api
from destination_keen.config import Config
from destination_keen.deadline import within
from destination_keen.delivery import HttpDelivery
from destination_keen.errors import PermissionDeniedError, TransientError

T = TypeVar("T")


def check_access(config: Config, seconds: float) -> str | None:
    """Ask the HTTP API about project and key; give a warning, or None where all is well.

    To append by way of Kafka needs nothing of the API, so an API that does not answer is a failure only where the
    configuration needs it.

    Raises:
        ConfigError: the API refuses the project or the key, or does not let the key do what is configured.
        TransientError: the API does not answer, and the configuration needs it.
    """
    api = Api(config, seconds)
    try:
        is_master = _asked(api.key_is_master, config, seconds)
        if not is_master and config.verify_delivery:
            _asked(api.require_queries, config, seconds)
    except TransientError as error:
        if config.verify_delivery or isinstance(config.delivery, HttpDelivery):
            raise
        return f"{error.message} Appending needs the Kafka cluster only and will work; overwriting will not."
    if is_master:
        return None
    return (
        'The key in "Master API Key" is not a master key. Appending works with it; overwriting needs the Master Key of'
        " the project."
    )


def require_access(config: Config, seconds: float, *, to_delete: bool) -> None:
    """See that the project and the key are known and, if it is needed, that the key may delete.

    Raises:
        PermissionDeniedError: it may not. Any other ConfigError: the API refuses the project or the key.
        TransientError: the API does not answer.
    """
    if not _asked(Api(config, seconds).key_is_master, config, seconds) and to_delete:
        raise PermissionDeniedError(
            'The key in "Master API Key" is not a master key, and only that may delete what "Overwrite" or a refresh'
            ' replaces. Enter the Master Key of the project, or choose "Append" in the connection. Nothing was sent.'
        )


def _asked(question: Callable[[], T], config: Config, seconds: float) -> T:
    try:
        return within(seconds, question)
    except TransientError as error:
        reason, detail = error.message, error.internal_message
    except TimeoutError:
        reason = detail = f"it did not answer within {seconds:g} s"
    message = f'Keen\'s HTTP API at "API URL" ({config.api_url}) could not be checked: {reason}.'
    raise TransientError(message, f"{message} ({detail})")
