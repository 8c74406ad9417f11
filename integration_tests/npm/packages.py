"""Keen's npm packages, fetched with npm."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from integration_tests import UnavailableError
from integration_tests.fetched import fetched, require_command

_PINNED = [Path(__file__).with_name(name) for name in ("package.json", "package-lock.json")]
_MIN_NODE = 18  # the first with fetch, which the clients take from the browser


def packages() -> Path:
    """Give the folder that holds `node_modules`, fetching the packages on the first call of a machine.

    Raises:
        UnavailableError: Node.js 18, npm or npm's registry is missing.
    """
    _require_node()
    return fetched("npm", _PINNED, _npm)


def _npm(_folder: Path) -> list[str]:
    require_command("npm", "fetches Keen's npm clients", "npm")
    return ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]


def _require_node() -> None:
    require_command("node", "runs Keen's npm clients", "nodejs")
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)", answer)
    if version is None or int(version[1]) < _MIN_NODE:
        found = version[1] if version else "one that does not tell its version"
        raise UnavailableError(f"Keen's npm clients need Node.js {_MIN_NODE} or newer; the node on the path is {found}")
