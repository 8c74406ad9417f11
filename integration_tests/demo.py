"""Sync fake data into a local Keen and read it back: `make demo`.

Ends with 0 only if every record that the source sent is an event in Keen, none was dropped, and every state came back.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from integration_tests import UnavailableError
from integration_tests.connector import COMMAND
from integration_tests.sandbox import Sandbox
from integration_tests.source_faker import SourceFaker, recorded_catalog, recorded_lines

_USERS = 2_000
_HEADINGS = ("collection", "sent", "events", "dropped", "first keen.timestamp", "last keen.timestamp")


def main() -> int:
    """Run the demo and give its exit code."""
    arguments = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--users", type=int, default=_USERS, help="users that the source makes (default: %(default)s)"
    )
    arguments.add_argument("--keep", action="store_true", help="leave the local Keen and its page up until Ctrl-C")
    options = arguments.parse_args()
    with TemporaryDirectory(prefix="keen-demo-") as name, Sandbox(Path(name)) as sandbox:
        print(f"A local Keen is up: Kafka at {sandbox.ready['bootstrap_servers']}, API at {sandbox.ready['api_url']}")
        print(f"Its page, where the events show up as they arrive: {sandbox.ready['page']}\n")
        with _source(Path(name), options.users) as (catalog, lines):
            sent, states = Counter[str](), Counter[str]()
            code, returned = _sync(sandbox, Path(name), catalog, _counted(lines, sent, states))
        equal = _show(sandbox, sent)
        print(f"\nStates: {states.total()} sent by the source, {returned} returned by the connector.")
        arrived = code == 0 and equal and returned == states.total()
        if arrived:
            print("Everything arrived, and nothing was dropped.")
        else:
            print(f"Something is missing: the connector ended with {code}, and the counts above have to be equal.")
        if options.keep:
            print(f"\nThe page stays at {sandbox.ready['page']} until Ctrl-C.", flush=True)
            with suppress(KeyboardInterrupt):
                sandbox.process.wait()
    return 0 if arrived else 1


@contextmanager
def _source(directory: Path, users: int) -> Iterator[tuple[dict[str, Any], Iterable[bytes]]]:
    try:
        faker = SourceFaker(directory)
    except UnavailableError as reason:
        print(f"{reason}\nPlaying a recorded sample of its output instead.\n")
        yield recorded_catalog(), recorded_lines()
        return
    print("Reading from airbyte-source-faker.\n")
    with faker.reading(users) as process:
        assert process.stdout is not None
        yield faker.catalog, process.stdout
        if process.wait() != 0:
            sys.exit(f"airbyte-source-faker ended with {process.returncode}.")


def _counted(lines: Iterable[bytes], sent: Counter[str], states: Counter[str]) -> Iterator[bytes]:
    for line in lines:
        message = json.loads(line)
        if message["type"] == "RECORD":
            sent[message["record"]["stream"]] += 1
            if sent.total() % 1_000 == 0:
                print(f"  ... {sent.total():,} records read from the source")
        states["STATE"] += message["type"] == "STATE"
        yield line.rstrip(b"\n") + b"\n"


def _sync(sandbox: Sandbox, directory: Path, catalog: dict[str, Any], lines: Iterator[bytes]) -> tuple[int, int]:
    catalog_file = directory / "catalog.json"
    catalog_file.write_text(json.dumps(catalog))
    command = [*COMMAND, "write", "--config", str(sandbox.config_file), "--catalog", str(catalog_file)]
    print(f"$ source-faker read ... | {Path(COMMAND[0]).name} write --config config.json --catalog catalog.json")
    returned = Counter[str]()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as connector:
        reader = threading.Thread(target=_follow, args=(connector.stdout, returned))
        reader.start()
        assert connector.stdin is not None
        try:
            connector.stdin.writelines(lines)
            connector.stdin.close()
        except BrokenPipeError:
            print("The connector ended before its input did.")
        reader.join()
    return connector.returncode, returned["STATE"]


def _follow(stdout: Iterable[bytes], returned: Counter[str]) -> None:
    for message in map(json.loads, stdout):
        returned[message["type"]] += 1
        if message["type"] == "LOG":
            print(f"  {message['log']['level']:<5} {message['log']['message']}", flush=True)
        if message["type"] == "TRACE":
            print(f"  ERROR {message['trace']['error']['message']}", flush=True)


def _show(sandbox: Sandbox, sent: Counter[str]) -> bool:
    counts, spans = sandbox.counts(), sandbox.spans()
    rows = [_HEADINGS]
    for collection in sorted({*sent, *counts}):
        _, dropped = counts.get(collection, (0, 0))
        events = sandbox.count(collection)
        first, last = spans.get(collection, ("-", "-"))
        rows.append((collection, f"{sent[collection]:,}", f"{events:,}", f"{dropped:,}", first, last))
    print("\nRead back over Keen's HTTP API:\n")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        print("  ".join((f"  {name.ljust(widths[0])}", *right)))
    return all(row[1] == row[2] and row[3] == "0" for row in rows[1:]) and sent.total() > 0


if __name__ == "__main__":
    sys.exit(main())
