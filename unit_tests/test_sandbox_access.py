import pytest

from keen_sandbox.access import check_access
from keen_sandbox.errors import KeenError
from keen_sandbox.keys import Scope
from keen_sandbox.project import Project

PROJECT = Project("p1", master_key="m", write_key="w", read_key="r")


def _answer(scope: Scope, key: str, project_id: str = "p1", *, forbidden_status: int = 403) -> str:
    try:
        grant = check_access(PROJECT, scope, project_id, key, forbidden_status)
    except KeenError as error:
        return f"{error.status} {error.code}"
    assert scope in grant.permitted
    return "welcome"


@pytest.mark.parametrize(
    ("scope", "welcome", "refusal"),
    [
        (Scope.ADMIN, "m", "403 AdminOnlyEndpointError"),
        (Scope.SCHEMA, "mr", "403 KeyNotPermittedError"),
        (Scope.QUERIES, "mr", "403 KeyNotPermittedError"),
        (Scope.WRITES, "mw", "403 KeyNotPermittedError"),
    ],
)
def test_a_key_opens_what_it_is_for(scope: Scope, welcome: str, refusal: str) -> None:
    for key in "mwr":
        assert _answer(scope, key) == ("welcome" if key in welcome else refusal)


def test_a_refusal_can_have_the_status_of_a_wrong_key() -> None:
    assert _answer(Scope.ADMIN, "w", forbidden_status=401) == "401 AdminOnlyEndpointError"
    assert _answer(Scope.WRITES, "r", forbidden_status=401) == "401 KeyNotPermittedError"


@pytest.mark.parametrize("key", ["", "x", "Bearer m", "m ", "é", "\udcff"])
def test_another_key_opens_nothing(key: str) -> None:
    for scope in (Scope.ADMIN, Scope.SCHEMA, Scope.WRITES):
        assert _answer(scope, key) == "401 InvalidApiKeyError"


def test_there_is_one_project() -> None:
    for key in "mwrx":
        assert _answer(Scope.QUERIES, key, project_id="p2") == "404 ResourceNotFoundError"


def test_an_access_key_opens_what_it_permits_until_it_is_revoked() -> None:
    project = Project("p1", master_key="m", write_key="w", read_key="r")
    key = project.access_keys.create({"name": "a", "permitted": ["writes"]}).key
    assert Scope.WRITES in check_access(project, Scope.WRITES, "p1", key, 403).permitted
    with pytest.raises(KeenError, match="permits queries"):
        check_access(project, Scope.QUERIES, "p1", key, 403)
    with pytest.raises(KeenError, match="master key"):
        check_access(project, Scope.ADMIN, "p1", key, 403)
    project.access_keys.update(key, {"is_active": False})
    with pytest.raises(KeenError) as caught:
        check_access(project, Scope.WRITES, "p1", key, 403)
    assert (caught.value.status, caught.value.code) == (401, "InvalidApiKeyError")
