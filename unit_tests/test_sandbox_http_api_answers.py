import asyncio
import json
import threading
from typing import Any

import pytest

from keen_sandbox.ingest import Ingest
from keen_sandbox.store import Store
from unit_tests.sandbox_over_http import ROOT, Ask, count, with_sandbox


def test_the_schema_is_told_for_the_project_a_collection_and_a_property() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events/users", {"address": {"city": "Rome"}})
        schema = {
            "address.city": "string",
            "keen.timestamp": "datetime",
            "keen.created_at": "datetime",
            "keen.id": "string",
        }
        users = f"{ROOT}/events/users"
        assert await ask("GET", f"{ROOT}/events", key="r") == (
            200,
            [{"name": "users", "url": users, "properties": schema}],
        )
        assert await ask("GET", users, key="r") == (200, {"properties": schema})
        assert await ask("GET", f"{users}/properties/address.city", key="r") == (
            200,
            {"property_name": "address.city", "url": f"{users}/properties/address.city", "type": "string"},
        )
        for missing in (f"{users}/properties/address", f"{ROOT}/events/nobody"):
            status, answer = await ask("GET", missing)
            assert (status, answer["error_code"]) == (404, "ResourceNotFoundError")

    with_sandbox(scenario)


def test_the_project_describes_itself_without_a_key_in_it() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events/users", {})
        assert await ask("GET", ROOT) == (
            200,
            {
                "id": "p1",
                "name": "p1",
                "url": ROOT,
                "events": [{"name": "users", "url": f"{ROOT}/events/users"}],
                "events_url": f"{ROOT}/events",
                "queries_url": f"{ROOT}/queries",
            },
        )
        assert await ask("GET", f"{ROOT}/keys", params={"per_page": "1"}) == (200, [])

    with_sandbox(scenario)


def test_a_query_takes_its_parameters_from_the_body_or_from_the_url() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events", {"users": [{"age": 30}, {"age": 50}]})
        adults = [{"property_name": "age", "operator": "gt", "property_value": 40}]
        query = {"event_collection": "users", "timeframe": "this_2_days", "target_property": "age"}
        assert await ask("POST", f"{ROOT}/queries/sum", {**query, "filters": adults}) == (200, {"result": 50})
        as_url = {**query, "filters": json.dumps(adults), "api_key": "r"}
        assert await ask("GET", f"{ROOT}/queries/sum", params=as_url, key="") == (200, {"result": 50})

    with_sandbox(scenario)


def test_a_query_that_cannot_be_answered_is_refused() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        for path, body, expected in (
            ("queries/guess", {}, (404, "ResourceNotFoundError")),
            ("queries/count", [], (400, "InvalidParameterError")),
            ("queries/count", {"event_collection": "users"}, (400, "InvalidParameterError")),
            (
                "queries/count",
                {"event_collection": "users", "timeframe": "today"},
                (404, "EventCollectionNotFoundError"),
            ),
        ):
            status, answer = await ask("POST", f"{ROOT}/{path}", body)
            assert (status, answer["error_code"]) == expected

    with_sandbox(scenario)


def test_a_deletion_is_narrowed_by_the_parameters_of_its_url() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        old = {"n": 1, "keen": {"timestamp": "2020-01-01T00:00:00Z"}}
        await ask("POST", f"{ROOT}/events", {"users": [old, {"n": 1}, {"n": 2}]})
        ones = json.dumps([{"property_name": "n", "operator": "eq", "property_value": 1}])
        today = {"timeframe": "this_2_days", "timezone": "UTC", "filters": ones}
        assert await ask("DELETE", f"{ROOT}/events/users", params=today) == (204, None)
        _, answer = await ask(
            "POST",
            f"{ROOT}/queries/select_unique",
            {"event_collection": "users", "timeframe": "this_100_years", "target_property": "n"},
        )
        assert answer == {"result": [1, 2]}
        assert await count(ask, "users") == 1

    with_sandbox(scenario)


def test_a_deletion_ignores_its_body_and_takes_the_whole_collection() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events", {"users": [{"n": 1}, {"n": 2}], "others": [{}]})
        narrow = {"filters": [{"property_name": "n", "operator": "eq", "property_value": 1}]}
        assert await ask("DELETE", f"{ROOT}/events/users", narrow) == (204, None)
        status, answer = await ask("DELETE", f"{ROOT}/events/users")
        assert (status, answer["error_code"]) == (404, "ResourceNotFoundError")
        assert await count(ask, "others") == 1

    with_sandbox(scenario)


@pytest.mark.parametrize("params", [{"filters": "{"}, {"filters": ""}, {"filters": "{}"}, {"timeframe": "whenever"}])
def test_a_deletion_with_a_broken_parameter_deletes_nothing(params: dict[str, str]) -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events/users", {})
        status, _ = await ask("DELETE", f"{ROOT}/events/users", params=params)
        assert status == 400
        assert await count(ask, "users") == 1

    with_sandbox(scenario)


def test_the_sandbox_tells_what_it_holds_and_what_it_dropped() -> None:
    async def scenario(ask: Ask, ingest: Ingest) -> None:
        ingest.accept("users", b'{"keen":{"timestamp":"2024-01-01T00:00:00Z"}}')
        ingest.accept("users", b'{"keen":{"timestamp":"2024-02-01T00:00:00Z"}}')
        ingest.accept("users", b'{"a.b":1}')
        ingest.accept("others", b"\xff")
        _, before = await ask("GET", "/sandbox/status", key="")
        assert before == {"project_id": "p1", "backlog": 4, "collections": {}, "dropped": {}}
        await ingest.close()
        _, after = await ask("GET", "/sandbox/status", key="")
        assert after == {
            "project_id": "p1",
            "backlog": 0,
            "collections": {
                "others": {"events": 0, "dropped": 1, "first_timestamp": None, "last_timestamp": None},
                "users": {
                    "events": 2,
                    "dropped": 1,
                    "first_timestamp": "2024-01-01T00:00:00.000Z",
                    "last_timestamp": "2024-02-01T00:00:00.000Z",
                },
            },
            "dropped": {"InvalidEventError": 1, "InvalidPropertyNameError": 1},
        }
        _, dropped = await ask("GET", "/sandbox/dropped", key="", params={"collection": "users"})
        assert [(item["collection"], item["reason"], item["event"]) for item in dropped] == [
            ("users", "InvalidPropertyNameError", '{"a.b":1}')
        ]
        assert dropped[0]["received_at"].endswith("Z")
        assert dropped[0]["explanation"].startswith("The property name 'a.b'")
        _, limited = await ask("GET", "/sandbox/dropped", key="", params={"limit": "1"})
        assert len(limited) == 1
        status, _ = await ask("GET", "/sandbox/dropped", key="", params={"limit": "all"})
        assert status == 400

    with_sandbox(scenario)


class _SlowStore(Store):
    """A store that has counted long before it says so."""

    def __init__(self) -> None:
        super().__init__(None)
        self.counted = threading.Event()
        self.go_on = threading.Event()

    def summary(self) -> Any:
        summary = super().summary()
        self.counted.set()
        assert self.go_on.wait(10)
        return summary


def test_an_accepted_event_is_in_the_backlog_or_in_the_counts() -> None:
    store = _SlowStore()

    async def scenario(ask: Ask, ingest: Ingest) -> None:
        ingest.accept("users", b"{}")
        asked = asyncio.create_task(ask("GET", "/sandbox/status"))
        assert await asyncio.to_thread(store.counted.wait, 10)
        await ingest.close()
        store.go_on.set()
        _, before = await asked
        assert (before["backlog"], before["collections"]) == (1, {})
        _, after = await ask("GET", "/sandbox/status")
        assert (after["backlog"], after["collections"]["users"]["events"]) == (0, 1)

    with_sandbox(scenario, store)


def test_filters_that_are_nested_too_deeply_are_refused() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events/users", {"age": 30})
        query: dict[str, Any] = {"event_collection": "users", "timeframe": "this_2_days"}
        adults = '{"property_name":"age","operator":"gt","property_value":18}'
        for levels, expected in ((99, 200), (100, 400), (400, 400), (100_000, 400)):
            nested = '{"operator":"or","operands":[' * levels + adults + "]}" * levels
            body = json.dumps(query)[:-1] + f',"filters":[{nested}]}}'
            status, answer = await ask("POST", f"{ROOT}/queries/count", body)
            assert (status, answer.get("result")) == (expected, 1 if expected == 200 else None)
        params = {"filters": "[" * 1_300 + "]" * 1_300}
        status, _ = await ask("DELETE", f"{ROOT}/events/users", params=params)
        assert status == 400
        assert await count(ask, "users") == 1

    with_sandbox(scenario)
