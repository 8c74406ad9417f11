from typing import Any

import pytest

from keen_sandbox.ingest import Ingest
from unit_tests.sandbox_over_http import ROOT, Ask, with_sandbox

KEYS = f"{ROOT}/keys"


def test_a_key_is_made_read_changed_and_deleted() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        status, made = await ask("POST", KEYS, {"name": "a", "permitted": ["writes"], "is_active": True, "options": {}})
        expected = {"name": "a", "is_active": True, "permitted": ["writes"], "options": {}, "project_id": "p1"}
        key = made["key"]
        assert (status, made) == (201, {**expected, "key": key})
        assert await ask("GET", f"{KEYS}/{key}") == (200, made)
        changed = {**made, "name": "b", "permitted": ["queries", "schema"]}
        assert await ask("POST", f"{KEYS}/{key}", changed) == (200, changed)
        assert await ask("GET", KEYS) == (200, [changed])
        assert await ask("DELETE", f"{KEYS}/{key}") == (204, None)
        assert await ask("GET", KEYS) == (200, [])

    with_sandbox(scenario)


def test_a_key_is_revoked_and_unrevoked_without_a_body() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        _, made = await ask("POST", KEYS, {"name": "a"})
        for action, is_active in (("revoke", False), ("unrevoke", True)):
            answer = await ask("POST", f"{KEYS}/{made['key']}/{action}")
            assert answer == (200, {**made, "is_active": is_active})
            assert await ask("GET", f"{KEYS}/{made['key']}") == answer

    with_sandbox(scenario)


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, "abca"),
        ({"name": "a"}, "aa"),
        ({"name": "d"}, ""),
        ({"per_page": "3"}, "abc"),
        ({"per_page": "3", "page": "2"}, "a"),
        ({"per_page": "3", "page": "3"}, ""),
    ],
)
def test_keys_are_listed_by_name_and_page(params: dict[str, str], names: str) -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        for name in "abca":
            await ask("POST", KEYS, {"name": name})
        _, listed = await ask("GET", KEYS, params=params)
        assert "".join(key["name"] for key in listed) == names

    with_sandbox(scenario)


def test_a_page_has_at_most_200_keys() -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        for _ in range(201):
            await ask("POST", KEYS, {"name": "a"})
        for params in ({}, {"per_page": "500"}):
            _, listed = await ask("GET", KEYS, params=params)
            assert len(listed) == 200

    with_sandbox(scenario)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nobody", None, 404),
        ("POST", "/nobody", {}, 404),
        ("POST", "/nobody/revoke", None, 404),
        ("DELETE", "/nobody", None, 404),
        ("POST", "", {"name": "a", "permitted": ["admin"]}, 400),
        ("POST", "", "{", 400),
        ("GET", "?per_page=0", None, 400),
        ("GET", "?page=x", None, 400),
    ],
)
def test_what_makes_no_sense_is_refused(method: str, path: str, body: Any, status: int) -> None:
    async def scenario(ask: Ask, _ingest: Ingest) -> None:
        given, answer = await ask(method, KEYS + path, body)
        assert given == status
        assert set(answer) == {"message", "error_code"}

    with_sandbox(scenario)
