import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from destination_keen.errors import MalformedInputError
from destination_keen.lines import from_descriptor, from_iterable

MIB = 1024 * 1024


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """A pipe that hands over each write by itself, where the system has such pipes (Linux)."""
    reading, writing = os.pipe2(os.O_DIRECT) if hasattr(os, "O_DIRECT") and hasattr(os, "pipe2") else os.pipe()
    ends = {reading, writing}
    try:
        yield reading, writing
    finally:
        for end in ends:
            with suppress(OSError):
                os.close(end)


@contextmanager
def _written(content: bytes) -> Iterator[int]:
    """A pipe through which another thread writes more than a pipe holds."""
    with _pipe() as (reading, writing):

        def write() -> None:
            with suppress(BrokenPipeError), os.fdopen(writing, "wb") as file:
                file.write(content)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield reading
        finally:
            os.close(reading)
            thread.join(10)


def _lines(reading: int, longest: int = MIB) -> list[bytes]:
    return [line for lines in from_descriptor(reading, longest) for line in lines]


CHUNKS = st.lists(st.binary(min_size=1, max_size=40) | st.sampled_from([b"\n", b"\r\n", b"a\nb", b"\n\n"]), max_size=12)


@given(CHUNKS)
@settings(deadline=None)
@example([])
@example([b"\n"])
@example([b"a", b"b", b"\n", b"c"])
@example([b"a\n", b"\nb", b"\n"])
def test_whatever_the_chunks_the_lines_are_those_of_the_whole(chunks: list[bytes]) -> None:
    with _pipe() as (reading, writing):
        for chunk in chunks:
            os.write(writing, chunk)
        os.close(writing)
        lines = _lines(reading)
    whole = b"".join(chunks)
    assert b"\n".join(lines) + b"\n" * whole.endswith(b"\n") == whole
    assert not any(b"\n" in line for line in lines)
    assert len(lines) == whole.count(b"\n") + bool(whole and not whole.endswith(b"\n"))


def test_more_than_fits_into_a_pipe_comes_whole() -> None:
    content = b"".join(b"%d %b\n" % (i, b"x" * (i % 997)) for i in range(5_000)) + b"y" * 2 * MIB + b"\nlast"
    with _written(content) as reading:
        assert _lines(reading, 3 * MIB) == content.split(b"\n")


def test_a_file_is_read_like_a_pipe(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_bytes(b"one\ntwo\r\n\nfour")
    descriptor = os.open(file, os.O_RDONLY)
    try:
        assert _lines(descriptor) == [b"one", b"two\r", b"", b"four"]
    finally:
        os.close(descriptor)


def test_silence_is_an_empty_list_soon_and_again() -> None:
    with _pipe() as (reading, writing):
        chunks = from_descriptor(reading, MIB)
        started = time.monotonic()
        assert [next(chunks), next(chunks)] == [[], []]
        assert time.monotonic() - started < 2
        os.write(writing, b"first\nsecond ")
        assert next(chunks) == [b"first"]
        assert next(chunks) == []
        os.write(writing, b"half\n")
        assert next(chunks) == [b"second half"]
        os.close(writing)
        assert list(chunks) == []


def test_what_has_come_is_given_before_more_is_waited_for() -> None:
    with _pipe() as (reading, writing):
        chunks = from_descriptor(reading, MIB)
        for i in range(20):
            os.write(writing, b"%d\n" % i)
            assert next(chunks) == [b"%d" % i]


def test_a_line_of_the_greatest_length_is_given_and_a_longer_one_refused_with_its_number() -> None:
    with _written(b"a\nb\n" + b"x" * 2 * MIB + b"\nc\n") as reading:
        assert _lines(reading, 2 * MIB) == [b"a", b"b", b"x" * 2 * MIB, b"c"]
    with _written(b"a\nb\n" + b"x" * (2 * MIB + 1) + b"\nc\n") as reading:
        given: list[bytes] = []
        with pytest.raises(MalformedInputError, match=r"^Line 3 .* longer than 2,097,152 bytes"):
            for lines in from_descriptor(reading, 2 * MIB):
                given += lines
        assert given == [b"a", b"b"]


def test_input_without_line_breaks_is_given_up_before_it_fills_the_memory() -> None:
    with _pipe() as (reading, writing):
        stop = threading.Event()
        written = 0

        def write() -> None:
            nonlocal written
            with suppress(BrokenPipeError):
                while not stop.is_set():
                    written += os.write(writing, b"x" * 4_096)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            with pytest.raises(MalformedInputError, match=r"^Line 1 "):
                _lines(reading, MIB)
        finally:
            stop.set()
            os.close(reading)
            thread.join(10)
        assert written < 4 * MIB


def test_lines_that_are_there_already_are_handed_on_one_at_a_time() -> None:
    assert list(from_iterable([b"a", b"", b"b"])) == [[b"a"], [b""], [b"b"]]
