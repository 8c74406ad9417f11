"""What happens to the process itself: signals, its standard streams, its clock."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

from destination_keen.config import Limits
from integration_tests import connector
from integration_tests.connector import Running, record, state
from integration_tests.faults import files
from integration_tests.faults.conftest import Started
from integration_tests.faults.oracle import PEAK_BYTES, Watch, judge
from integration_tests.faults.sync import values
from integration_tests.sandbox import MASTER_KEY, Sandbox

SHORT_GRACE = Limits(shutdown_grace=1.0)
JUMPING_CLOCK = """
import itertools, time
now, turns = time.time, itertools.count()
time.time = lambda: now() + (86_400 if next(turns) % 2 else -86_400)
"""


def unread(pipe: object) -> int:
    """Bytes that were written into a pipe and not read yet."""
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))  # type: ignore[call-overload]
    return int(count)


def place(process: subprocess.Popen[bytes]) -> int:
    """How far a process has read the file that is its standard input."""
    first, *_ = Path(f"/proc/{process.pid}/fdinfo/0").read_text().splitlines()
    return int(first.removeprefix("pos:"))


def test_i1_a_signal_while_the_source_goes_on_writing_ends_the_sync_with_what_is_in_flight(
    sandbox: Sandbox, start: Started, collection: str
) -> None:
    with start(sandbox.config, collection) as sync:
        sync.feed(100)
        sync.has_confirmed(1)
        sync.running.process.terminate()
        while sync.running.process.poll() is None:
            sync.feed(100)
            time.sleep(0.01)
        ended = sync.ends(lambda name: values(sandbox, name), 143)
        with suppress(BrokenPipeError):
            sync.running.process.stdin.close()  # type: ignore[union-attr]
    assert ended.errors[0]["failure_type"] == "transient_error"


def test_i1_a_drain_that_outlasts_the_grace_ends_without_the_states_that_are_not_settled(
    tmp_path: Path, start: Started, collection: str
) -> None:
    with Sandbox(tmp_path) as sandbox, start(sandbox.config, collection, limits=SHORT_GRACE) as sync:
        sync.feed(10)
        sync.has_confirmed(1)
        sandbox.pause()
        sync.running.write(record(collection, i=10), state(2, collection))
        sync.until(lambda: unread(sync.running.process.stdin) == 0)
        sync.running.process.terminate()
        ended = sync.running.wait()
        sandbox.resume()
        assert (ended.code, [each["id"] for each in ended.states]) == (143, [1])
        judge(
            sync.lines,
            ended,
            {collection: [value for value in values(sandbox, collection) if b'"i": 10,' not in value]},
        )


def test_i5_output_that_nobody_reads_holds_the_sync_up_and_loses_nothing(
    sandbox: Sandbox, client: dict[str, str], collection: str, tmp_path: Path
) -> None:
    # More states than may wait.
    numbers = range(15_000)
    lines = [line for i in numbers for line in (record(collection, i=i), state(i, collection, "x" * 2_000))]
    (tmp_path / "lines").write_bytes(b"".join(line + b"\n" for line in lines))
    command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
    with (
        (tmp_path / "lines").open("rb") as stdin,
        subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **client}
        ) as process,
    ):
        while not unread(process.stdout):
            assert process.poll() is None
        before = -1
        while before != (before := place(process)):
            time.sleep(1.0)
        assert before < (tmp_path / "lines").stat().st_size, "it read on although nobody read what it wrote"
        running = Running(process, MASTER_KEY)
        watch = Watch(running)
        ended = running.wait()
    assert ended.code == 0
    judge(lines, ended, {collection: values(sandbox, collection)})
    assert 0 < watch.peak_bytes < PEAK_BYTES


@pytest.mark.parametrize("target", ["&-", "/dev/full"], ids=["closed", "full"])
def test_a_standard_error_that_takes_nothing_disturbs_no_sync(
    sandbox: Sandbox, client: dict[str, str], collection: str, tmp_path: Path, target: str
) -> None:
    command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
    lines = [record(collection, i=0), state(1, collection)]
    without = ["sh", "-c", f'exec "$@" 2>{target}', "sh", *command]
    ended = files.run(without, lines, MASTER_KEY, env={**os.environ, **client})
    assert ended.code == 0
    judge(lines, ended, {collection: values(sandbox, collection)})


def test_a_clock_that_jumps_by_days_disturbs_no_sync_and_is_on_no_event(
    sandbox: Sandbox, client: dict[str, str], collection: str, tmp_path: Path
) -> None:
    # Python runs a module of this name before anything else.
    (tmp_path / "sitecustomize.py").write_text(JUMPING_CLOCK)
    path = os.pathsep.join([str(tmp_path), *filter(None, [client.get("PYTHONPATH"), os.environ.get("PYTHONPATH")])])
    command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
    lines = [line for i in range(2_000) for line in (record(collection, i=i), state(i, collection))]
    ended = files.run(command, lines, MASTER_KEY, env={**os.environ, "PYTHONPATH": path})
    assert ended.code == 0
    judge(lines, ended, {collection: values(sandbox, collection)})
    assert sandbox.spans()[collection] == ("2025-10-09T08:53:20.000Z", "2025-10-09T08:53:20.000Z")


def test_a_standard_input_that_is_closed_is_an_input_without_lines(
    sandbox: Sandbox, client: dict[str, str], collection: str, tmp_path: Path
) -> None:
    command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
    without = ["sh", "-c", 'exec "$@" <&-', "sh", *command]
    ended = files.run(without, [], MASTER_KEY, env={**os.environ, **client})
    assert (ended.code, ended.stderr) == (0, b"")


@pytest.mark.parametrize("target", ["&-", "/dev/full"], ids=["closed", "full"])
def test_a_standard_output_that_takes_nothing_ends_the_sync_with_one_sentence_on_standard_error(
    sandbox: Sandbox, client: dict[str, str], collection: str, tmp_path: Path, target: str
) -> None:
    command = files.command_line(tmp_path, sandbox.config, connector.catalog(collection))
    without = ["sh", "-c", f'exec "$@" >{target}', "sh", *command]
    ended = files.run(
        without, [record(collection, i=0), state(1, collection)], MASTER_KEY, env={**os.environ, **client}
    )
    assert (ended.code, ended.stdout) == (1, b"")
    (sentence,) = ended.stderr.splitlines()
    assert sentence.startswith(b"destination-keen: standard output cannot be written: ")
