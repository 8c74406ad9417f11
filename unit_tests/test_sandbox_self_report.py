import asyncio
import threading
from typing import Any

from keen_sandbox.ingest import Ingest
from keen_sandbox.store import Store
from unit_tests.sandbox_over_http import Ask, with_sandbox


def test_the_sandbox_tells_what_it_holds_and_what_it_dropped() -> None:
    async def scenario(ask: Ask, ingest: Ingest) -> None:
        ingest.accept("users", b'{"keen":{"timestamp":"2024-01-01T00:00:00Z"}}')
        ingest.accept("users", b'{"keen":{"timestamp":"2024-02-01T00:00:00Z"}}')
        ingest.accept("users", b'{"a.b":1}')
        ingest.accept("others", b"\xff")
        _, before = await ask("GET", "/sandbox/status", key="")
        assert before == {"project_id": "p1", "backlog": 4, "collections": {}, "dropped": {}}
        await ingest.close()
        _, after = await ask("GET", "/sandbox/status", key="")
        assert after == {
            "project_id": "p1",
            "backlog": 0,
            "collections": {
                "others": {"events": 0, "dropped": 1, "first_timestamp": None, "last_timestamp": None},
                "users": {
                    "events": 2,
                    "dropped": 1,
                    "first_timestamp": "2024-01-01T00:00:00.000Z",
                    "last_timestamp": "2024-02-01T00:00:00.000Z",
                },
            },
            "dropped": {"InvalidEventError": 1, "InvalidPropertyNameError": 1},
        }
        _, dropped = await ask("GET", "/sandbox/dropped", key="", params={"collection": "users"})
        assert [(item["collection"], item["reason"], item["event"]) for item in dropped] == [
            ("users", "InvalidPropertyNameError", '{"a.b":1}')
        ]
        assert dropped[0]["received_at"].endswith("Z")
        assert dropped[0]["explanation"].startswith("The property name 'a.b'")
        _, limited = await ask("GET", "/sandbox/dropped", key="", params={"limit": "1"})
        assert len(limited) == 1
        status, _ = await ask("GET", "/sandbox/dropped", key="", params={"limit": "all"})
        assert status == 400

    with_sandbox(scenario)


class _SlowStore(Store):
    """A store that has counted long before it says so."""

    def __init__(self) -> None:
        super().__init__(None)
        self.counted = threading.Event()
        self.go_on = threading.Event()

    def summary(self) -> Any:
        summary = super().summary()
        self.counted.set()
        assert self.go_on.wait(10)
        return summary


def test_an_accepted_event_is_in_the_backlog_or_in_the_counts() -> None:
    store = _SlowStore()

    async def scenario(ask: Ask, ingest: Ingest) -> None:
        ingest.accept("users", b"{}")
        asked = asyncio.create_task(ask("GET", "/sandbox/status"))
        assert await asyncio.to_thread(store.counted.wait, 10)
        await ingest.close()
        store.go_on.set()
        _, before = await asked
        assert (before["backlog"], before["collections"]) == (1, {})
        _, after = await ask("GET", "/sandbox/status")
        assert (after["backlog"], after["collections"]["users"]["events"]) == (0, 1)

    with_sandbox(scenario, store)
