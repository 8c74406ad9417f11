"""Keen's npm packages, fetched with npm once and kept in the user's cache directory."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from integration_tests import UnavailableError
from integration_tests.apache_kafka.jars import require_command

_PINNED = [Path(__file__).with_name(name) for name in ("package.json", "package-lock.json")]
_MIN_NODE = 18  # the first with fetch, which the clients take from the browser
_PAUSES = (2, 4, 8)  # seconds after each failed attempt


def packages() -> Path:
    """Give the folder that holds `node_modules`, fetching the packages on the first call of a machine.

    The folder's name carries a digest of the pinned versions, so changed ones are fetched anew. It appears only when
    complete, and one process at a time fetches.

    Raises:
        UnavailableError: Node.js 18, npm or npm's registry is missing.
    """
    _require_node()
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in _PINNED)).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "destination-keen"
    folder = cache / f"npm-{digest[:8]}"
    if folder.is_dir():
        return folder
    require_command("npm", "fetches Keen's npm clients", "npm")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "npm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _fetch(folder)
    return folder


def _require_node() -> None:
    require_command("node", "runs Keen's npm clients", "nodejs")
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)", answer)
    if version is None or int(version[1]) < _MIN_NODE:
        found = version[1] if version else "one that does not tell its version"
        raise UnavailableError(f"Keen's npm clients need Node.js {_MIN_NODE} or newer; the node on the path is {found}")


def _fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as directory:
        fetched = Path(directory) / "npm"
        fetched.mkdir()
        for file in _PINNED:
            shutil.copy(file, fetched)
        said = ""
        for pause in _PAUSES:
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
            run = subprocess.run(command, cwd=fetched, capture_output=True, text=True, check=False)
            if run.returncode == 0:
                fetched.rename(folder)
                return
            said = run.stderr[-2000:]
            time.sleep(pause)
        raise UnavailableError(f"npm could not fetch Keen's clients, {len(_PAUSES)} times: {said}")
