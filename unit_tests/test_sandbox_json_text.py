import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keen_sandbox.json_text import Repeated, read_members, write_json, write_member

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_objects = st.dictionaries(st.text(), _values, max_size=5)


def test_the_text_of_a_member_is_kept_as_it_was_written() -> None:
    _, texts = read_members(' { "price" : 1.10 ,"big":12345678901234567890.123456789, "list": [ 1 ] } ')
    assert texts == {
        "price": '"price" : 1.10',
        "big": '"big":12345678901234567890.123456789',
        "list": '"list": [ 1 ]',
    }


def test_the_last_of_members_with_the_same_name_counts() -> None:
    assert read_members('{"a": 1, "\\u0061": 2}') == ({"a": 2}, {"a": '"\\u0061": 2'})


def test_an_inner_object_that_repeats_a_name_says_so() -> None:
    values, _ = read_members('{"a": {"b": 1, "b": 2}, "c": {"b": 1}}')
    assert values == {"a": {"b": 2}, "c": {"b": 1}}
    assert isinstance(values["a"], Repeated)
    assert not isinstance(values["c"], Repeated)


@pytest.mark.parametrize("text", ["{}", " { } ", "\n{\t}\r\n"])
def test_an_empty_object_has_no_members(text: str) -> None:
    assert read_members(text) == ({}, {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "}",
        "[]",
        '{"a":1',
        '{"a":1,}',
        '{,"a":1}',
        '{"a":1{"b":2}',
        '{"a" 1}',
        '{"a":}',
        "{a:1}",
        '{"a":1}}',
        '{"a":1}\x00',
    ],
)
def test_a_text_that_is_not_one_object_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        read_members(text)


@given(_objects, st.sampled_from([None, 2]), st.booleans())
def test_it_reads_what_the_standard_library_reads(value: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    values, texts = read_members(text)
    assert values == value
    assert json.loads("{" + ",".join(texts.values()) + "}") == value


@given(_objects, st.data())
def test_it_refuses_what_the_standard_library_refuses(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text) - 1))
    broken = (
        text[:at] + data.draw(st.sampled_from(["", ",", '"', "}", "{", ":", "\\", "1", " ", "\x0b"])) + text[at + 1 :]
    )
    try:
        expected = json.loads(broken)
    except ValueError:
        expected = None
    if isinstance(expected, dict):
        assert read_members(broken)[0] == expected
    else:
        with pytest.raises(json.JSONDecodeError):
            read_members(broken)


def test_json_is_written_without_needless_space_and_escapes() -> None:
    assert write_json({"é": [1, None]}) == '{"é":[1,null]}'
    assert write_member('a"b', True) == '"a\\"b":true'
