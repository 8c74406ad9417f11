"""Reads the events of HTTP requests: each is judged while its sender waits, kept as it was written or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from keen_sandbox.errors import KeenError
from keen_sandbox.rules import Dropped, Event

Judge = Callable[[str, bytes], Event | Dropped]
"""Applies every rule to the value of an event of a collection."""

_read_batch = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode


def read_event(collection: str, value: bytes, judge: Judge) -> Event:
    """Read one event. Raises KeenError with the rule that it breaks."""
    verdict = judge(collection, value)
    if isinstance(verdict, Dropped):
        raise KeenError(verdict.reason, verdict.explanation)
    return verdict


def read_batch(batch: bytes, judge: Judge) -> tuple[list[Event], dict[str, list[dict[str, Any]]]]:
    """Read a batch, `{collection: [event, ...]}`: the events that break no rule, and the answer to its sender.

    That tells what became of each event, in the order and the form of Keen's API reference. Raises KeenError for a
    batch that is not JSON or has another shape.
    """
    accepted: list[Event] = []
    outcome = {}
    for collection, events in _events(batch).items():
        verdicts = [judge(collection, bytes(event)) for event in events]
        accepted += (verdict for verdict in verdicts if isinstance(verdict, Event))
        outcome[collection] = [_outcome(verdict) for verdict in verdicts]
    return accepted, outcome


def _events(batch: bytes) -> dict[str, list[msgspec.Raw]]:
    try:
        return _read_batch(batch)
    except msgspec.ValidationError as error:
        message = "A batch is an object with a list of events for each collection."
        raise KeenError("InvalidBatchError", message) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeenError("JsonRequiredError", f"The body is not valid JSON: {error}.") from error


def _outcome(verdict: Event | Dropped) -> dict[str, Any]:
    if isinstance(verdict, Event):
        return {"success": True}
    return {"success": False, "error": {"name": verdict.reason, "description": verdict.explanation}}
