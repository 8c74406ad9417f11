from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keen_sandbox.errors import KeenError
from keen_sandbox.json_text import Repeated
from keen_sandbox.properties import check_property


def _broken_rule(name: str, value: Any) -> str | None:
    try:
        check_property(name, value)
    except KeenError as error:
        return error.code
    return None


@pytest.mark.parametrize("name", ["a", "a b", "é", "x$", "_x", "/", "x" * 255, "keen"])
def test_a_name_of_up_to_255_characters_is_allowed(name: str) -> None:
    assert _broken_rule(name, 1) is None
    assert _broken_rule("outer", [{"middle": {name: 1}}]) is None


@pytest.mark.parametrize("name", ["", "a.b", ".", "$a", "x" * 256])
def test_a_name_that_keen_refuses_is_refused_at_every_level(name: str) -> None:
    assert _broken_rule(name, 1) == "InvalidPropertyNameError"
    assert _broken_rule("outer", [{"middle": {name: 1}}]) == "InvalidPropertyNameError"


@pytest.mark.parametrize(
    "value",
    [None, True, "x" * 9_999, "😀" * 9_999, 2**63 - 1, -(2**63), 1e300, 0.1, [], {}, [1, "a", None, {"b": []}]],
)
def test_a_value_within_the_limits_is_allowed(value: Any) -> None:
    assert _broken_rule("a", value) is None
    assert _broken_rule("a", [{"b": value}]) is None


@pytest.mark.parametrize(
    "value", ["x" * 10_000, "😀" * 10_000, 2**63, -(2**63) - 1, float("inf"), float("-inf"), float("nan")]
)
def test_a_value_beyond_the_limits_is_refused_at_every_level(value: Any) -> None:
    assert _broken_rule("a", value) == "InvalidPropertyValueError"
    assert _broken_rule("a", [[{"b": value}]]) == "InvalidPropertyValueError"


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", ["\udc00"]])
def test_half_a_surrogate_pair_is_no_text(value: Any) -> None:
    assert _broken_rule("a", value) == "InvalidEventError"
    assert _broken_rule("\ud800", 1) == "InvalidPropertyNameError"


def test_an_event_is_at_most_1000_levels_deep() -> None:
    value: Any = 1
    for _ in range(999):
        value = [value]
    assert _broken_rule("a", value) is None
    assert _broken_rule("a", [value]) == "InvalidEventError"


def test_it_tells_whether_an_object_inside_repeats_a_name() -> None:
    assert check_property("a", [{"b": Repeated(c=1)}]) is True
    assert check_property("a", [{"b": {"c": 1}}]) is False


@given(st.text(max_size=300))
def test_a_name_is_refused_exactly_for_its_length_a_dot_or_a_leading_dollar_sign(name: str) -> None:
    allowed = 1 <= len(name) <= 255 and "." not in name and not name.startswith("$")
    assert (_broken_rule(name, None) is None) == allowed


@given(st.integers() | st.integers(2**63 - 2, 2**63 + 2) | st.integers(-(2**63) - 2, -(2**63) + 2))
def test_an_integer_is_refused_exactly_outside_64_bits(number: int) -> None:
    assert (_broken_rule("a", number) is None) == (-9223372036854775808 <= number <= 9223372036854775807)
