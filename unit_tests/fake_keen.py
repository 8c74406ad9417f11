"""A Keen in memory behind the door that the connector uses: it counts and deletes as the API reference says."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from destination_keen.api import Answer
from destination_keen.catalog import Stream, parse
from destination_keen.config import Limits
from destination_keen.errors import TransientError
from destination_keen.holdings import Holdings
from destination_keen.overwrite import Overwrite

QUICK = Limits(
    ingest_patience=0.2,
    ingest_quiet=0.1,
    deletion_patience=1.0,
    request_patience=0.02,
    keen_minute=0.0,
    progress_interval=0.0,
    events_per_delete=3,
)
"""No waiting to speak of, and deletions of three events at most."""

LOST = TransientError("it cannot be reached", "ReadTimeout")
"""No answer, and the request was not carried out."""


class Event(NamedTuple):
    """What matters of an event. Times are ISO 8601 with milliseconds; None marks are not on the event."""

    generation: int | None = None
    sync: int | None = None
    timestamp: str = "2024-05-01T00:00:00.000Z"
    created_at: str = "2024-05-02T00:00:00.000Z"

    def value(self, name: str) -> Any:
        return {
            "_airbyte_generation_id": self.generation,
            "_airbyte_meta.sync_id": self.sync,
            "keen.timestamp": self.timestamp,
            "keen.created_at": self.created_at,
        }[name]


class Request(NamedTuple):
    """A request as it came, what is JSON in it decoded."""

    method: str
    path: str
    filters: list[dict[str, Any]] | None
    timeframe: dict[str, str] | None
    collection: str


class FakeKeen:
    """`collections` are its events. `before` is called with each request before it is carried out.

    What `before` raises or returns is the answer; the request is then not carried out.
    """

    def __init__(self, before: Callable[[Request], Answer | None] = lambda _: None, **collections: list[Event]) -> None:
        self.collections = collections
        self.before = before
        self.after: Callable[[Request], None] = lambda _: None
        self.requests: list[Request] = []

    def exchange(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        query: dict[str, Any] = {name: json.loads(text) for name, text in (params or {}).items()}
        if method == "POST":
            query = json.loads(body or b"")
        collection = query.get("event_collection") or unquote(path.removeprefix("events/"))
        request = Request(method, path, query.get("filters"), query.get("timeframe"), collection)
        self.requests.append(request)
        answer = self.before(request) or self._carry_out(request)
        self.after(request)
        return answer

    def _carry_out(self, request: Request) -> Answer:
        collection = request.collection
        if collection not in self.collections:
            return Answer(404, {"message": "There is none.", "error_code": "ResourceNotFoundError"})
        events = self.collections[collection]
        chosen = [event for event in events if _chosen(event, request)]
        if request.method == "POST":
            assert (request.path, bool(request.timeframe)) == ("queries/count", True)
            return Answer(200, {"result": len(chosen)})
        assert request.method == "DELETE"
        if request.filters and len(chosen) > QUICK.events_per_delete:
            return Answer(400, {"message": "Too many.", "error_code": "TooManyEventsError"})
        self.collections[collection] = [event for event in events if not _chosen(event, request)]
        return Answer(204, None)

    @property
    def deletions(self) -> list[Request]:
        return [request for request in self.requests if request.method == "DELETE"]


SYNC = 815
"""The sync of `replacing`."""


def replacing(generation: int | None = 3) -> Stream:
    """A stream that replaces what is of a lower generation, or without one of another sync."""
    ids = {"generation_id": generation, "minimum_generation_id": generation, "sync_id": SYNC}
    configured = {"stream": {"name": "users"}, "destination_sync_mode": "overwrite", **ids}
    [stream] = parse(json.dumps({"streams": [configured]}).encode(), infer_timestamp=True).values()
    return stream


def overwrite(keen: FakeKeen, stream: Stream) -> None:
    """Delete what a stream replaces."""
    done(Overwrite(Holdings(keen, QUICK), stream, QUICK).run())


def done(steps: Generator[None, None, Any]) -> Any:
    """Take all steps, and give what they return."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def matches(event: Event, filters: list[dict[str, Any]]) -> bool:
    """Whether all filters hold for an event."""
    return all(_holds(event.value(each["property_name"]), each) for each in filters)


def _chosen(event: Event, request: Request) -> bool:
    if request.timeframe is not None:
        start, end = (_instant(request.timeframe[edge]) for edge in ("start", "end"))
        if not start <= _instant(event.timestamp) < end:
            return False
    return matches(event, request.filters or [])


def _holds(value: Any, condition: dict[str, Any]) -> bool:
    operator, operand = condition["operator"], condition["property_value"]
    if operator == "exists":
        return (value is not None) is operand
    if value is None:
        return False
    if isinstance(operand, str):
        value, operand = _instant(value), _instant(operand)
    return bool(
        {"eq": value == operand, "lt": value < operand, "gt": value > operand, "gte": value >= operand}[operator]
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))
