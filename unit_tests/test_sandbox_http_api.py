import pytest

from keen_sandbox.ingest import Ingest
from keen_sandbox.readings import Readings
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
        ("POST", "/keys", "m"),
        ("GET", "/keys/x", "m"),
        ("POST", "/keys/x", "m"),
        ("POST", "/keys/x/revoke", "m"),
        ("POST", "/keys/x/unrevoke", "m"),
        ("DELETE", "/keys/x", "m"),
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


def test_a_valid_key_that_is_not_permitted_can_get_401() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        status, answer = await ask("DELETE", f"{ROOT}/events/users", key="w")
        assert (status, answer["error_code"]) == (401, "AdminOnlyEndpointError")

    with_sandbox(scenario, readings=Readings(forbidden_status=401))


def test_an_access_key_records_with_its_autofill_and_asks_with_its_filters() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        ours = [{"property_name": "owner", "operator": "eq", "property_value": "us"}]
        description = {
            "name": "ours",
            "permitted": ["writes", "queries"],
            "options": {"writes": {"autofill": {"owner": "us"}}, "queries": {"filters": ours}},
        }
        status, made = await ask("POST", f"{ROOT}/keys", description)
        assert status == 201
        key = made["key"]
        assert await ask("POST", f"{ROOT}/events/users", {"owner": "them"}, key="w") == (201, {"created": True})
        assert await ask("POST", f"{ROOT}/events/users", {"owner": "them"}, key=key) == (201, {"created": True})
        assert await ask("POST", f"{ROOT}/events", {"users": [{}]}, key=key) == (200, {"users": [{"success": True}]})
        assert await count(ask, "users") == 3
        query = {"event_collection": "users", "timeframe": "this_2_days"}
        assert await ask("POST", f"{ROOT}/queries/count", query, key=key) == (200, {"result": 2})
        status, _ = await ask("GET", f"{ROOT}/events", key=key)
        assert status == 403
        await ask("POST", f"{ROOT}/keys/{key}/revoke")
        status, answer = await ask("POST", f"{ROOT}/events/users", {}, key=key)
        assert (status, answer["error_code"]) == (401, "InvalidApiKeyError")

    with_sandbox(scenario)


def test_with_a_delay_an_event_is_answered_before_it_is_visible() -> None:
    async def scenario(ask: Ask, ingest: Ingest) -> None:
        assert await ask("POST", f"{ROOT}/events/users", {}) == (201, {"created": True})
        answer = {"users": [{"success": True}, {"success": True}]}
        assert await ask("POST", f"{ROOT}/events", {"users": [{}, {}]}) == (200, answer)
        status, answer = await ask("POST", f"{ROOT}/events/users", {"a.b": 1})
        assert (status, answer["error_code"]) == (400, "InvalidPropertyNameError")
        _, told = await ask("GET", "/sandbox/status")
        assert (told["backlog"], told["collections"]) == (3, {})
        await ingest.close()
        assert await count(ask, "users") == 3

    with_sandbox(scenario, delay=3_600)


def test_recording_is_not_limited() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        answers = [await ask("POST", f"{ROOT}/events/users", {}, key="w") for _ in range(201)]
        assert answers == [(201, {"created": True})] * 201

    with_sandbox(scenario)
