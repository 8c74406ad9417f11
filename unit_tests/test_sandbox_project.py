import pytest

from keen_sandbox.keys import Scope
from keen_sandbox.project import Project

READING = {
    Scope.QUERIES,
    Scope.SAVED_QUERIES,
    Scope.CACHED_QUERIES,
    Scope.DATASETS,
    Scope.SCHEMA,
    Scope.QUERY_DEFINITION,
}


@pytest.fixture
def project() -> Project:
    return Project("p1", master_key="master-é", write_key="write-é", read_key="read-é")


@pytest.mark.parametrize(
    ("key", "permitted"),
    [("master-é", {*READING, Scope.WRITES, Scope.ADMIN}), ("write-é", {Scope.WRITES}), ("read-é", READING)],
)
def test_each_of_the_three_keys_has_its_grant(project: Project, key: str, permitted: set[Scope]) -> None:
    grant = project.grant_of(key)
    assert grant is not None
    assert (grant.permitted, grant.autofill, grant.filters) == (permitted, {}, [])


@pytest.mark.parametrize("key", ["", "master", "MASTER-É", "p1"])
def test_any_other_text_has_none(project: Project, key: str) -> None:
    assert project.grant_of(key) is None


def test_an_access_key_has_one_while_it_is_active(project: Project) -> None:
    key = project.access_keys.create({"name": "a", "permitted": ["writes"]}).key
    grant = project.grant_of(key)
    assert grant is not None
    assert grant.permitted == {Scope.WRITES}
    project.access_keys.update(key, {"is_active": False})
    assert project.grant_of(key) is None


def test_no_key_is_in_its_repr(project: Project) -> None:
    access_key = project.access_keys.create({"name": "a"}).key
    for key in ("master-é", "write-é", "read-é", access_key):
        assert key not in repr(project)
