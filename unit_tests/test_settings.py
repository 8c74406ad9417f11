from typing import Any

import pytest

from destination_keen.errors import ConfigError
from destination_keen.settings import flag, json_type, text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("x", "a string"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_a_value_is_named_by_its_json_type(value: Any, name: str) -> None:
    assert json_type(value) == name


def test_a_text_is_given_without_the_white_space_around_it() -> None:
    assert text({"name": " \tvalue\r\n"}, "name", "Title") == "value"


@pytest.mark.parametrize("raw", [{}, {"name": None}])
def test_null_and_missing_are_the_default(raw: dict[str, Any]) -> None:
    assert text(raw, "name", "Title", default="usual") == "usual"
    assert flag(raw, "name", "Title", default=True) is True
    with pytest.raises(ConfigError, match=r'"Title" \(name\) is missing'):
        text(raw, "name", "Title")


@pytest.mark.parametrize(
    ("value", "complaint"),
    [("", "is empty"), (" \n", "is empty"), ("a\0", "holds a NUL character"), (5, "has to be a string, not a number")],
)
def test_what_is_no_text_is_refused_even_where_there_is_a_default(value: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=rf'"Title" \(name\) {complaint}'):
        text({"name": value}, "name", "Title", default="usual")


@pytest.mark.parametrize("value", [0, 1, "true", []])
def test_only_true_and_false_are_flags(value: Any) -> None:
    with pytest.raises(ConfigError, match=r'"Title" \(name\) has to be true or false, not '):
        flag({"name": value}, "name", "Title", default=False)


def test_a_flag_is_what_the_user_set() -> None:
    assert flag({"name": False}, "name", "Title", default=True) is False
    assert flag({"name": True}, "name", "Title", default=False) is True
