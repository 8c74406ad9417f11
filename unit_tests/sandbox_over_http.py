"""A fresh sandbox behind a real port, for the tests of its HTTP API."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from keen_sandbox.http_api import make_app
from keen_sandbox.ingest import Ingest
from keen_sandbox.limits import RateLimits
from keen_sandbox.project import Project
from keen_sandbox.readings import USUAL, Readings
from keen_sandbox.store import Store

ROOT = "/3.0/projects/p1"
Ask = Callable[..., Awaitable[tuple[int, Any]]]


def with_sandbox(
    scenario: Callable[[Ask, Ingest], Awaitable[None]],
    store: Store | None = None,
    *,
    delay: float = 0.0,
    limits: RateLimits | None = None,
    readings: Readings = USUAL,
) -> None:
    """Run a scenario against a fresh sandbox; its first argument makes a request, with the master key if not told.

    What comes over Kafka waits until the scenario closes the second argument. A store that is given is closed at the
    end.
    """
    store = store or Store(None)

    async def run() -> None:
        ingest = Ingest(store, delay, readings)
        project = Project("p1", master_key="m", write_key="w", read_key="r")
        app = make_app(project, store, ingest, limits=limits, readings=readings)
        async with TestClient(TestServer(app)) as client:

            async def ask(
                method: str,
                path: str,
                body: Any = None,
                *,
                key: str = "m",
                params: dict[str, str] | None = None,
                content_type: str = "application/json",
                headers: dict[str, str] | None = None,
            ) -> tuple[int, Any]:
                data = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
                told = {"Authorization": key, "Content-Type": content_type, **(headers or {})}
                async with client.request(method, path, data=data, headers=told, params=params) as response:
                    text = await response.text()
                    return response.status, json.loads(text) if text else None

            await scenario(ask, ingest)

    asyncio.run(run())
    store.close()


async def count(ask: Ask, collection: str) -> Any:
    query = {"event_collection": collection, "timeframe": "this_2_days"}
    _, answer = await ask("POST", f"{ROOT}/queries/count", query, key="r")
    return answer.get("result", answer.get("error_code"))
