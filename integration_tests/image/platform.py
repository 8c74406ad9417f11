"""The container as it is run in earnest.

Airbyte's platform runs the entrypoint in a subshell, with named pipes in `/dest` as its streams. A container engine
runs it as the container's first process.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integration_tests.connector import CONTENT, Ended, Running, forms
from integration_tests.image.build import Image

_USER = 1000
_ENVIRONMENT = {
    "AIRBYTE_ROLE": "",
    "AIRBYTE_VERSION": "2.1.0",
    "DATA_CHANNEL_FORMAT": "PROTOBUF",
    "DATA_CHANNEL_MEDIUM": "STDIO",
    "DEPLOYMENT_MODE": "OSS",
    "USE_STREAM_CAPABLE_STATE": "true",
    "WORKER_CONNECTOR_IMAGE": "airbyte/destination-keen:dev",
    "WORKER_JOB_ATTEMPT": "0",
    "WORKER_JOB_ID": "815",
}
_PIPES = ("stdin", "stdout", "stderr")
_SHELL = "($AIRBYTE_ENTRYPOINT {arguments} < stdin > stdout 2> stderr; echo $? > exitCode.txt) & wait"
_SECONDS = 250.0


class Pod:
    """A command of the connector in its container. `stdin` is its input, to be closed by the caller."""

    def __init__(self, image: Image, shared: Path, arguments: list[str], key: str) -> None:
        for name in _PIPES:
            os.mkfifo(shared / name)
        for path in (shared, *shared.iterdir()):
            os.chown(path, _USER, _USER)
        self._shared = shared
        self._key = key
        self._printed: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        self._readers = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in self._printed]
        for reader in self._readers:
            reader.start()
        script = _SHELL.format(arguments=shlex.join(arguments))
        self.process = subprocess.Popen(image.command("sh", "-c", script, shared=shared, environment=_ENVIRONMENT))
        self.stdin = (shared / "stdin").open("wb")

    def lines(self) -> list[bytes]:
        """What came out so far."""
        return list(self._printed["stdout"])

    def wait(self) -> Ended:
        """Wait for the end of the container, and give how the connector ended."""
        self.process.wait(_SECONDS)
        for reader in self._readers:
            reader.join(_SECONDS)
        code = int((self._shared / "exitCode.txt").read_text())
        ended = Ended(code, *(b"".join(self._printed[name]) for name in ("stdout", "stderr")))
        for secret in (CONTENT, *forms(self._key)):
            assert secret.encode() not in ended.stdout + ended.stderr
        return ended

    def _read(self, name: str) -> None:
        with (self._shared / name).open("rb") as pipe:
            self._printed[name].extend(pipe)


@contextmanager
def started(
    image: Image,
    shared: Path,
    command: str,
    config: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
) -> Iterator[Pod]:
    """Run a command as the platform does for the length of a block, killed with it.

    Args:
        image: the built image.
        shared: an empty folder that only this run uses.
        command: spec, check or write.
        config: the configuration, for check and write.
        catalog: the configured catalog, for write.
    """
    pod = Pod(image, shared, _arguments(shared, command, config, catalog), _key(config))
    try:
        yield pod
    finally:
        pod.stdin.close()
        pod.process.kill()
        pod.process.wait()


def run(
    image: Image,
    shared: Path,
    command: str,
    config: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    lines: bytes = b"",
) -> Ended:
    """Run a command of the connector on lines of input, to its end, as the platform does."""
    with started(image, shared, command, config, catalog) as pod:
        pod.stdin.write(lines)
        pod.stdin.close()
        return pod.wait()


@contextmanager
def plain(
    image: Image, shared: Path, command: str, config: dict[str, Any], catalog: dict[str, Any]
) -> Iterator[Running]:
    """Run a command as a container engine does for the length of a block; its input ends with it."""
    entrypoint = image.settings["Entrypoint"]
    program = image.command(*entrypoint, *_arguments(shared, command, config, catalog), shared=shared)
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        running = Running(process, _key(config))
        try:
            yield running
        finally:
            assert process.stdin is not None
            process.stdin.close()
            running.wait()


def _arguments(shared: Path, command: str, config: dict[str, Any] | None, catalog: dict[str, Any] | None) -> list[str]:
    arguments = [command]
    for option, name, content in (("--config", "connectorConfig", config), ("--catalog", "catalog", catalog)):
        if content is not None:
            (shared / f"{name}.json").write_text(json.dumps(content))
            arguments += [option, f"{name}.json"]
    return arguments


def _key(config: dict[str, Any] | None) -> str:
    return config["api_key"] if config else "no key at all"
