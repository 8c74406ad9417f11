import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from destination_keen.api import Api
from destination_keen.config import Config
from destination_keen.errors import AuthenticationError, ConfigError, TransientError


class Answer(NamedTuple):
    """What the server says to a request."""

    status: int
    body: bytes = b"{}"
    location: str | None = None


FINE = Answer(200)


class Request(NamedTuple):
    """What the server saw of a request; the header is decoded as Keen would, from UTF-8."""

    method: str
    path: str
    authorization: str | None


class Keen:
    """A real HTTP server with fixed answers to the two questions that the connector asks."""

    def __init__(self, events: Answer, keys: Answer = FINE) -> None:
        self.requests: list[Request] = []
        self.released = threading.Event()
        keen = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                key = self.headers["Authorization"]
                key = None if key is None else key.encode("latin-1").decode()
                keen.requests.append(Request(self.command, self.path, key))
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


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def serve() -> Iterator[Callable[..., Keen]]:
    """Starts servers, and ends them after the test."""
    servers: list[Keen] = []

    def start(*answers: Answer) -> Keen:
        servers.append(Keen(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def _api(url: str, project_id: str = "p1", api_key: str = "k1", seconds: float = 10) -> Api:
    return Api(Config.parse({"project_id": project_id, "api_key": api_key, "api_url": f"{url}/3.0"}), seconds)


def _error(code: str, status: int = 401) -> Answer:
    return Answer(status, b'{"message":"No.","error_code":"%b"}' % code.encode())


def test_a_key_that_may_list_keys_is_a_master_key(serve: Callable[..., Keen]) -> None:
    keen = serve(Answer(200, b"[]"), Answer(200, b"[]"))
    assert _api(keen.url).key_is_master() is True
    assert keen.requests == [
        Request("GET", "/3.0/projects/p1/events?include_schema=false", "k1"),
        Request("GET", "/3.0/projects/p1/keys?per_page=1", "k1"),
    ]


@pytest.mark.parametrize(
    "refusal",
    [Answer(403), _error("AnyError", 403), Answer(403, b"<html>"), _error("AdminOnlyEndpointError")],
    ids=["403", "403 with a code", "403 with a page", "401 for admins only"],
)
def test_a_key_that_may_do_less_is_none(serve: Callable[..., Keen], refusal: Answer) -> None:
    assert _api(serve(Answer(200), refusal).url).key_is_master() is False
    keen = serve(refusal, Answer(200))
    assert _api(keen.url).key_is_master() is False
    assert len(keen.requests) == 1


@pytest.mark.parametrize(
    "refusal",
    [Answer(401), _error("InvalidApiKeyError"), Answer(401, b"[]"), Answer(401, b"<html>"), Answer(401, b"\xff")],
)
def test_a_key_that_keen_does_not_know_is_an_error(serve: Callable[..., Keen], refusal: Answer) -> None:
    for answers in ([refusal], [Answer(200), refusal]):
        with pytest.raises(AuthenticationError, match='"Master API Key"'):
            _api(serve(*answers).url).key_is_master()


def test_a_project_that_keen_does_not_know_is_an_error(serve: Callable[..., Keen]) -> None:
    keen = serve(_error("ResourceNotFoundError", 404))
    with pytest.raises(ConfigError, match=r'"Project ID".* "API URL"'):
        _api(keen.url).key_is_master()


@pytest.mark.parametrize("status", [204, 400, 429, 500, 503, 504])
def test_any_other_answer_says_nothing_about_the_key(serve: Callable[..., Keen], status: int) -> None:
    with pytest.raises(TransientError, match=f"status {status}"):
        _api(serve(Answer(status, b"")).url).key_is_master()


def test_the_key_does_not_follow_a_redirection(serve: Callable[..., Keen]) -> None:
    elsewhere = serve(Answer(200))
    keen = serve(Answer(302, b"", f"{elsewhere.url}/3.0/projects/p1/events"))
    with pytest.raises(TransientError, match="status 302"):
        _api(keen.url).key_is_master()
    assert elsewhere.requests == []


def test_names_and_keys_of_any_characters_arrive_as_they_are(serve: Callable[..., Keen]) -> None:
    keen = serve(Answer(200))
    assert _api(keen.url, "a/b ?#ü", "schlüssel/+ 字").key_is_master()
    assert {request.authorization for request in keen.requests} == {"schlüssel/+ 字"}
    assert keen.requests[0].path == "/3.0/projects/a%2Fb%20%3F%23%C3%BC/events?include_schema=false"


def test_a_server_that_does_not_answer_in_time_cannot_be_reached(serve: Callable[..., Keen]) -> None:
    started = time.monotonic()
    with pytest.raises(TransientError, match="it cannot be reached") as caught:
        _api(serve(Answer(0)).url, seconds=0.1).key_is_master()
    assert time.monotonic() - started < 3
    assert caught.value.internal_message == "ReadTimeout"


def test_a_port_where_nobody_listens_cannot_be_reached() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(TransientError, match="it cannot be reached") as caught:
            _api(f"http://127.0.0.1:{unused.getsockname()[1]}", api_key="s3cret").key_is_master()
    assert caught.value.internal_message == "ConnectionError"


def test_the_key_is_the_one_of_the_settings_whatever_netrc_holds(
    serve: Callable[..., Keen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    keen = serve(FINE)
    assert _api(keen.url).key_is_master()
    assert [request.authorization for request in keen.requests] == ["k1", "k1"]


def test_this_machine_is_never_reached_through_a_proxy(
    serve: Callable[..., Keen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert _api(serve(FINE).url).key_is_master()
