"""Keen's HTTP API, version 3.0, for one project, and what the sandbox tells about itself under `/sandbox`."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from aiohttp import web

from keen_sandbox.access import MASTER, READ, WRITE, check_access
from keen_sandbox.analysis import ANALYSES, answer
from keen_sandbox.answers import Handler, answer_in_kind
from keen_sandbox.errors import KeenError
from keen_sandbox.ingest import Ingest
from keen_sandbox.project import Project, Role
from keen_sandbox.query import read_query, read_query_string, read_selection
from keen_sandbox.recording import record_batch, record_event
from keen_sandbox.schema import infer_schema
from keen_sandbox.store import Store

_BODY_BYTES = 10_000_000
_DROPPED_SHOWN = 100
GOODBYE_SECONDS = 2.0
"""How long requests that are being answered may hold up the end of `serving`."""


def make_app(project: Project, store: Store, ingest: Ingest) -> web.Application:
    """Build the web application that serves a project out of a store; `ingest` only tells its backlog."""
    api = _Api(project, store, ingest)
    app = web.Application(middlewares=[answer_in_kind], client_max_size=_BODY_BYTES)
    root = "/3.0/projects/{project_id}"
    for method, path, roles, handler in (
        ("GET", "", MASTER, api.describe_project),
        ("GET", "/keys", MASTER, api.list_access_keys),
        ("GET", "/events", READ, api.list_collections),
        ("POST", "/events", WRITE, api.record_batch),
        ("GET", "/events/{collection}", READ, api.describe_collection),
        ("POST", "/events/{collection}", WRITE, api.record_event),
        ("DELETE", "/events/{collection}", MASTER, api.delete_events),
        ("GET", "/events/{collection}/properties/{property}", READ, api.describe_property),
        ("GET", "/queries/{analysis}", READ, api.query),
        ("POST", "/queries/{analysis}", READ, api.query),
    ):
        app.router.add_route(method, root + path, _guarded(project, roles, handler))
    app.router.add_get("/sandbox/status", api.status)
    app.router.add_get("/sandbox/dropped", api.dropped)
    return app


@asynccontextmanager
async def serving(app: web.Application, bound: socket.socket) -> AsyncIterator[None]:
    """Answer the requests that come to a listening socket, which is closed at the end."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GOODBYE_SECONDS)
    await runner.setup()
    try:
        await web.SockSite(runner, bound).start()
        yield
    finally:
        await runner.cleanup()


def _guarded(project: Project, roles: frozenset[Role], handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Authorization") or request.query.get("api_key", "")
        check_access(project, roles, request.match_info["project_id"], key)
        return await handler(request)

    return guarded


class _Api:
    def __init__(self, project: Project, store: Store, ingest: Ingest) -> None:
        self._project = project
        self._store = store
        self._ingest = ingest
        self._url = f"/3.0/projects/{project.project_id}"

    async def describe_project(self, _request: web.Request) -> web.Response:
        names = await asyncio.to_thread(self._store.collections)
        return web.json_response(
            {
                "id": self._project.project_id,
                "name": self._project.project_id,
                "url": self._url,
                "events": [{"name": name, "url": self._collection_url(name)} for name in names],
                "events_url": f"{self._url}/events",
                "queries_url": f"{self._url}/queries",
            }
        )

    async def list_access_keys(self, _request: web.Request) -> web.Response:
        return web.json_response([])

    async def list_collections(self, request: web.Request) -> web.Response:
        with_schema = request.query.get("include_schema", "true").lower() != "false"
        described = []
        for name in await asyncio.to_thread(self._store.collections):
            entry: dict[str, Any] = {"name": name, "url": self._collection_url(name)}
            if with_schema:
                entry["properties"] = await asyncio.to_thread(infer_schema, self._store, name)
            described.append(entry)
        return web.json_response(described)

    async def describe_collection(self, request: web.Request) -> web.Response:
        return web.json_response({"properties": await self._schema(request)})

    async def describe_property(self, request: web.Request) -> web.Response:
        properties, name = await self._schema(request), request.match_info["property"]
        if name not in properties:
            raise KeenError("ResourceNotFoundError", f"The collection has no property '{name}'.", 404)
        url = f"{self._collection_url(request.match_info['collection'])}/properties/{quote(name, safe='')}"
        return web.json_response({"property_name": name, "url": url, "type": properties[name]})

    async def record_event(self, request: web.Request) -> web.Response:
        _require_json(request)
        collection, event = request.match_info["collection"], await request.read()
        await asyncio.to_thread(record_event, self._store, collection, event, _now())
        return web.json_response({"created": True}, status=201)

    async def record_batch(self, request: web.Request) -> web.Response:
        _require_json(request)
        return web.json_response(await asyncio.to_thread(record_batch, self._store, await request.read(), _now()))

    async def delete_events(self, request: web.Request) -> web.Response:
        collection = request.match_info["collection"]
        selection = read_selection(read_query_string(request.query), _now())
        await self._require(collection)
        await asyncio.to_thread(self._store.delete, collection, selection.condition, selection.values.by_name)
        return web.Response(status=204)

    async def query(self, request: web.Request) -> web.Response:
        analysis = request.match_info["analysis"]
        if analysis not in ANALYSES:
            raise KeenError("ResourceNotFoundError", f"There is no query of type '{analysis}' here.", 404)
        parameters = read_query_string(request.query)
        if request.method == "POST":
            body = await _json_body(request)
            if not isinstance(body, dict):
                raise KeenError("InvalidParameterError", "The parameters of a query have to be a JSON object.")
            parameters |= body
        text = await asyncio.to_thread(answer, analysis, read_query(parameters, _now()), self._store)
        return web.Response(text=text, content_type="application/json")

    async def status(self, _request: web.Request) -> web.Response:
        backlog = self._ingest.backlog  # read first: with a backlog of 0, the counts are of all that was accepted
        collections, reasons = await asyncio.to_thread(self._store.summary)
        return web.json_response(
            {
                "project_id": self._project.project_id,
                "backlog": backlog,
                "collections": collections,
                "dropped": reasons,
            }
        )

    async def dropped(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", str(_DROPPED_SHOWN))
        if not limit.isdecimal():
            raise KeenError("InvalidParameterError", "The parameter 'limit' has to be a whole number.")
        rows = await asyncio.to_thread(self._store.dropped, request.query.get("collection"), int(limit))
        return web.json_response([row._asdict() for row in rows])

    async def _schema(self, request: web.Request) -> dict[str, str]:
        collection = request.match_info["collection"]
        await self._require(collection)
        return await asyncio.to_thread(infer_schema, self._store, collection)

    async def _require(self, collection: str) -> None:
        if not await asyncio.to_thread(self._store.holds, collection):
            raise KeenError("ResourceNotFoundError", f"The collection '{collection}' does not exist.", 404)

    def _collection_url(self, collection: str) -> str:
        return f"{self._url}/events/{quote(collection, safe='')}"


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _require_json(request: web.Request) -> None:
    if request.content_type != "application/json":
        raise KeenError("JsonRequiredError", "The body has to be JSON, with the header Content-Type: application/json.")


async def _json_body(request: web.Request) -> Any:
    _require_json(request)
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise KeenError("JsonRequiredError", f"The body is not valid JSON: {error}.") from error
