import json

from keen_sandbox.ingest import Ingest
from unit_tests.sandbox_over_http import ROOT, Ask, count, with_sandbox


def test_a_body_has_to_say_that_it_is_json_and_to_be_it() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        for path in ("events", "events/users", "queries/count"):
            status, answer = await ask("POST", f"{ROOT}/{path}", "{}", content_type="text/plain")
            assert (status, answer["error_code"]) == (400, "JsonRequiredError")
        for path in ("events", "queries/count"):
            status, answer = await ask("POST", f"{ROOT}/{path}", "{")
            assert (status, answer["error_code"]) == (400, "JsonRequiredError")

    with_sandbox(scenario)


def test_a_body_of_ten_million_bytes_is_the_longest() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        batch = json.dumps({"users": [{"a": "x" * 9_000}] * 10}).encode()
        status, _ = await ask("POST", f"{ROOT}/events", batch + b" " * (10_000_000 - len(batch)))
        assert status == 200
        status, answer = await ask("POST", f"{ROOT}/events", batch + b" " * (10_000_001 - len(batch)))
        assert (status, answer["error_code"]) == (413, "RequestTooLargeError")
        assert answer["message"] == "The body has more than the 10,000,000 bytes that a request may have."
        assert await count(ask, "users") == 10

    with_sandbox(scenario)
