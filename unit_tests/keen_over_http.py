"""A real HTTP server that answers as a test wants Keen's API to answer."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Said(NamedTuple):
    """What the server says to a request. Status 0: nothing, for as long as the test lasts."""

    status: int
    body: bytes = b"{}"
    location: str | None = None


FINE = Said(200)


class Request(NamedTuple):
    """What the server saw of a request; the header is decoded as Keen would, from UTF-8."""

    method: str
    path: str
    authorization: str | None
    body: bytes = b""
    content_type: str | None = None


class Keen:
    """Has one answer for the list of keys and one for everything else."""

    def __init__(self, events: Said, keys: Said = FINE) -> None:
        self.requests: list[Request] = []
        self.released = threading.Event()
        keen = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                key = self.headers["Authorization"]
                key = None if key is None else key.encode("latin-1").decode()
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                keen.requests.append(Request(self.command, self.path, key, body, self.headers["Content-Type"]))
                answer = keys if "/keys" in self.path else events
                if answer.status == 0:
                    keen.released.wait(30)
                    return
                self.send_response(answer.status)
                if answer.location is not None:
                    self.send_header("Location", answer.location)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_DELETE = handle_one  # noqa: N815 - the names that the base calls

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the base
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
