"""Draws the picture of the form in the documentation.

Run as a module it writes `docs/img/form.png` anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from integration_tests import UnavailableError
from integration_tests.browser import chromium, opened
from integration_tests.form.bundle import bundle

_PICTURE = Path(__file__).parents[2] / "docs" / "img" / "form.png"
_SIZE = (720, 900)


def main() -> int:
    """Write the picture and give the exit code."""
    with TemporaryDirectory() as folder, chromium() as browser, opened(browser, bundle(Path(folder)), _SIZE) as page:
        page.get_by_label("Project ID").fill("5f2c0e7cb2d1e40001a3c9d4")
        page.get_by_label("Master API Key").fill("a key that nobody can read here")
        page.get_by_label("Master API Key").blur()
        page.screenshot(path=_PICTURE, full_page=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UnavailableError as reason:
        sys.exit(str(reason))
