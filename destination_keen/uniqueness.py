"""`keen.uniqueness_token`: of the events of a collection that carry the same token, Keen keeps the first for 31 days.

A token is an opaque string of at most 64 characters (Keen's article on rejecting duplicate events), here 64 hexadecimal
digits.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

Token = Callable[[bytes], str]
"""Gives the token of a record from its data (JSON)."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def by_content(generation_id: int | None) -> Token:
    """Tokens for which a record that a later attempt sends again is the same one.

    The token covers the generation and the data in canonical form (sorted names, no white space), not what changes from
    one attempt to the next. A new generation has new tokens: whether Keen forgets a token when its event is deleted is
    not documented.
    """
    prefix = f"{'' if generation_id is None else generation_id}\n".encode()

    def token(data: bytes) -> str:
        return hashlib.sha256(prefix + _canonical(data)).hexdigest()

    return token


def by_run() -> Token:
    """Tokens that no other event has, so that Keen drops only what the connector itself repeats."""
    run = secrets.token_hex(16)
    numbers = itertools.count()
    return lambda _: f"{run}{next(numbers):032x}"


def _canonical(data: bytes) -> bytes:
    try:
        return _encode(_decode(data))
    except (ValueError, RecursionError):
        # Not quite JSON: a source repeats it in the form it had, or it is sent twice.
        return data
