from typing import Any

import pytest

from keen_sandbox.errors import KeenError
from keen_sandbox.keys import AccessKeys, Grant, Scope


def _refusal(description: Any) -> str:
    with pytest.raises(KeenError) as caught:
        AccessKeys().create(description)
    assert caught.value.status == 400
    return caught.value.message


def test_a_key_grants_what_its_description_permits() -> None:
    keys = AccessKeys()
    ours = [{"property_name": "owner", "operator": "eq", "property_value": "us"}]
    options = {"writes": {"autofill": {"owner": "us"}}, "queries": {"filters": ours}}
    made = keys.create({"name": "ours", "permitted": ["writes", "queries"], "options": options})
    assert (made.name, made.is_active, made.permitted, made.options) == ("ours", True, ("writes", "queries"), options)
    assert keys.grant_of(made.key) == Grant(frozenset({Scope.WRITES, Scope.QUERIES}), {"owner": "us"}, ours)


def test_every_kind_of_request_but_administration_can_be_permitted() -> None:
    scopes = ["writes", "queries", "saved_queries", "cached_queries", "datasets", "schema", "query_definition"]
    keys = AccessKeys()
    grant = keys.grant_of(keys.create({"name": "all", "permitted": scopes}).key)
    assert grant == Grant(frozenset(Scope) - {Scope.ADMIN})


def test_keys_differ_and_are_kept_in_order() -> None:
    keys = AccessKeys()
    made = [keys.create({"name": "same", "permitted": []}) for _ in range(3)]
    assert keys.all() == made
    assert len({each.key for each in made}) == 3
    assert all(len(each.key) == 64 and each.key not in repr(each) for each in made)


def test_a_revoked_key_grants_nothing_until_it_is_active_again() -> None:
    keys = AccessKeys()
    key = keys.create({"name": "a", "permitted": ["writes"]}).key
    assert keys.update(key, {"is_active": False}).name == "a"
    assert keys.grant_of(key) is None
    keys.update(key, {"is_active": True})
    assert keys.grant_of(key) == Grant(frozenset({Scope.WRITES}))


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    keys = AccessKeys()
    key = keys.create({"name": "a", "permitted": ["writes"], "options": {"writes": {"autofill": {"b": 1}}}}).key
    keys.update(key, {"permitted": ["queries"]})
    assert keys.grant_of(key) == Grant(frozenset({Scope.QUERIES}), {"b": 1})
    with pytest.raises(KeenError, match="'permitted'"):
        keys.update(key, {"name": "b", "permitted": ["everything"]})
    assert keys.find(key).name == "a"


def test_a_deleted_key_is_gone() -> None:
    keys = AccessKeys()
    key = keys.create({"name": "a", "permitted": ["writes"]}).key
    keys.delete(key)
    assert (keys.all(), keys.grant_of(key)) == ([], None)
    for ask in (keys.find, keys.delete, lambda one: keys.update(one, {})):
        with pytest.raises(KeenError) as caught:
            ask(key)
        assert caught.value.status == 404


@pytest.mark.parametrize("key", ["", "x", "é"])
def test_another_text_grants_nothing(key: str) -> None:
    keys = AccessKeys()
    keys.create({"name": "a", "permitted": ["writes"]})
    assert keys.grant_of(key) is None


@pytest.mark.parametrize(
    ("description", "named"),
    [
        ([], "a JSON object"),
        ({}, "needs a name"),
        ({"name": 5}, "'name'"),
        ({"name": "a", "is_active": 1}, "'is_active'"),
        ({"name": "a", "permitted": "writes"}, "'permitted'"),
        ({"name": "a", "permitted": [["writes"]]}, "'permitted'"),
        ({"name": "a", "permitted": ["admin"]}, "'permitted'"),
        ({"name": "a", "options": []}, "'options'"),
        ({"name": "a", "options": {"writes": []}}, "'options'"),
        ({"name": "a", "options": {"writes": {"autofill": []}}}, "'options'"),
        ({"name": "a", "options": {"queries": {"filters": {}}}}, "'options'"),
        ({"name": "a", "options": {"queries": {"filters": [{"operator": "is"}]}}}, "A filter needs"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(description: Any, named: str) -> None:
    assert named in _refusal(description)
