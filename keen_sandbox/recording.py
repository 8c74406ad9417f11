"""Records the events of HTTP requests, which are visible at once: each is stored as it was written, or refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from keen_sandbox.errors import KeenError
from keen_sandbox.rules import Dropped, Event, examine
from keen_sandbox.store import Store

_read_batch = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode


def record_event(store: Store, collection: str, value: bytes, now: datetime) -> None:
    """Store one event. Raises KeenError with the rule that it breaks."""
    verdict = examine(collection, value, now)
    if isinstance(verdict, Dropped):
        raise KeenError(verdict.reason, verdict.explanation)
    store.add([verdict])


def record_batch(store: Store, batch: bytes, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Store the events of a batch, `{collection: [event, ...]}`, that break no rule.

    Gives what became of each event, in the order and the form of Keen's API reference. Raises KeenError for a batch
    that is not JSON or has another shape.
    """
    accepted: list[Event] = []
    outcome = {}
    for collection, events in _events(batch).items():
        verdicts = [examine(collection, bytes(event), now) for event in events]
        accepted += (verdict for verdict in verdicts if isinstance(verdict, Event))
        outcome[collection] = [_outcome(verdict) for verdict in verdicts]
    store.add(accepted)
    return outcome


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
