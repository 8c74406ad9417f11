"""Input as lists of lines: what has come so far, an empty list while nothing comes, the end at the end.

A line is bounded, so that input without line breaks cannot fill the memory.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterable, Iterator

from destination_keen.errors import MalformedInputError

# As much as a pipe holds. Asking for more costs more: the buffer is made anew each time.
_CHUNK = 64 * 1024
_SILENCE_MILLISECONDS = 100


def from_descriptor(descriptor: int, longest: int) -> Iterator[list[bytes]]:
    """Read a file descriptor to its end, up to 64 KiB at a time.

    Yields at least every 100 ms. The last line may lack its line break.

    Raises:
        MalformedInputError: a line is longer than `longest` bytes (1 MiB or more). The lines before it were yielded.
    """
    input_ready = select.poll()
    input_ready.register(descriptor, select.POLLIN)
    tail: list[bytes] = []
    size = number = 0
    while True:
        if not input_ready.poll(_SILENCE_MILLISECONDS):
            yield []
            continue
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            break
        *lines, rest = chunk.split(b"\n")
        size += len(lines[0] if lines else rest)
        if size > longest:
            raise MalformedInputError(
                f"Line {number + 1} of the input is longer than {longest:,} bytes, which is the most that is accepted."
                " Leave the large field out of the stream, or shorten it at the source."
            )
        if lines:
            lines[0] = b"".join([*tail, lines[0]])
            number += len(lines)
            yield lines
            tail, size = [], len(rest)
        tail.append(rest)
    if size:
        yield [b"".join(tail)]


def from_iterable(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Hand on lines that are already there, one at a time."""
    for line in lines:
        yield [line]
