"""What all answers have in common: Keen's error object, and at the HTTP API leave for browsers to read them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from keen_sandbox.errors import KeenError, StoreError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Keen-Sdk",
    "Access-Control-Max-Age": "3600",
}


@web.middleware
async def answer_in_kind(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into Keen's error object, answer preflight requests, and add the CORS headers."""
    response: web.StreamResponse
    if request.method == "OPTIONS":
        response = web.Response(status=204)
    else:
        try:
            response = await handler(request)
        except KeenError as error:
            response = _failure(error.status, error.code, error.message)
        except web.HTTPNotFound:
            response = _failure(404, "ResourceNotFoundError", f"There is no resource at {request.path}.")
        except web.HTTPException as error:
            response = _failure(error.status, "InvalidRequestError", error.reason)
        except StoreError as error:
            _log.error("%s", error)
            response = _failure(500, "InternalServerError", str(error))
        except Exception:
            _log.exception("The request %s %s failed.", request.method, request.path)
            response = _failure(500, "InternalServerError", "The sandbox failed; its log says why.")
    # What the sandbox says about itself is for its own page; the API is for the pages of others as well.
    if request.path.startswith("/3.0/"):
        response.headers.update(_CORS)
    return response


def _failure(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"message": message, "error_code": code}, status=status)
