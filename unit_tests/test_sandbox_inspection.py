from keen_sandbox.ingest import Ingest
from unit_tests.sandbox_over_http import ROOT, Ask, with_sandbox


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

    with_sandbox(scenario)
