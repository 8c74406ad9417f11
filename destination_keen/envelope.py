"""A RECORD line that differs from one already read in nothing but data and time is taken apart without being decoded.

What stands around data and time is the envelope, the same in thousands of lines of a stream. It is learned from a line
that was decoded, and proven by decoding it around other data and another time: as JSON is read from left to right, it
then means the same around any object and any number.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Raw
from msgspec.structs import replace

from destination_keen.protocol import Record, decode

DATA = b'"data":{'
"""What lies before it in a line, all lines of an envelope have in common."""

# As many digits as the moments from 2001 to 2286 have.
_OTHER_TIME = 1_234_567_890_123
_DIGITS = len(str(_OTHER_TIME))
_OTHER_DATA = b'{"somewhere":"else"}'

Alike = Callable[[bytes], "bytes | None"]
"""Gives the event of a line; None where the line has another envelope, or its data cannot stay as it is."""


def unlike(_: bytes) -> None:
    """The `Alike` of an envelope that is not known."""


def learn(line: bytes, record: Record, splice: Callable[[bytes, bytes], bytes | None]) -> Alike:
    """Learn the envelope of a line that was decoded to `record`, which the source changed nothing in.

    `splice` makes an event of data and time (in digits). `unlike`: the envelope cannot be told from data and time.
    """
    first = line.find(DATA) + len(DATA) - 1
    data = bytes(record.data)
    # First what is soon told, for where nothing can be learned it is told of every line.
    if not line.startswith(data, first) or _OTHER_DATA in line:
        return unlike
    moment = b"%d" % record.emitted_at
    between, found, end = line[first + len(data) :].partition(moment)
    if not found:
        return unlike
    # An object in the place of an object and digits in the place of digits: it is a message still, but which?
    other = decode(b"%b%b%b%d%b" % (line[:first], _OTHER_DATA, between, _OTHER_TIME, end))
    if other != replace(record, data=Raw(_OTHER_DATA), emitted_at=_OTHER_TIME):
        return unlike

    # From the brace that ends the data to the first digit, which in a JSON number is not 0.
    edge = b"}" + between + moment[:1]
    after = -len(end)
    digits = after - _DIGITS
    last = digits - len(edge) + 1

    def alike(line: bytes) -> bytes | None:
        emitted_at = line[digits:after]
        if line[last : digits + 1] != edge or line[after:] != end or not emitted_at.isdigit():
            return None
        return splice(line[first : last + 1], emitted_at)

    return alike
