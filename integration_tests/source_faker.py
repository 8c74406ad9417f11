"""Real input: airbyte-source-faker as a process in its own environment, or its recorded output.

Run as a module it records that output anew, in `faker_sample/`.
"""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from integration_tests import UnavailableError

COMMAND = Path(__file__).parents[1] / ".venv-faker" / "bin" / "source-faker"
"""Where `make .venv-faker` installs it."""

_SAMPLE = Path(__file__).parent / "faker_sample"
_SAMPLE_USERS = 1000


class SourceFaker:
    """The installed source. It makes users, purchases (as many as users) and products (at most 100).

    Its data is the same in every run, except for the moments in it: the properties that end in `_at`.
    """

    def __init__(self, directory: Path) -> None:
        """Find the source; nothing is started yet.

        Args:
            directory: an empty folder for its configuration.

        Raises:
            UnavailableError: it is not installed.
        """
        if not COMMAND.exists():
            raise UnavailableError(
                "airbyte-source-faker is not installed. Run: make .venv-faker (it needs Python 3.10 to 3.12)"
            )
        self._directory = directory

    @cached_property
    def catalog(self) -> dict[str, Any]:
        """Its configured catalog: all streams as discovered, each incremental and appended."""
        command = [str(COMMAND), "discover", "--config", str(self._config(1))]
        output = subprocess.run(command, check=True, capture_output=True).stdout
        messages = [json.loads(line) for line in output.splitlines()]
        discovered = next(message["catalog"] for message in messages if message["type"] == "CATALOG")
        return {
            "streams": [
                {
                    "stream": stream,
                    "sync_mode": "incremental",
                    "destination_sync_mode": "append",
                    "cursor_field": stream["default_cursor_field"],
                    "primary_key": stream["source_defined_primary_key"],
                }
                for stream in discovered["streams"]
            ]
        }

    @contextmanager
    def reading(self, count: int) -> Iterator[subprocess.Popen[bytes]]:
        """Run a read for the length of a block, its messages on the process's `stdout`, one a line.

        Args:
            count: users to make.

        Yields:
            The process. Where it still runs when the block ends, it is killed with all its workers.
        """
        catalog = self._directory / "catalog.json"
        catalog.write_text(json.dumps(self.catalog))
        command = [str(COMMAND), "read", "--config", str(self._config(count)), "--catalog", str(catalog)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def lines(self, count: int) -> list[bytes]:
        """Give all messages of a read.

        Args:
            count: users to make.

        Raises:
            subprocess.CalledProcessError: the source failed.
        """
        with self.reading(count) as process:
            output, _ = process.communicate()
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        return output.splitlines(keepends=True)

    def _config(self, count: int) -> Path:
        config = self._directory / f"config-{count}.json"
        config.write_text(json.dumps({"count": count, "seed": 1, "parallelism": 1}))
        return config


def recorded_lines() -> Iterator[bytes]:
    """Give the recorded read of 1,000 users line by line, for machines without the source."""
    with gzip.open(_SAMPLE / "messages.jsonl.gz") as lines:
        yield from lines


def recorded_catalog() -> dict[str, Any]:
    """Give the configured catalog that belongs to the recorded lines."""
    catalog: dict[str, Any] = json.loads((_SAMPLE / "catalog.json").read_text())
    return catalog


def _record() -> None:
    _SAMPLE.mkdir(exist_ok=True)
    with TemporaryDirectory() as directory:
        source = SourceFaker(Path(directory))
        messages = b"".join(source.lines(_SAMPLE_USERS))
        (_SAMPLE / "catalog.json").write_text(json.dumps(source.catalog, indent=2) + "\n")
    (_SAMPLE / "messages.jsonl.gz").write_bytes(gzip.compress(messages, mtime=0))


if __name__ == "__main__":
    try:
        _record()
    except UnavailableError as reason:
        sys.exit(str(reason))
