"""What the collections of a project hold: counted, and deleted by filter, within the limits of Keen's API reference.

A deletion always has a filter and a timeframe, both in the URL: the reference says that a body is ignored, and that
without a filter the whole collection goes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, Protocol
from urllib.parse import quote

import msgspec

from destination_keen.api import Answer, check_key, error_code
from destination_keen.config import Limits
from destination_keen.errors import ConfigError, TransientError
from destination_keen.marks import Filter
from destination_keen.turns import Allowance, Patience, Turns, awaited, pause
from destination_keen.window import ALWAYS, Window

logger = logging.getLogger(__name__)

# A minute's worth, by the API reference.
_QUERIES, _DELETES = 200, 10
# What Keen says of a collection that does not exist.
_NO_COLLECTION = ("ResourceNotFoundError", "EventCollectionNotFoundError")


class Door(Protocol):
    """What is needed of `Api`."""

    def exchange(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request and give the answer."""


class _Request(NamedTuple):
    purpose: str
    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: bytes | None = None


class Holdings:
    """Counts and deletes events. Its methods give the caller the turn while they wait.

    They all raise the same: AuthenticationError and PermissionDeniedError for the key, ConfigError for a request that
    Keen refuses, TransientError where Keen does not answer as it should for `Limits.request_patience`.
    """

    def __init__(self, door: Door, limits: Limits) -> None:
        self._door = door
        self._limits = limits
        self._queries = Allowance(_QUERIES, limits.keen_minute)
        self._deletes = Allowance(_DELETES, limits.keen_minute)

    def count(self, collection: str, mark: Filter | None, window: Window = ALWAYS) -> Turns[int]:
        """Count the events of a collection in a window, all or those with a mark. One that does not exist has none."""
        query = {
            "event_collection": collection,
            "timeframe": window.timeframe,
            "filters": ([] if mark is None else [mark]) + window.filters,
        }
        request = _Request("count events", "POST", "queries/count", body=msgspec.json.encode(query))
        answer = yield from self._answer(request, self._queries)
        if answer.status != 200:
            return 0
        count = answer.body.get("result") if isinstance(answer.body, dict) else None
        if type(count) is not int or count < 0:
            raise TransientError('Keen\'s HTTP API answered a count without a number. Check "API URL".')
        return count

    def delete(self, collection: str, mark: Filter, window: Window) -> Turns[None]:
        """Delete the events of a collection with a mark in a window that holds at most `Limits.events_per_delete`."""
        filters = [mark, *window.filters]
        params = {
            "filters": msgspec.json.encode(filters).decode(),
            "timeframe": msgspec.json.encode(window.timeframe).decode(),
        }
        request = _Request("delete events", "DELETE", f"events/{quote(collection, safe='')}", params)
        yield from self._answer(request, self._deletes)

    def _answer(self, request: _Request, allowance: Allowance) -> Turns[Answer]:
        """Ask until there is an answer that says something: 200, 204, or that the collection does not exist."""
        patience = Patience(self._limits.request_patience)
        while True:
            yield from allowance.wait()
            detail = None
            try:
                answer = yield from awaited(partial(self._ask, request, allowance))
            except TransientError as error:
                reason, detail = error.message, error.internal_message
            else:
                if answer.status in (200, 204) or error_code(answer) in _NO_COLLECTION:
                    return answer
                _check_refusal(answer, request.purpose)
                reason = f"it answered with status {answer.status}"
                if answer.status == 429:
                    logger.info("Keen's limit of requests a minute is reached: waiting.")
                    yield from pause(self._limits.keen_minute)
            if patience.spent:
                message = (
                    f'Keen\'s HTTP API at "API URL" was asked to {request.purpose}, but {reason}. Try again later.'
                )
                raise TransientError(message, detail and f"{message} ({detail})")
            yield from patience.pause()

    def _ask(self, request: _Request, allowance: Allowance) -> Answer:
        try:
            return self._door.exchange(request.method, request.path, params=request.params, body=request.body)
        finally:
            allowance.count()


def _check_refusal(answer: Answer, purpose: str) -> None:
    check_key(answer, purpose)
    if answer.status == 400:
        raise ConfigError(
            f"Keen refused to {purpose} ({error_code(answer)}), so nothing more was deleted. Please report it; until it"
            ' is solved, choose "Append" and switch "Verify Delivery" off.'
        )
