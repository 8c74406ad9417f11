import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from keen_sandbox.http_api import make_app
from keen_sandbox.ingest import Ingest
from keen_sandbox.project import Project
from keen_sandbox.store import Store

Get = Callable[..., Awaitable[tuple[ClientResponse, str]]]
PROJECT = Project("p1", master_key="the-master-key", write_key="the-write-key", read_key="the-read-key")
OWN = {"Sec-Fetch-Site": "same-origin"}


def with_page(scenario: Callable[[Get], Awaitable[None]]) -> None:
    """Run a scenario against a sandbox; its argument gets a path, with headers that come after it."""

    async def run() -> None:
        store = Store(None)
        app = make_app(PROJECT, store, Ingest(store, delay=0))
        async with TestClient(TestServer(app)) as client:

            async def get(path: str, headers: dict[str, str] | None = None) -> tuple[ClientResponse, str]:
                async with client.get(path, headers=headers) as response:
                    return response, await response.text()

            await scenario(get)
        store.close()

    asyncio.run(run())


def test_the_page_is_told_the_project_and_the_read_key_and_no_other() -> None:
    async def scenario(get: Get) -> None:
        response, text = await get("/sandbox/page.json", OWN)
        assert (response.status, text) == (200, '{"project_id": "p1", "read_key": "the-read-key"}')
        assert response.headers["Cache-Control"] == "no-store"

    with_page(scenario)


@pytest.mark.parametrize("site", [None, "none", "same-site", "cross-site"])
def test_a_page_from_elsewhere_is_told_no_key(site: str | None) -> None:
    async def scenario(get: Get) -> None:
        response, text = await get("/sandbox/page.json", {"Sec-Fetch-Site": site} if site else {})
        assert response.status == 403
        assert "the-read-key" not in text

    with_page(scenario)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:18888", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:18888", 200),
        ("[::1]:18888", 200),
        ("rebound.example:18888", 403),
        ("localhost.example", 403),
        ("127.0.0.1.example:18888", 403),
        ("localhost:18888@rebound.example", 403),
        ("127.0.0.2", 403),
    ],
)
def test_the_key_is_told_only_under_a_name_of_this_machine(host: str, status: int) -> None:
    async def scenario(get: Get) -> None:
        response, text = await get("/sandbox/page.json", {**OWN, "Host": host})
        assert response.status == status
        assert ("the-read-key" in text) == (status == 200)

    with_page(scenario)


def test_the_page_may_load_nothing_from_elsewhere_and_may_not_be_framed() -> None:
    async def scenario(get: Get) -> None:
        for path in ("/", "/page/app.js", "/sandbox/page.json"):
            response, _ = await get(path, OWN)
            assert response.headers["Content-Security-Policy"] == (
                "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            )
            assert response.headers["X-Content-Type-Options"] == "nosniff"

    with_page(scenario)


def test_every_file_that_the_page_names_is_served_with_its_type() -> None:
    async def scenario(get: Get) -> None:
        response, text = await get("/")
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        waiting, seen = set(re.findall(r'(?:src|href)="(/[^"]+)"', text)), set[str]()
        assert waiting == {"/page/style.css", "/page/icon.svg", "/page/chart.js", "/page/app.js"}
        while waiting:
            path = waiting.pop()
            seen.add(path)
            response, text = await get(path)
            assert response.status == 200, path
            types = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
            assert response.headers["Content-Type"] == types[path.rpartition(".")[2]]
            if path != "/page/chart.js":
                waiting |= {f"/page/{name}" for name in re.findall(r'from "\./([^"]+)"', text)} - seen
        assert len(seen) > 10

    with_page(scenario)


def test_the_chart_library_comes_from_this_machine() -> None:
    async def scenario(get: Get) -> None:
        _, text = await get("/page/chart.js")
        assert text.lstrip().startswith("/*!\n * Chart.js v4")

    with_page(scenario)


@pytest.mark.parametrize("name", ["", "nothing.js", "__init__.py", "..%2F__init__.py", "%2Fetc%2Fpasswd", "app"])
def test_nothing_but_the_page_s_files_is_served(name: str) -> None:
    async def scenario(get: Get) -> None:
        response, text = await get(f"/page/{name}")
        assert response.status == 404
        assert "ResourceNotFoundError" in text

    with_page(scenario)
