import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from destination_keen.api import Answer, Api, check_key, error_code
from destination_keen.config import Config
from destination_keen.errors import AuthenticationError, ConfigError, PermissionDeniedError, TransientError
from unit_tests.keen_over_http import FINE, Keen, Request, Said


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _api(url: str, project_id: str = "p1", api_key: str = "k1", seconds: float = 10) -> Api:
    return Api(Config.parse({"project_id": project_id, "api_key": api_key, "api_url": f"{url}/3.0"}), seconds)


def _error(code: str, status: int = 401) -> Said:
    return Said(status, b'{"message":"No.","error_code":"%b"}' % code.encode())


def test_a_key_that_may_list_keys_is_a_master_key(serve: Callable[..., Keen]) -> None:
    keen = serve(Said(200, b"[]"), Said(200, b"[]"))
    assert _api(keen.url).key_is_master() is True
    assert keen.requests == [
        Request("GET", "/3.0/projects/p1/events?include_schema=false", "k1"),
        Request("GET", "/3.0/projects/p1/keys?per_page=1", "k1"),
    ]


@pytest.mark.parametrize(
    "refusal",
    [Said(403), _error("AnyError", 403), Said(403, b"<html>"), _error("AdminOnlyEndpointError")],
    ids=["403", "403 with a code", "403 with a page", "401 for admins only"],
)
def test_a_key_that_may_do_less_is_none(serve: Callable[..., Keen], refusal: Said) -> None:
    assert _api(serve(Said(200), refusal).url).key_is_master() is False
    keen = serve(refusal, Said(200))
    assert _api(keen.url).key_is_master() is False
    assert len(keen.requests) == 1


@pytest.mark.parametrize(
    "refusal",
    [Said(401), _error("InvalidApiKeyError"), Said(401, b"[]"), Said(401, b"<html>"), Said(401, b"\xff")],
)
def test_a_key_that_keen_does_not_know_is_an_error(serve: Callable[..., Keen], refusal: Said) -> None:
    for answers in ([refusal], [Said(200), refusal]):
        with pytest.raises(AuthenticationError, match='"Master API Key"'):
            _api(serve(*answers).url).key_is_master()


def test_a_project_that_keen_does_not_know_is_an_error(serve: Callable[..., Keen]) -> None:
    keen = serve(_error("ResourceNotFoundError", 404))
    with pytest.raises(ConfigError, match=r'"Project ID".* "API URL"'):
        _api(keen.url).key_is_master()


@pytest.mark.parametrize("status", [204, 400, 429, 500, 503, 504])
def test_any_other_answer_says_nothing_about_the_key(serve: Callable[..., Keen], status: int) -> None:
    with pytest.raises(TransientError, match=f"status {status}"):
        _api(serve(Said(status, b"")).url).key_is_master()


def test_the_key_does_not_follow_a_redirection(serve: Callable[..., Keen]) -> None:
    elsewhere = serve(Said(200))
    keen = serve(Said(302, b"", f"{elsewhere.url}/3.0/projects/p1/events"))
    with pytest.raises(TransientError, match="status 302"):
        _api(keen.url).key_is_master()
    assert elsewhere.requests == []


def test_names_and_keys_of_any_characters_arrive_as_they_are(serve: Callable[..., Keen]) -> None:
    keen = serve(Said(200))
    assert _api(keen.url, "a/b ?#ü", "schlüssel/+ 字").key_is_master()
    assert {request.authorization for request in keen.requests} == {"schlüssel/+ 字"}
    assert keen.requests[0].path == "/3.0/projects/a%2Fb%20%3F%23%C3%BC/events?include_schema=false"


def test_a_server_that_does_not_answer_in_time_cannot_be_reached(serve: Callable[..., Keen]) -> None:
    started = time.monotonic()
    with pytest.raises(TransientError, match="it cannot be reached") as caught:
        _api(serve(Said(0)).url, seconds=0.1).key_is_master()
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


def test_a_request_arrives_as_it_was_put_and_the_answer_comes_back_decoded(serve: Callable[..., Keen]) -> None:
    keen = serve(Said(418, b'{"result": 7}'))
    api = _api(keen.url)
    assert api.exchange("POST", "queries/count", body=b'{"a": 1}') == Answer(418, {"result": 7})
    assert api.exchange("DELETE", "events/a%2Fb", params={"filters": '[{"a": "\u00fc&="}]'}).status == 418
    assert keen.requests == [
        Request("POST", "/3.0/projects/p1/queries/count", "k1", b'{"a": 1}', "application/json"),
        Request("DELETE", "/3.0/projects/p1/events/a%2Fb?filters=%5B%7B%22a%22%3A+%22%C3%BC%26%3D%22%7D%5D", "k1"),
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{"])
def test_an_answer_that_is_not_json_has_no_body(serve: Callable[..., Keen], body: bytes) -> None:
    assert _api(serve(Said(200, body)).url).exchange("GET", "events") == Answer(200, None)


def test_a_request_can_have_a_time_limit_of_its_own(serve: Callable[..., Keen]) -> None:
    with pytest.raises(TransientError):
        _api(serve(Said(0)).url, seconds=30).exchange("GET", "events", seconds=0.1)


@pytest.mark.parametrize(
    ("status", "may"), [(200, True), (404, True), (401, AuthenticationError), (403, PermissionDeniedError), (500, None)]
)
def test_a_key_that_may_count_is_told_from_one_that_may_not(serve: Callable[..., Keen], status: int, may: Any) -> None:
    keen = serve(Said(status))
    if may is True:
        _api(keen.url).require_queries()
    else:
        with pytest.raises(may or TransientError):
            _api(keen.url).require_queries()
    assert [request.path for request in keen.requests] == ["/3.0/projects/p1/queries/count"]


def test_a_refused_key_is_named_with_what_it_was_for() -> None:
    with pytest.raises(PermissionDeniedError, match='"Master API Key" may not delete events'):
        check_key(Answer(403, None), "delete events")
    check_key(Answer(500, None), "delete events")


@pytest.mark.parametrize("body", [None, [], "no", {}, {"error_code": None}, {"error_code": 7}])
def test_an_answer_without_an_error_code_has_none(body: Any) -> None:
    assert error_code(Answer(400, body)) is None
