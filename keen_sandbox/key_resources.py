"""The access keys of the project over HTTP: list, make, change, revoke and delete them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from keen_sandbox.bodies import read_json
from keen_sandbox.errors import KeenError
from keen_sandbox.keys import AccessKey
from keen_sandbox.project import Project

_MOST_IN_A_PAGE = 200


class KeyResources:
    """The resources under `/keys`, each as a handler."""

    def __init__(self, project: Project) -> None:
        self._project_id = project.project_id
        self._keys = project.access_keys

    async def list(self, request: web.Request) -> web.Response:
        """Answer with the keys, those of a `name` if it is given, `per_page` of them (default and most: 200)."""
        name = request.query.get("name")
        keys = [key for key in self._keys.all() if name is None or key.name == name]
        size = min(_number(request, "per_page", _MOST_IN_A_PAGE), _MOST_IN_A_PAGE)
        start = (_number(request, "page", 1) - 1) * size
        return web.json_response([self._as_json(key) for key in keys[start : start + size]])

    async def create(self, request: web.Request) -> web.Response:
        """Make a key as the body describes it."""
        return web.json_response(self._as_json(self._keys.create(await read_json(request))), status=201)

    async def describe(self, request: web.Request) -> web.Response:
        """Answer with one key."""
        return web.json_response(self._as_json(self._keys.find(request.match_info["key"])))

    async def update(self, request: web.Request) -> web.Response:
        """Change what the body says of a key."""
        return web.json_response(self._as_json(self._keys.update(request.match_info["key"], await read_json(request))))

    async def revoke(self, request: web.Request) -> web.Response:
        """Close a key: it is refused from now on."""
        return self._activate(request, active=False)

    async def unrevoke(self, request: web.Request) -> web.Response:
        """Open a key again that was revoked."""
        return self._activate(request, active=True)

    async def delete(self, request: web.Request) -> web.Response:
        """Remove a key."""
        self._keys.delete(request.match_info["key"])
        return web.Response(status=204)

    def _activate(self, request: web.Request, *, active: bool) -> web.Response:
        return web.json_response(self._as_json(self._keys.update(request.match_info["key"], {"is_active": active})))

    def _as_json(self, key: AccessKey) -> dict[str, Any]:
        return {**asdict(key), "project_id": self._project_id}


def _number(request: web.Request, name: str, default: int) -> int:
    given = request.query.get(name, str(default))
    if not given.isdecimal() or int(given) < 1:
        raise KeenError("InvalidParameterError", f"The parameter '{name}' has to be a whole number from 1 on.")
    return int(given)
