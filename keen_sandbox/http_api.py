"""Keen's HTTP API, version 3.0, for one project: who may ask for what and how often, and what does the work."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from functools import partial

from aiohttp import web

from keen_sandbox.access import check_access
from keen_sandbox.analysis import ANALYSES, answer
from keen_sandbox.answers import Handler, answer_in_kind
from keen_sandbox.bodies import MOST_BYTES, read_body, read_json
from keen_sandbox.deletion import delete_events
from keen_sandbox.errors import KeenError
from keen_sandbox.ingest import Ingest
from keen_sandbox.inspection import Inspection
from keen_sandbox.key_resources import KeyResources
from keen_sandbox.keys import Grant, Scope
from keen_sandbox.limits import Kind, RateLimits
from keen_sandbox.page import add_page
from keen_sandbox.project import Project
from keen_sandbox.query import read_query, read_query_string, read_selection
from keen_sandbox.readings import USUAL, Readings
from keen_sandbox.recording import Judge, read_batch, read_event
from keen_sandbox.rules import examine
from keen_sandbox.self_report import SelfReport
from keen_sandbox.store import Store

_GRANT = web.RequestKey("grant", Grant)
GOODBYE_SECONDS = 2.0
"""How long requests that are being answered may hold up the end of `serving`."""


def make_app(
    project: Project,
    store: Store,
    ingest: Ingest,
    *,
    limits: RateLimits | None = None,
    readings: Readings = USUAL,
) -> web.Application:
    """Build the web application that serves a project out of a store, into which `ingest` brings what is recorded."""
    events, inspection = _Events(store, ingest, limits or RateLimits(), readings), Inspection(project.project_id, store)
    keys, report = KeyResources(project), SelfReport(project.project_id, store, ingest)
    app = web.Application(middlewares=[answer_in_kind], client_max_size=MOST_BYTES)
    root = "/3.0/projects/{project_id}"
    for method, path, scope, handler in (
        ("GET", "", Scope.ADMIN, inspection.describe_project),
        ("GET", "/keys", Scope.ADMIN, keys.list),
        ("POST", "/keys", Scope.ADMIN, keys.create),
        ("GET", "/keys/{key}", Scope.ADMIN, keys.describe),
        ("POST", "/keys/{key}", Scope.ADMIN, keys.update),
        ("POST", "/keys/{key}/revoke", Scope.ADMIN, keys.revoke),
        ("POST", "/keys/{key}/unrevoke", Scope.ADMIN, keys.unrevoke),
        ("DELETE", "/keys/{key}", Scope.ADMIN, keys.delete),
        ("GET", "/events", Scope.SCHEMA, inspection.list_collections),
        ("POST", "/events", Scope.WRITES, events.record_batch),
        ("GET", "/events/{collection}", Scope.SCHEMA, inspection.describe_collection),
        ("POST", "/events/{collection}", Scope.WRITES, events.record_event),
        ("DELETE", "/events/{collection}", Scope.ADMIN, events.delete),
        ("GET", "/events/{collection}/properties/{property}", Scope.SCHEMA, inspection.describe_property),
        ("GET", "/queries/{analysis}", Scope.QUERIES, events.query),
        ("POST", "/queries/{analysis}", Scope.QUERIES, events.query),
    ):
        app.router.add_route(method, root + path, _guarded(project, scope, handler, readings.forbidden_status))
    app.router.add_get("/sandbox/status", report.status)
    app.router.add_get("/sandbox/dropped", report.dropped)
    add_page(app, project)
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


def _guarded(project: Project, scope: Scope, handler: Handler, forbidden_status: int) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Authorization") or request.query.get("api_key", "")
        request[_GRANT] = check_access(project, scope, request.match_info["project_id"], key, forbidden_status)
        return await handler(request)

    return guarded


class _Events:
    """The requests that record, delete and query events, each as a handler."""

    def __init__(self, store: Store, ingest: Ingest, limits: RateLimits, readings: Readings) -> None:
        self._store = store
        self._ingest = ingest
        self._limits = limits
        self._readings = readings

    async def record_event(self, request: web.Request) -> web.Response:
        collection, event = request.match_info["collection"], await read_body(request)
        await self._ingest.record([await asyncio.to_thread(read_event, collection, event, self._judge(request))])
        return web.json_response({"created": True}, status=201)

    async def record_batch(self, request: web.Request) -> web.Response:
        accepted, outcome = await asyncio.to_thread(read_batch, await read_body(request), self._judge(request))
        await self._ingest.record(accepted)
        return web.json_response(outcome)

    async def delete(self, request: web.Request) -> web.Response:
        collection = request.match_info["collection"]
        selection = read_selection(read_query_string(request.query), _now())
        self._admit(request, Kind.COLLECTION_DELETION if selection.everything else Kind.FILTERED_DELETION)
        await asyncio.to_thread(self._store.require, collection)
        await asyncio.to_thread(delete_events, self._store, collection, selection)
        return web.Response(status=204)

    async def query(self, request: web.Request) -> web.Response:
        analysis = request.match_info["analysis"]
        if analysis not in ANALYSES:
            raise KeenError("ResourceNotFoundError", f"There is no query of type '{analysis}' here.", 404)
        self._admit(request, Kind.EXTRACTION if analysis == "extraction" else Kind.QUERY)
        parameters = read_query_string(request.query)
        if request.method == "POST":
            body = await read_json(request)
            if not isinstance(body, dict):
                raise KeenError("InvalidParameterError", "The parameters of a query have to be a JSON object.")
            parameters |= body
        query = read_query(parameters, _now(), request[_GRANT].filters)
        if self._readings.missing_collection_status != 200:
            await asyncio.to_thread(self._store.require, query.collection, "EventCollectionNotFoundError")
        text = await asyncio.to_thread(answer, analysis, query, self._store)
        return web.Response(text=text, content_type="application/json")

    def _judge(self, request: web.Request) -> Judge:
        return partial(examine, received_at=_now(), readings=self._readings, autofill=request[_GRANT].autofill)

    def _admit(self, request: web.Request, kind: Kind) -> None:
        # Only the sandbox's own page shares its origin, and a browser lets no script write this header.
        if request.headers.get("Sec-Fetch-Site") != "same-origin":
            self._limits.admit(kind)


def _now() -> datetime:
    return datetime.now(timezone.utc)
