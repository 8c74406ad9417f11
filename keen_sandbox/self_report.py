"""What a sandbox tells about itself under `/sandbox`, which Keen does not have: its counts, and what it dropped."""

from __future__ import annotations

import asyncio

from aiohttp import web

from keen_sandbox.errors import KeenError
from keen_sandbox.ingest import Ingest
from keen_sandbox.store import Store

_DROPPED_SHOWN = 100


class SelfReport:
    """The reports of one sandbox, each as a handler."""

    def __init__(self, project_id: str, store: Store, ingest: Ingest) -> None:
        self._project_id = project_id
        self._store = store
        self._ingest = ingest

    async def status(self, _request: web.Request) -> web.Response:
        """Answer with what was accepted and is not looked at yet, and the counts of each collection."""
        backlog = self._ingest.backlog  # read first: with a backlog of 0, the counts are of all that was accepted
        collections, reasons = await asyncio.to_thread(self._store.summary)
        return web.json_response(
            {
                "project_id": self._project_id,
                "backlog": backlog,
                "collections": collections,
                "dropped": reasons,
            }
        )

    async def dropped(self, request: web.Request) -> web.Response:
        """Answer with what was dropped last, of one `collection` or of all, at most `limit` (default: 100)."""
        limit = request.query.get("limit", str(_DROPPED_SHOWN))
        if not limit.isdecimal():
            raise KeenError("InvalidParameterError", "The parameter 'limit' has to be a whole number.")
        rows = await asyncio.to_thread(self._store.dropped, request.query.get("collection"), int(limit))
        return web.json_response([row._asdict() for row in rows])
