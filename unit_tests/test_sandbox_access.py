import pytest

from keen_sandbox.access import MASTER, READ, WRITE, check_access
from keen_sandbox.errors import KeenError
from keen_sandbox.project import Project, Role

PROJECT = Project("p1", master_key="m", write_key="w", read_key="r")


def _answer(roles: frozenset[Role], key: str, project_id: str = "p1") -> str:
    try:
        check_access(PROJECT, roles, project_id, key)
    except KeenError as error:
        return f"{error.status} {error.code}"
    return "welcome"


@pytest.mark.parametrize(
    ("roles", "welcome", "refusal"),
    [
        (MASTER, "m", "403 AdminOnlyEndpointError"),
        (READ, "mr", "403 KeyNotPermittedError"),
        (WRITE, "mw", "403 KeyNotPermittedError"),
    ],
)
def test_a_key_opens_what_it_is_for(roles: frozenset[Role], welcome: str, refusal: str) -> None:
    for key in "mwr":
        assert _answer(roles, key) == ("welcome" if key in welcome else refusal)


@pytest.mark.parametrize("key", ["", "x", "Bearer m", "m ", "é", "\udcff"])
def test_another_key_opens_nothing(key: str) -> None:
    for roles in (MASTER, READ, WRITE):
        assert _answer(roles, key) == "401 InvalidApiKeyError"


def test_there_is_one_project() -> None:
    for key in "mwrx":
        assert _answer(READ, key, project_id="p2") == "404 ResourceNotFoundError"
