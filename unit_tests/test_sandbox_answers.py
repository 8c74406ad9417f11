import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from keen_sandbox.answers import answer_in_kind
from keen_sandbox.errors import KeenError, StoreError


async def _refuse(_request: web.Request) -> web.Response:
    raise KeenError("SomeError", "Do something else.", 403)


async def _fill_up(_request: web.Request) -> web.Response:
    raise StoreError("The disk is full.")


async def _break(_request: web.Request) -> web.Response:
    raise ZeroDivisionError


async def _read(request: web.Request) -> web.Response:
    return web.Response(text=await request.text())


def _ask(method: str, path: str, body: str | None = None) -> tuple[int, Any, str | None]:
    async def ask() -> tuple[int, Any, str | None]:
        app = web.Application(middlewares=[answer_in_kind], client_max_size=100)
        app.router.add_get("/3.0/refuse", _refuse)
        app.router.add_get("/3.0/fill-up", _fill_up)
        app.router.add_get("/3.0/break", _break)
        app.router.add_post("/3.0/read", _read)
        async with TestClient(TestServer(app)) as client, client.request(method, path, data=body) as response:
            text = await response.text()
            return (
                response.status,
                json.loads(text) if text else None,
                response.headers.get("Access-Control-Allow-Origin"),
            )

    return asyncio.run(ask())


def test_a_refusal_is_an_object_with_a_message_and_a_code() -> None:
    assert _ask("GET", "/3.0/refuse") == (403, {"message": "Do something else.", "error_code": "SomeError"}, "*")


def test_an_unknown_path_is_not_found() -> None:
    refusal = {"message": "There is no resource at /3.0/nowhere.", "error_code": "ResourceNotFoundError"}
    assert _ask("GET", "/3.0/nowhere") == (404, refusal, "*")


def test_another_method_or_too_long_a_body_keeps_its_status() -> None:
    status, refusal, _ = _ask("PUT", "/3.0/refuse")
    assert (status, refusal["error_code"]) == (405, "InvalidRequestError")
    status, refusal, _ = _ask("POST", "/3.0/read", "x" * 101)
    assert (status, refusal["error_code"]) == (413, "InvalidRequestError")


def test_a_failure_of_the_sandbox_is_logged_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    status, refusal, origin = _ask("GET", "/3.0/break")
    assert (status, refusal["error_code"], origin) == (500, "InternalServerError", "*")
    assert "The request GET /3.0/break failed." in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_store_that_fails_is_one_line_in_the_log_and_tells_the_caller_why(caplog: pytest.LogCaptureFixture) -> None:
    refusal = {"message": "The disk is full.", "error_code": "InternalServerError"}
    assert _ask("GET", "/3.0/fill-up") == (500, refusal, "*")
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [("The disk is full.", None)]


def test_a_preflight_request_is_answered_for_every_path() -> None:
    assert _ask("OPTIONS", "/3.0/anything") == (204, None, "*")


def test_what_is_not_the_api_of_keen_is_for_no_other_page() -> None:
    assert _ask("GET", "/sandbox/status")[2] is None
    assert _ask("OPTIONS", "/sandbox/status")[2] is None
