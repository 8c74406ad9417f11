import json
from typing import Any

import pytest

from keen_sandbox.ingest import Ingest
from keen_sandbox.limits import RateLimits
from keen_sandbox.readings import Readings
from unit_tests.sandbox_over_http import ROOT, Ask, count, with_sandbox


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


ONES = json.dumps([{"property_name": "n", "operator": "eq", "property_value": 1}])


def test_a_parameter_that_keen_does_not_know_narrows_no_deletion() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events", {"users": [{"n": 1}, {"n": 2}]})
        params = {"filter": ONES, "time_frame": "today", "timezone": "UTC"}
        assert await ask("DELETE", f"{ROOT}/events/users", params=params) == (204, None)
        assert await count(ask, "users") == "EventCollectionNotFoundError"

    with_sandbox(scenario)


def test_ten_filtered_deletions_a_minute_and_a_hundred_of_collections() -> None:
    clock = [0.0]

    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events", {"users": [{"n": 1}, {"n": 2}]})
        narrow = {"filters": ONES}
        for params in (narrow, {"timeframe": "previous_2_years"}) * 5:
            assert await ask("DELETE", f"{ROOT}/events/users", params=params) == (204, None)
        status, answer = await ask("DELETE", f"{ROOT}/events/users", params=narrow)
        assert (status, answer["error_code"]) == (429, "TooManyRequestsError")
        for _ in range(100):
            status, _ = await ask("DELETE", f"{ROOT}/events/others")
            assert status == 404
        status, _ = await ask("DELETE", f"{ROOT}/events/users")
        assert status == 429
        assert await count(ask, "users") == 1
        clock[0] += 60
        assert await ask("DELETE", f"{ROOT}/events/users", params=narrow) == (204, None)
        assert await ask("DELETE", f"{ROOT}/events/users") == (204, None)

    with_sandbox(scenario, limits=RateLimits(clock=lambda: clock[0]))


def test_two_hundred_queries_a_minute_and_as_many_extractions() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events/users", {})
        query = {"event_collection": "users", "timeframe": "this_2_days"}
        for analysis in ("count", "extraction"):
            for _ in range(200):
                status, _ = await ask("GET", f"{ROOT}/queries/{analysis}", params=query)
                assert status == 200
            for method, body in (("GET", None), ("POST", query)):
                status, answer = await ask(method, f"{ROOT}/queries/{analysis}", body, params=query)
                assert (status, answer["error_code"]) == (429, "TooManyRequestsError")
        status, _ = await ask("GET", f"{ROOT}/queries/sum", params=query)
        assert status == 429

    with_sandbox(scenario, limits=RateLimits(clock=lambda: 0.0))


def test_the_sandboxs_own_page_and_reports_are_not_limited() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        await ask("POST", f"{ROOT}/events/users", {})
        query = {"event_collection": "users", "timeframe": "this_2_days"}
        own = {"Sec-Fetch-Site": "same-origin"}
        for _ in range(201):
            assert (await ask("POST", f"{ROOT}/queries/count", query, headers=own))[0] == 200
            assert (await ask("GET", "/sandbox/status"))[0] == 200
        assert await count(ask, "users") == 1

    with_sandbox(scenario, limits=RateLimits(clock=lambda: 0.0))


def test_a_query_on_a_collection_that_does_not_exist_can_be_answered() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        assert await count(ask, "users") == 0

    with_sandbox(scenario, readings=Readings(missing_collection_status=200))


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
