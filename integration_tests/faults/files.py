"""The connector on files and streams as a test makes them, be they no JSON, closed or never read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from integration_tests.connector import COMMAND, Ended, Running


def command_line(directory: Path, config: Any, catalog: Any = None, command: str = "write") -> list[str]:
    """Write the files of a command, and give the command that reads them.

    Args:
        directory: receives the files.
        config: the configuration, bytes as they are and anything else as JSON.
        catalog: the configured catalog in the same way, for `write`.
        command: what to run.
    """
    arguments = [*COMMAND, command]
    for option, content in (("--config", config), ("--catalog", catalog)):
        if content is not None:
            file = directory / option.strip("-")
            file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
            arguments += [option, str(file)]
    return arguments


def run(arguments: list[str], lines: list[bytes], key: str, **options: Any) -> Ended:
    """Run a command line to its end.

    Args:
        arguments: the command line.
        lines: its input.
        key: what nothing that it prints may show.
        options: further options of `subprocess.Popen`.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, **options) as process:
        running = Running(process, key)
        assert process.stdin is not None
        try:
            with process.stdin:
                running.write(*lines)
        except BrokenPipeError:
            # It ended before it had read all, which its exit code and error tell of.
            pass
        return running.wait()
