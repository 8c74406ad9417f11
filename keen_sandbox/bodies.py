"""The bodies of requests: each has to say that it is JSON, to be it, and not to be too long."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from keen_sandbox.errors import KeenError

MOST_BYTES = 10_000_000
"""How long a body may be (Keen's API reference)."""


async def read_body(request: web.Request) -> bytes:
    """Give a body that says of itself that it is JSON. Raises KeenError for another and for one that is too long."""
    if request.content_type != "application/json":
        raise KeenError("JsonRequiredError", "The body has to be JSON, with the header Content-Type: application/json.")
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        message = f"The body has more than the {MOST_BYTES:,} bytes that a request may have."
        raise KeenError("RequestTooLargeError", message, error.status) from None


async def read_json(request: web.Request) -> Any:
    """Decode a body. Raises KeenError where it is not JSON."""
    try:
        return json.loads(await read_body(request))
    except (ValueError, RecursionError) as error:
        raise KeenError("JsonRequiredError", f"The body is not valid JSON: {error}.") from error
