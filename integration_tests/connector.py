"""The connector as a process. Whatever it prints is searched for its key and for record content."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from destination_keen.config import Limits

COMMAND = [str(Path(sys.executable).with_name("destination-keen"))]
CONTENT = "0nly-1n-a-rec0rd"
"""Text that the tests put into records, and that must not be seen anywhere but in Keen."""

_WITH_LIMITS = "import json, sys; from destination_keen import command, config;" + (
    "sys.exit(command.run(sys.argv[2:], config.Limits(**json.loads(sys.argv[1]))))"
)
_SECONDS = 300.0


@dataclass
class Ended:
    """How a run ended: its exit code and what it printed."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [message["state"] for message in self.messages if message["type"] == "STATE"]

    @property
    def logs(self) -> list[str]:
        return [message["log"]["message"] for message in self.messages if message["type"] == "LOG"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [message["trace"]["error"] for message in self.messages if message["type"] == "TRACE"]

    @property
    def status(self) -> dict[str, Any]:
        (status,) = (each["connectionStatus"] for each in self.messages if each["type"] == "CONNECTION_STATUS")
        return status


class Running:
    """A run that goes on; `stdin` is its input, and `wait` gives how it ended."""

    def __init__(self, process: subprocess.Popen[bytes], key: str) -> None:
        self.process = process
        self._key = key
        self._printed: list[bytes] = []
        self._complained: list[bytes] = []
        self._readers = [
            threading.Thread(target=self._printed.extend, args=(process.stdout,)),
            threading.Thread(target=self._complained.extend, args=(process.stderr,)),
        ]
        for reader in self._readers:
            reader.start()

    def write(self, *lines: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(line + b"\n" for line in lines))
        self.process.stdin.flush()

    def lines(self) -> list[bytes]:
        """What came out so far."""
        return list(self._printed)

    def wait(self) -> Ended:
        self.process.wait(_SECONDS)
        for reader in self._readers:
            reader.join()
        ended = Ended(self.process.returncode, b"".join(self._printed), b"".join(self._complained))
        for secret in (CONTENT, *forms(self._key)):
            assert secret.encode() not in ended.stdout + ended.stderr
        return ended


def forms(key: str) -> set[str]:
    """The texts in which a key could be told."""
    quoted = {json.dumps(key, ensure_ascii=escaped)[1:-1] for escaped in (True, False)}
    return {key, *quoted, quote(key), quote_plus(key), base64.b64encode(key.encode()).decode()}


def record(stream: str = "users", **data: Any) -> bytes:
    """A RECORD line as the platform writes it. Its data holds `CONTENT`."""
    body = {"stream": stream, "data": {"text": CONTENT, **data}, "emitted_at": 1_760_000_000_000}
    return json.dumps({"type": "RECORD", "record": body}, separators=(",", ":")).encode()


def state(number: int, stream: str = "users", stream_state: Any = None) -> bytes:
    """A STREAM STATE line as the platform stamps it."""
    part = {"stream_descriptor": {"name": stream}, "stream_state": stream_state}
    return json.dumps({"type": "STATE", "state": {"type": "STREAM", "stream": part, "id": number}}).encode()


def catalog(*names: str) -> dict[str, Any]:
    """A configured catalog of streams without a schema."""
    return {
        "streams": [{"stream": {"name": name, "json_schema": {}}, "destination_sync_mode": "append"} for name in names]
    }


@contextmanager
def started(
    command: str,
    config: dict[str, Any],
    streams: dict[str, Any] | None = None,
    *,
    limits: Limits | None = None,
    stdin: Any = subprocess.PIPE,
    environment: dict[str, str] | None = None,
) -> Iterator[Running]:
    """Run a command of the connector for the length of a block, killed with it."""
    program = COMMAND if limits is None else [sys.executable, "-c", _WITH_LIMITS, json.dumps(asdict(limits))]
    # The platform sets no PYTHONUNBUFFERED; with it a missing flush would not show.
    environment = {**os.environ, **(environment or {})}
    environment.pop("PYTHONUNBUFFERED", None)
    with tempfile.TemporaryDirectory(prefix="connector-") as name:
        files = []
        for option, content in (("--config", config), ("--catalog", streams)):
            if content is not None:
                path = Path(name, option.strip("-"))
                path.write_text(json.dumps(content))
                files += [option, str(path)]
        process = subprocess.Popen(
            [*program, command, *files],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        try:
            yield Running(process, str(config.get("api_key")))
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                # What is left in the input's buffer has nobody to go to.
                with suppress(BrokenPipeError):
                    if pipe is not None:
                        pipe.close()


def run(
    command: str,
    config: dict[str, Any],
    streams: dict[str, Any] | None = None,
    lines: list[bytes] | None = None,
    *,
    limits: Limits | None = None,
) -> Ended:
    """Run a command of the connector on lines of input, to its end."""
    with tempfile.TemporaryFile() as stdin:
        stdin.write(b"".join(line + b"\n" for line in lines or []))
        stdin.seek(0)
        with started(command, config, streams, limits=limits, stdin=stdin) as running:
            return running.wait()
