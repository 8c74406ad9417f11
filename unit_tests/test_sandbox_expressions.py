import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keen_sandbox.expressions import Property, Values
from keen_sandbox.rules import Event
from keen_sandbox.store import Store

DAY = "2024-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    store = Store(None)
    yield store
    store.close()


def _of(store: Store, path: str, event: dict[str, Any]) -> dict[str, Any]:
    store.delete("c", "true", {}, 10)
    store.add([Event("c", DAY, DAY, None, json.dumps(event))])
    values = Values()
    subject = Property(path, values)
    columns = (subject.value, subject.present, subject.text, subject.number, subject.boolean, subject.elements("JSON"))
    [row] = store.select(f"SELECT {', '.join(columns)} FROM events", values.by_name)  # noqa: S608 - under test
    return dict(zip(("value", "present", "text", "number", "boolean", "elements"), row, strict=True))


NOTHING = {"value": None, "present": False, "text": None, "number": None, "boolean": None, "elements": None}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", {"value": '"x"', "present": True, "text": "x"}),
        ("5", {"value": '"5"', "present": True, "text": "5"}),
        ("null", {"value": '"null"', "present": True, "text": "null"}),
        (5, {"value": "5", "present": True, "number": 5.0}),
        (-2.5, {"value": "-2.5", "present": True, "number": -2.5}),
        (2**63 - 1, {"value": "9223372036854775807", "present": True, "number": float(2**63)}),
        (True, {"value": "true", "present": True, "boolean": True}),
        ([1, "a"], {"value": '[1,"a"]', "present": True, "elements": ["1", '"a"']}),
        ({"a": 1}, {"value": '{"a":1}', "present": True}),
        (None, {}),
    ],
)
def test_a_property_has_an_expression_for_each_type(store: Store, value: Any, expected: dict[str, Any]) -> None:
    assert _of(store, "p", {"p": value}) == {**NOTHING, **expected}
    assert _of(store, "outer.p", {"outer": {"p": value}}) == {**NOTHING, **expected}


def test_a_property_that_is_missing_is_nothing(store: Store) -> None:
    assert _of(store, "p", {}) == NOTHING
    assert _of(store, "p.deeper", {"p": 5}) == NOTHING


def test_a_path_is_never_read_as_sql(store: Store) -> None:
    name = "x') FROM events; DROP TABLE events; --"
    assert _of(store, name, {name: 1})["number"] == 1.0
    assert _of(store, "$v0", {"$v0": 1})["number"] == 1.0


_name = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="."), min_size=1, max_size=8)


@given(name=_name | st.sampled_from(["/", "~", "~1", "*", "$", '"', "'", "a[0]", "#", "0", "-"]))
def test_any_property_name_finds_its_property(store: Store, name: str) -> None:
    assert _of(store, name, {name: {"in": 7}})["value"] == '{"in":7}'
    assert _of(store, f"{name}.in", {name: {"in": 7}})["number"] == 7.0


@given(path=st.text(max_size=12))
def test_any_text_can_be_asked_for(store: Store, path: str) -> None:
    assert isinstance(_of(store, path.encode(errors="replace").decode(), {"a": 1})["present"], bool)
