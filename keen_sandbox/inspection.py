"""What the HTTP API tells about a project without a query: its collections, and the properties that they have."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from aiohttp import web

from keen_sandbox.errors import KeenError
from keen_sandbox.schema import infer_schema
from keen_sandbox.store import Store


class Inspection:
    """The resources of a project and its collections, each as a handler; none changes anything."""

    def __init__(self, project_id: str, store: Store) -> None:
        self._project_id = project_id
        self._store = store
        self._url = f"/3.0/projects/{project_id}"

    async def describe_project(self, _request: web.Request) -> web.Response:
        """Answer with the project: where its events and queries are, and no key."""
        names = await asyncio.to_thread(self._store.collections)
        return web.json_response(
            {
                "id": self._project_id,
                "name": self._project_id,
                "url": self._url,
                "events": [{"name": name, "url": self._collection_url(name)} for name in names],
                "events_url": f"{self._url}/events",
                "queries_url": f"{self._url}/queries",
            }
        )

    async def list_collections(self, request: web.Request) -> web.Response:
        """Answer with all collections, and their properties unless `include_schema` is false."""
        with_schema = request.query.get("include_schema", "true").lower() != "false"
        described = []
        for name in await asyncio.to_thread(self._store.collections):
            entry: dict[str, Any] = {"name": name, "url": self._collection_url(name)}
            if with_schema:
                entry["properties"] = await asyncio.to_thread(infer_schema, self._store, name)
            described.append(entry)
        return web.json_response(described)

    async def describe_collection(self, request: web.Request) -> web.Response:
        """Answer with the properties of a collection."""
        return web.json_response({"properties": await self._schema(request)})

    async def describe_property(self, request: web.Request) -> web.Response:
        """Answer with one property of a collection."""
        properties, name = await self._schema(request), request.match_info["property"]
        if name not in properties:
            raise KeenError("ResourceNotFoundError", f"The collection has no property '{name}'.", 404)
        url = f"{self._collection_url(request.match_info['collection'])}/properties/{quote(name, safe='')}"
        return web.json_response({"property_name": name, "url": url, "type": properties[name]})

    async def _schema(self, request: web.Request) -> dict[str, str]:
        collection = request.match_info["collection"]
        await asyncio.to_thread(self._store.require, collection)
        return await asyncio.to_thread(infer_schema, self._store, collection)

    def _collection_url(self, collection: str) -> str:
        return f"{self._url}/events/{quote(collection, safe='')}"
