"""Tokens: the same for the same data in the same generation, and in HTTP delivery never the same."""

import json
import re
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from destination_keen.uniqueness import by_content, by_run

HEX = re.compile(r"[0-9a-f]{64}")


def test_a_token_is_the_hash_of_the_generation_and_the_data_with_its_names_sorted() -> None:
    # printf '3\n{"a":[1.5,null],"b":"\xc3\xa9"}' | sha256sum
    expected = "e029173b22a35452e70748f83bb8ead0218e103e96c672ac82784ed364cbf728"
    assert by_content(3)(b'{ "b": "\\u00e9", "a": [1.50, null] }') == expected


def test_the_order_of_names_does_not_matter() -> None:
    members = ['"a":1', '"b":{"c":2,"d":3}', '"e":[]']
    tokens = {by_content(None)(f"{{{','.join(order)}}}".encode()) for order in permutations(members)}
    assert len(tokens) == 1


def test_another_generation_has_other_tokens() -> None:
    tokens = {by_content(generation)(b'{"a":1}') for generation in (None, 0, 1, 11)}
    assert len(tokens) == 4


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), st.dictionaries(st.text(), st.integers()))
def test_different_data_has_different_tokens(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = (by_content(1)(json.dumps(data).encode()) for data in (one, other))
    assert (first == second) == (one == other)


@given(st.binary())
def test_whatever_the_bytes_there_is_a_token_and_it_is_the_same_again(data: bytes) -> None:
    assert HEX.fullmatch(by_content(None)(data))
    assert by_content(None)(data) == by_content(None)(data)


def test_the_tokens_of_a_run_are_all_different_also_for_the_same_data() -> None:
    one, other = by_run(), by_run()
    tokens = {token(b"{}") for token in (one, other) for _ in range(1_000)}
    assert len(tokens) == 2_000
    assert all(HEX.fullmatch(token) for token in tokens)
