"""A check as a process, and an HTTP API that is not as it should be."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from integration_tests import connector

# The promise is 10 s; a busy machine may take ten times as long.
SECONDS = 100.0


@contextmanager
def api_that_answers(status: int, body: bytes = b"{}") -> Iterator[str]:
    """An HTTP API that has one answer to everything."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/3.0"
        server.shutdown()
        thread.join()


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def verdict(config: dict[str, Any]) -> dict[str, Any]:
    """The status of a check."""
    begin = time.monotonic()
    ended = connector.run("check", config)
    assert time.monotonic() - begin < SECONDS
    assert (ended.code, ended.stderr, ended.errors) == (0, b"", [])
    return ended.status


def failure(config: dict[str, Any]) -> str:
    """The message of a check that fails."""
    status = verdict(config)
    assert status["status"] == "FAILED"
    return str(status["message"])
