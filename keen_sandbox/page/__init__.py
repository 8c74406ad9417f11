"""The web page of a local Keen: its files, and the read key for a page that was loaded from here and nowhere else.

Charts are drawn by Chart.js out of the package chartkick: 0.2 MB to download and without dependencies, it is the
lightest package that is kept up and brings a complete chart library as a file, so nothing comes from the network.
"""

from __future__ import annotations

import re
from importlib.resources import files

from aiohttp import web

from keen_sandbox.errors import KeenError
from keen_sandbox.project import Project

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_this_machine = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE).fullmatch


def _read_files() -> dict[str, bytes]:
    own = files(__name__) / "static"
    content = {file.name: file.read_bytes() for file in own.iterdir() if file.name.rpartition(".")[2] in _TYPES}
    chart_js = files("chartkick") / "django" / "static" / "chartkick" / "Chart.bundle.js"
    return {**content, "chart.js": chart_js.read_bytes()}


_FILES = _read_files()


def add_page(app: web.Application, project: Project) -> None:
    """Add the page at `/`, its files under `/page/`, and `/sandbox/page.json`, which tells it project and read key.

    The key is given only to a page of the same origin, as the browser itself declares it, that was asked for under a
    name of this machine: neither another site nor a name that was made to point here gets it.
    """

    async def index(_request: web.Request) -> web.Response:
        return _file("index.html")

    async def file(request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def settings(request: web.Request) -> web.Response:
        if request.headers.get("Sec-Fetch-Site") != "same-origin" or not _this_machine(request.host):
            raise KeenError(
                "KeyNotPermittedError", "Only the page of this sandbox, on this machine, is told this.", 403
            )
        told = {"project_id": project.project_id, "read_key": project.read_key}
        return web.json_response(told, headers={**_HEADERS, "Cache-Control": "no-store"})

    app.router.add_get("/", index)
    app.router.add_get("/page/{name}", file)
    app.router.add_get("/sandbox/page.json", settings)


def _file(name: str) -> web.Response:
    if name not in _FILES:
        raise web.HTTPNotFound
    return web.Response(body=_FILES[name], headers={**_HEADERS, "Content-Type": _TYPES[name.rpartition(".")[2]]})
