"""JSON as sources really write it: exact numbers of any size, NaN, Infinity and halves of surrogate pairs included."""

from __future__ import annotations

import json
import math
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec


class _OutOfRange:
    """The type of `OUT_OF_RANGE`."""

    def __repr__(self) -> str:
        return "OUT_OF_RANGE"


OUT_OF_RANGE: Final = _OutOfRange()
"""Stands for a number that no 64-bit integer or finite double can hold."""

# Twenty characters hold every 64-bit integer; longer text need not be converted to know that it is out of range.
_LONGEST_INTEGER: Final = 20

_encoder = msgspec.json.Encoder(decimal_format="number")


def loads(text: bytes) -> Any:
    """Decode JSON, fractions as `Decimal` so that they are written again digit by digit.

    Raises:
        ValueError: not UTF-8, not JSON even by these terms, or nested deeper than Python's stack.
    """
    try:
        return _decoder.decode(text.decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def dumps(value: Any) -> bytes:
    """Encode what `loads` gave, without white space and without escapes that JSON does not require."""
    return _encoder.encode(value)


def _integer(text: str) -> int | _OutOfRange:
    if len(text) > _LONGEST_INTEGER:
        return OUT_OF_RANGE
    value = int(text)
    return value if -(2**63) <= value < 2**63 else OUT_OF_RANGE


def _fraction(text: str) -> Decimal | _OutOfRange:
    value = float(text)
    if not math.isfinite(value):
        return OUT_OF_RANGE
    try:
        number = Decimal(text)
    except InvalidOperation:
        # Its exponent is beyond what Decimal holds, and the number as good as zero.
        return Decimal(value)
    written = str(number)
    # 10000000000000000000E0 and the like are written without exponent, and would be read as an integer.
    return Decimal(f"{written}.0") if abs(number) >= 2**63 and written.lstrip("-").isdigit() else number


_decoder = json.JSONDecoder(
    parse_int=_integer, parse_float=_fraction, parse_constant=lambda _: OUT_OF_RANGE, strict=False
)
