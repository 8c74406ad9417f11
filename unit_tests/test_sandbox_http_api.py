import json

import pytest

from keen_sandbox.ingest import Ingest
from unit_tests.sandbox_over_http import ROOT, Ask, count, with_sandbox


def test_an_event_that_was_recorded_is_visible_right_away() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        assert await ask("POST", f"{ROOT}/events/users", {"name": "Ada"}, key="w") == (201, {"created": True})
        assert await count(ask, "users") == 1

    with_sandbox(scenario)


def test_a_batch_is_answered_event_by_event_in_the_order_of_the_request() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        batch = {"users": [{"a": 1}, {"a.b": 1}, 5, {"a": 2}], "_x": [{}], "empty": []}
        status, answer = await ask("POST", f"{ROOT}/events", batch, key="w")
        assert status == 200
        assert [item["success"] for item in answer["users"]] == [True, False, False, True]
        assert [item["error"]["name"] for item in answer["users"][1:3]] == [
            "InvalidPropertyNameError",
            "InvalidEventError",
        ]
        assert answer["users"][1]["error"]["description"].startswith("The property name 'a.b' is not allowed")
        assert answer["_x"][0]["error"]["name"] == "InvalidCollectionNameError"
        assert answer["empty"] == []
        assert await count(ask, "users") == 2

    with_sandbox(scenario)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("users", '{"a.b": 1}', "InvalidPropertyNameError"),
        ("users", '{"a": NaN}', "InvalidPropertyValueError"),
        ("users", '{"keen": {"x": 1}}', "InvalidKeenNamespaceProperty"),
        ("users", "[]", "InvalidEventError"),
        ("users", "{", "InvalidEventError"),
        ("_users", "{}", "InvalidCollectionNameError"),
    ],
)
def test_a_single_event_that_breaks_a_rule_is_refused(path: str, body: str, code: str) -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        status, answer = await ask("POST", f"{ROOT}/events/{path}", body)
        assert (status, answer["error_code"]) == (400, code)
        assert set(answer) == {"message", "error_code"}
        _, told = await ask("GET", "/sandbox/status")
        assert told["collections"] == {}

    with_sandbox(scenario)


def test_a_body_has_to_say_that_it_is_json_and_to_be_it() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        for path in ("events", "events/users", "queries/count"):
            status, answer = await ask("POST", f"{ROOT}/{path}", "{}", content_type="text/plain")
            assert (status, answer["error_code"]) == (400, "JsonRequiredError")
        for path in ("events", "queries/count"):
            status, answer = await ask("POST", f"{ROOT}/{path}", "{")
            assert (status, answer["error_code"]) == (400, "JsonRequiredError")

    with_sandbox(scenario)


def test_a_repeated_uniqueness_token_is_answered_as_success_and_stored_once() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        event = {"keen": {"uniqueness_token": "t"}}
        for _ in range(2):
            assert await ask("POST", f"{ROOT}/events/users", event) == (201, {"created": True})
        status, answer = await ask("POST", f"{ROOT}/events", {"users": [event]})
        assert (status, answer) == (200, {"users": [{"success": True}]})
        assert await count(ask, "users") == 1

    with_sandbox(scenario)


def test_a_collection_name_is_a_percent_encoded_part_of_the_path() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events/a%2Fb%20c%25d%3F%23", {"x": 1})
        _, collections = await ask("GET", f"{ROOT}/events?include_schema=false")
        assert collections == [{"name": "a/b c%d?#", "url": f"{ROOT}/events/a%2Fb%20c%25d%3F%23"}]
        status, _ = await ask("GET", f"{ROOT}/events/a%2Fb%20c%25d%3F%23")
        assert status == 200
        status, _ = await ask("GET", f"{ROOT}/events/a/b%20c")
        assert status == 404

    with_sandbox(scenario)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "", "m"),
        ("GET", "/keys", "m"),
        ("GET", "/events", "mr"),
        ("POST", "/events", "mw"),
        ("GET", "/events/users", "mr"),
        ("POST", "/events/users", "mw"),
        ("DELETE", "/events/users", "m"),
        ("GET", "/events/users/properties/a", "mr"),
        ("GET", "/queries/count", "mr"),
        ("POST", "/queries/count", "mr"),
    ],
)
def test_every_endpoint_is_open_to_its_keys_only(method: str, path: str, allowed: str) -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        for key in "mwr":
            status, _ = await ask(method, ROOT + path, "{}" if method == "POST" else None, key=key)
            assert (status == 403) == (key not in allowed)
        status, answer = await ask(method, ROOT + path, key="x")
        assert (status, answer["error_code"]) == (401, "InvalidApiKeyError")
        status, answer = await ask(method, "/3.0/projects/p2" + path)
        assert (status, answer["error_code"]) == (404, "ResourceNotFoundError")

    with_sandbox(scenario)


def test_a_body_of_ten_million_bytes_is_the_longest() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        batch = json.dumps({"users": [{"a": "x" * 9_000}] * 10}).encode()
        status, _ = await ask("POST", f"{ROOT}/events", batch + b" " * (10_000_000 - len(batch)))
        assert status == 200
        status, _ = await ask("POST", f"{ROOT}/events", batch + b" " * (10_000_001 - len(batch)))
        assert status == 413

    with_sandbox(scenario)
