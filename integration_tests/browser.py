"""A real Chromium, driven by Playwright. What a page complains about, or asks of another host, is an error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from integration_tests import UnavailableError

DESKTOP = (1280, 900)
PHONE = (320, 700)
_MILLISECONDS = 30_000
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the Chromium of this machine for the length of a block. Raises UnavailableError where there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        raise UnavailableError("Chromium is not installed. On Debian: apt-get install chromium.")
    # As root Chromium runs only without its own sandbox; the pages that it sees here are the project's.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser,
    address: str,
    size: tuple[int, int] = DESKTOP,
    colours: Literal["light", "dark"] = "light",
    **options: Any,
) -> Iterator[Page]:
    """Open an address for the length of a block; `options` are those of a browser context.

    At the end nothing may have been logged as an error or warning, raised, or requested from another host.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=colours, timezone_id="Asia/Kolkata", **options
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda each: complaints.append(each.text) if each.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
    page.on("request", lambda request: _expect(complaints, request, urlsplit(address).netloc))
    try:
        page.goto(address)
        yield page
    finally:
        context.close()
    assert not complaints, complaints


def _expect(complaints: list[str], request: Request, host: str) -> None:
    if urlsplit(request.url).netloc != host:
        complaints.append(f"a request to {request.url}")
