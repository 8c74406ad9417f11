"""A page with the connector's form, made by react-jsonschema-form from `spec.json`, that needs no network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from integration_tests.fetched import fetched, require_command

_HERE = Path(__file__).parent
_SPECIFICATION = _HERE.parents[1] / "destination_keen" / "spec.json"
_PINNED = [_HERE / "package.json", _HERE / "package-lock.json"]


def bundle(folder: Path) -> str:
    """Write the page and its parts into a folder and give its address.

    Raises:
        UnavailableError: npm, or its registry on the first call of a machine, is missing.
    """
    modules = fetched("form", _PINNED, _npm) / "node_modules"
    subprocess.run(
        [
            str(modules / ".bin" / "esbuild"),
            str(_HERE / "form.jsx"),
            "--bundle",
            "--minify",
            "--jsx=automatic",
            '--define:process.env.NODE_ENV="production"',
            f"--alias:specification={_SPECIFICATION}",
            f"--outfile={folder / 'form.js'}",
            "--log-level=warning",
        ],
        check=True,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    shutil.copy(_HERE / "form.html", folder)
    return (folder / "form.html").as_uri()


def _npm(_folder: Path) -> list[str]:
    require_command("npm", "fetches react-jsonschema-form", "npm")
    return ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
