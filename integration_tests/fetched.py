"""What the tests fetch from a package registry once, kept in the user's cache directory."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from integration_tests import UnavailableError

_PAUSES = (2, 4, 8)  # seconds after each failed attempt


def fetched(name: str, pinned: Sequence[Path], command: Callable[[Path], list[str]]) -> Path:
    """Give the folder of what is pinned, fetching it on the first call of a machine.

    The folder's name carries a digest of the pinned versions, so changed ones are fetched anew. It appears only when
    complete, and one process at a time fetches.

    Args:
        name: what is fetched, for the folder's name and for messages.
        pinned: the files that name the versions. They are copied into the folder.
        command: gives the command that fetches into a folder, in which it is run.

    Raises:
        UnavailableError: the registry cannot be reached.
    """
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in pinned)).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "destination-keen"
    folder = cache / f"{name}-{digest[:8]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _fetch(name, pinned, command, folder)
    return folder


def require_command(command: str, purpose: str, package: str) -> None:
    """Make sure that a command is on the path.

    Args:
        command: the name to look for.
        purpose: what it does here, the words that follow "which".
        package: the Debian package that brings it.

    Raises:
        UnavailableError: it is not there.
    """
    if shutil.which(command) is None:
        raise UnavailableError(f"{command} is missing, which {purpose}. On Debian: apt-get install {package}")


def _fetch(name: str, pinned: Sequence[Path], command: Callable[[Path], list[str]], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as directory:
        draft = Path(directory) / name
        draft.mkdir()
        for file in pinned:
            shutil.copy(file, draft)
        said = ""
        for pause in _PAUSES:
            run = subprocess.run(command(draft), cwd=draft, capture_output=True, text=True, check=False)
            if run.returncode == 0:
                draft.rename(folder)
                return
            said = (run.stdout + run.stderr)[-2000:]
            time.sleep(pause)
        raise UnavailableError(f"{command(draft)[0]} could not fetch {name}, {len(_PAUSES)} times: {said}")
