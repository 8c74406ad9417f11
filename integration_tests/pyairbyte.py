"""PyAirbyte in its own environment as the platform of a sync, with a tap on what it sends to the connector."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

from integration_tests import UnavailableError, connector, source_faker
from integration_tests.sandbox import MASTER_KEY

SOURCE_FAKER: dict[str, Any] = {
    "name": "source-faker",
    "local_executable": str(source_faker.COMMAND),
    # Rows that were not updated are sent again all the same unless it is told not to.
    "config": {"count": 300, "seed": 1, "parallelism": 1, "always_updated": False},
    "streams": "*",
}
"""airbyte-source-faker as PyAirbyte gets it: 300 users, 300 purchases and 100 products."""

_ENVIRONMENT = Path(__file__).parents[1] / ".venv-pyairbyte" / "bin"
_SYNC = Path(__file__).with_name("pyairbyte_sync.py")
_SECONDS = 280.0

# What a write reads is copied on its way. The exit code is the connector's.
_TAP = """\
#!/bin/sh
if [ "$1" = write ]; then
    tee -a {sent} | {connector} "$@"
else
    exec {connector} "$@"
fi
"""


class PyAirbyte:
    """PyAirbyte, and the connector as the destination that it runs."""

    def __init__(self, directory: Path) -> None:
        """Find it; nothing is started yet.

        Args:
            directory: an empty folder for all that PyAirbyte writes.

        Raises:
            UnavailableError: it is not installed.
        """
        if not (_ENVIRONMENT / "pyab").exists():
            raise UnavailableError(
                "PyAirbyte is not installed. Run: make .venv-pyairbyte (it needs Python 3.10 to 3.12)"
            )
        self._directory = directory
        self._sent = directory / "sent.jsonl"
        self._destination = directory / "destination-keen"
        self._destination.write_text(
            _TAP.format(sent=shlex.quote(str(self._sent)), connector=shlex.join(connector.COMMAND))
        )
        self._destination.chmod(0o755)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """All messages that the connector was sent so far, in every write."""
        return [json.loads(line) for line in self._sent.read_bytes().splitlines()]

    def validate(self, config: Path) -> subprocess.CompletedProcess[str]:
        """Run `pyab validate` on the connector with a configuration file."""
        return self._run("pyab", "validate", f"--connector={self._destination}", f"--config={config}")

    def smoke_test(self, config: Path) -> dict[str, Any]:
        """Run `pyab destination-smoke-test` with all its scenarios, and give its verdict."""
        ended = self._run(
            "pyab",
            "destination-smoke-test",
            f"--destination={self._destination}",
            f"--config={config}",
            "--scenarios=all",
        )
        # The verdict is the JSON object at the end, after a line of progress for each write.
        verdict: dict[str, Any] = json.loads(ended.stdout[ended.stdout.index("{") :])
        return verdict

    def sync(self, config: Path, *, cached: bool = False) -> int:
        """Sync `SOURCE_FAKER` by the Python API; the states are kept for the next sync.

        Args:
            config: the connector's configuration file.
            cached: whether PyAirbyte reads the source into a cache first, and sends from there.

        Returns:
            The records that PyAirbyte believes delivered.

        Raises:
            AssertionError: PyAirbyte raised an error.
        """
        destination = {
            "name": "destination-keen",
            "config": json.loads(config.read_text()),
            "local_executable": str(self._destination),
        }
        order = {
            "source": SOURCE_FAKER,
            "destination": destination,
            "caches": str(self._directory),
            "cached": cached,
        }
        ended = self._run("python", str(_SYNC), json.dumps(order))
        assert ended.returncode == 0, ended.stderr
        return int(json.loads(ended.stdout.splitlines()[-1])["records"])

    def _run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [str(_ENVIRONMENT / command), *arguments],
            env={
                **os.environ,
                # Its smoke test's source is looked up on the path.
                "PATH": f"{_ENVIRONMENT}{os.pathsep}{os.environ['PATH']}",
                "AIRBYTE_OFFLINE_MODE": "1",
                "AIRBYTE_PROJECT_DIR": str(self._directory),
                "AIRBYTE_LOGGING_ROOT": str(self._directory / "logs"),
                "DO_NOT_TRACK": "1",
            },
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert not any(form in ended.stdout + ended.stderr for form in connector.forms(MASTER_KEY))
        return ended
