"""A web server between the connector and the HTTP API of the local Keen, which does to the posts what a test wants."""

from __future__ import annotations

import threading
from collections import deque
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from integration_tests.sandbox import SECONDS, Sandbox


class Instead(NamedTuple):
    """An answer of the gateway's own, while Keen sees nothing of the post."""

    status: int
    body: bytes = b""


LOSE_THE_ANSWER = Instead(0)
"""Keen gets the post, and the connector gets no answer."""


class Gateway:
    """Does to the first posts of events what `faults` say, in order; all other requests go through."""

    def __init__(self, sandbox: Sandbox, *faults: Instead) -> None:
        self.posts = 0
        self.faults = deque(faults)
        self._lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fault = gateway.fault() if self.command == "POST" and self.path.endswith("/events") else None
                status, answer = fault or Instead(0)
                if not status:
                    status, answer = self._ask(body)
                if fault == LOSE_THE_ANSWER:
                    self.close_connection = True
                    return
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names of the base

            def _ask(self, body: bytes) -> tuple[int, bytes]:
                keen = HTTPConnection("localhost", sandbox.http_port, timeout=SECONDS)
                # As the connector sent them, for a key may hold characters that are not ASCII.
                headers = {
                    name: self.headers[name].encode("latin-1")
                    for name in ("Authorization", "Content-Type")
                    if name in self.headers
                }
                keen.request(self.command, self.path, body or None, headers)
                response = keen.getresponse()
                try:
                    return response.status, response.read()
                finally:
                    keen.close()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the base
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/3.0"

    def fault(self) -> Instead | None:
        """What happens to the next post."""
        with self._lock:
            self.posts += 1
            return self.faults.popleft() if self.faults else None

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
