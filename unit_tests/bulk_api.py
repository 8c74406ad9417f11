"""A real HTTP server that takes bulk posts as Keen's API does, or answers as a test wants; and items to post to it."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from destination_keen.api import Api
from destination_keen.config import Config
from destination_keen.errors import DestinationError
from destination_keen.ledger import Share
from destination_keen.producer.bulk import Bulk, Item, Verdict

SECONDS = 30.0
SHARE = Share()
CONTENT = "0nly-1n-a-rec0rd"


class Answer(NamedTuple):
    """What the server says to one post. With status 0 it says nothing until it is closed."""

    status: int
    body: bytes = b"{}"


def confirmed(post: dict[str, list[Any]]) -> Answer:
    """Keen's answer to a batch of which it keeps every event."""
    return Answer(
        200, json.dumps({name: [{"success": True} for _ in events] for name, events in post.items()}).encode()
    )


class BulkApi:
    """Answers with `script`, one entry for each post, and with `always` after that."""

    def __init__(self, *script: Answer, always: Callable[[dict[str, list[Any]]], Answer] = confirmed) -> None:
        self.bodies: list[bytes] = []
        self.at_a_time = 0
        self.most_at_a_time = 0
        self.released = threading.Event()
        self._script = deque(script)
        self._always = always
        self._lock = threading.Lock()
        bulk = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert (self.path, self.headers["Content-Type"]) == ("/3.0/projects/p1/events", "application/json")
                answer = bulk.answer(body)
                if answer.status == 0:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the base
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, body: bytes) -> Answer:
        with self._lock:
            self.bodies.append(body)
            answer = self._script.popleft() if self._script else None
            self.at_a_time += 1
            self.most_at_a_time = max(self.most_at_a_time, self.at_a_time)
        answer = answer or self._always(json.loads(body))
        if answer.status == 0:
            self.released.wait(30)
        with self._lock:
            self.at_a_time -= 1
        return answer

    @property
    def posts(self) -> list[dict[str, list[Any]]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def config(self) -> Config:
        api_url = f"http://127.0.0.1:{self._server.server_port}/3.0"
        return Config.parse(
            {"project_id": "p1", "api_key": "s3cret", "api_url": api_url, "delivery": {"method": "http"}}
        )

    def __enter__(self) -> BulkApi:
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def item(number: int, collection: str = "a") -> Item:
    return Item(collection, b'{"i":%d}' % number, SHARE)


ITEMS = [item(0), item(1, "b"), item(2)]


def delivering(keen: BulkApi, items: list[Item], seconds: float = SECONDS) -> Iterator[Verdict]:
    return Bulk(Api(keen.config, seconds), "https://keen", seconds, threading.Event()).deliver(items)


def delivered(verdicts: list[Verdict]) -> list[Item]:
    return [each for verdict in verdicts if verdict.failure is None for each in verdict.items]


def failure(verdicts: list[Verdict]) -> DestinationError:
    assert verdicts[-1].failure is not None
    return verdicts[-1].failure


def refusing(code: str, description: str = CONTENT) -> dict[str, Any]:
    return {"success": False, "error": {"name": code, "description": description}}


def said(verdicts: dict[str, list[Any]]) -> Answer:
    return Answer(200, json.dumps(verdicts).encode())


def error(status: int, code: str) -> Answer:
    return Answer(status, json.dumps({"message": CONTENT, "error_code": code}).encode())
