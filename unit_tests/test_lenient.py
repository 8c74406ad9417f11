import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_keen.lenient import OUT_OF_RANGE, dumps, loads

SCALARS = st.none() | st.booleans() | st.text()
FRACTIONS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30}|(\.[0-9]{1,30})?[eE][+-]?[0-9]{1,2})", fullmatch=True)


def _can_be_read(text: bytes) -> bool:
    try:
        loads(text)
    except ValueError:
        return False
    return True


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_64_bit_integer_is_written_as_it_was_read(number: int) -> None:
    assert loads(b"%d" % number) == number
    assert dumps(loads(b"[%d]" % number)) == b"[%d]" % number


@given(FRACTIONS)
def test_a_fraction_is_written_with_every_digit_that_was_read(text: str) -> None:
    written = dumps(loads(text.encode())).decode()
    digits = Decimal(text).as_tuple().digits
    assert Decimal(written) == Decimal(text)
    assert Decimal(written).as_tuple().digits[: len(digits)] == digits
    assert isinstance(json.loads(written), (int, float))


@pytest.mark.parametrize("text", [b"1.10", b"0.1", b"-0.0", b"0.12345678901234567890", b"100000000000000000000.0"])
def test_a_plain_fraction_is_written_as_it_was_read(text: bytes) -> None:
    assert dumps(loads(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e400",
        b"-1e400",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"9" * 5_000,
        b"9" * 5_000 + b".5",
        b"1e99999999999999999999",
    ],
)
def test_a_number_beyond_64_bits_and_finite_doubles_is_out_of_range(text: bytes) -> None:
    assert loads(text) is OUT_OF_RANGE
    assert loads(b'{"a": [%b]}' % text) == {"a": [OUT_OF_RANGE]}


@given(st.recursive(SCALARS, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=8))
@settings(deadline=None)
def test_everything_else_comes_back_in_its_order_and_without_needless_escapes(value: Any) -> None:
    for escaped in (True, False):
        read = loads(json.dumps(value, ensure_ascii=escaped, indent=1).encode())
        assert dumps(read) == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def test_halves_of_surrogate_pairs_and_raw_control_characters_are_read() -> None:
    assert loads(b'{"a\\udc00": "x\\ud83d", "b": "\\ud83d\\ude00", "c": "\t\x01"}') == {
        "a\udc00": "x\ud83d",
        "b": "😀",
        "c": "\t\x01",
    }


def test_of_members_with_the_same_name_the_last_one_counts() -> None:
    assert dumps(loads(b'{"a": 1, "b": 2, "a": 3}')) == b'{"a":3,"b":2}'


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 01}',
        b'{"a": 1.}',
        b'{"a": nan}',
        b'{"a": 1} x',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_is_not_json_even_so_is_refused(text: bytes) -> None:
    assert not _can_be_read(text)


@pytest.mark.parametrize("text", [b"1e-99999999999999999999", b"0e99999999999999999999", b"-0.0e99999999999999999999"])
def test_an_exponent_that_nothing_holds_is_read(text: bytes) -> None:
    assert loads(b'{"a":%b,"b":NaN}' % text)["a"] == 0
