"""Catalogs and messages of syncs that replace what a collection held, as the platform sends them."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from typing import Any

from destination_keen.config import Limits
from integration_tests import connector
from integration_tests.connector import Ended, started
from integration_tests.sandbox import MASTER_KEY, PROJECT, Sandbox
from integration_tests.waiting import until

LIMITS = Limits(keen_minute=0.6)
"""The limits of users, with the minute of `keen-sandbox serve --fast-limits`."""


def catalog(
    name: str,
    generation: int | None = None,
    minimum: int | None = None,
    sync: int | None = None,
    mode: str = "append",
) -> dict[str, Any]:
    """A configured catalog of one stream with these ids."""
    ids = {"generation_id": generation, "minimum_generation_id": minimum, "sync_id": sync}
    streams = connector.catalog(name)
    streams["streams"][0] |= {**ids, "destination_sync_mode": mode}
    return streams


def complete(name: str, status: str = "COMPLETE") -> bytes:
    """The line with which the platform says that a stream is complete, or another status."""
    said = {"stream_descriptor": {"name": name}, "status": status}
    trace = {"type": "STREAM_STATUS", "emitted_at": 1.0, "stream_status": said}
    return json.dumps({"type": "TRACE", "trace": trace}).encode()


def record_over_http(sandbox: Sandbox, name: str, events: list[dict[str, Any]]) -> None:
    """Record events over the HTTP API, 5,000 at a time."""
    for first in range(0, len(events), 5_000):
        body = json.dumps({name: events[first : first + 5_000]}).encode()
        request = urllib.request.Request(
            f"{sandbox.ready['api_url']}/projects/{PROJECT}/events",
            body,
            {"Authorization": MASTER_KEY, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert all(each["success"] for each in json.load(answer)[name])


def sync(sandbox: Sandbox, streams: dict[str, Any], *lines: bytes, limits: Any = LIMITS, **environment: str) -> Ended:
    """Run a sync to its end."""
    with started("write", sandbox.config, streams, limits=limits, environment=environment) as running:
        running.write(*lines)
        assert running.process.stdin is not None
        running.process.stdin.close()
        return running.wait()


def generations(sandbox: Sandbox, collection: str) -> Counter[Any]:
    """Events by generation."""
    if collection not in sandbox.counts():
        return Counter()
    return Counter(event.get("_airbyte_generation_id") for event in sandbox.events(collection))


def fill(sandbox: Sandbox, name: str, events: int = 3) -> None:
    """Record a first generation, and one event without any."""
    old = [
        {"keen": {"timestamp": f"2024-05-01T00:{i // 60:02}:{i % 60:02}.000Z"}, "_airbyte_generation_id": 1}
        for i in range(events)
    ]
    record_over_http(sandbox, name, [*old, {"keen": {"timestamp": "1970-01-01T00:00:00.000Z"}}])
    until(lambda: sandbox.stored(name) == events + 1)
