"""Draws the pictures of the sandbox's page for the documentation: `python -m integration_tests.screenshots`.

A shop's events go through the connector into a local Keen, the same ones each time, with a few that Keen would drop.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from playwright.sync_api import Browser, Page

from integration_tests import UnavailableError, connector
from integration_tests.browser import chromium, opened
from integration_tests.sandbox import SECONDS, Sandbox
from integration_tests.sandbox_clients import producer

_DIRECTORY = Path(__file__).parents[1] / "docs" / "img"
_START = datetime(2026, 5, 1, tzinfo=timezone.utc)
_DAYS = 42
_COLLECTIONS = {"orders": 2_400, "page_views": 6_000, "refunds": 90, "signups": 700}
_COUNTRIES = ["Austria", "Brazil", "Canada", "Denmark", "Estonia"]
_DESKTOP = (1280, 866)
_PHONE = (360, 780)


def main() -> int:
    """Write the pictures and give the exit code."""
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as directory, Sandbox(Path(directory)) as sandbox, chromium() as browser:
        fill(sandbox)
        _draw(browser, sandbox, "sandbox-light", _DESKTOP)
        _draw(browser, sandbox, "sandbox-dark", _DESKTOP, "dark")
        _draw(browser, sandbox, "sandbox-phone", _PHONE)
    return 0


def fill(sandbox: Sandbox) -> None:
    """Send the shop's events to a sandbox."""
    streams = connector.catalog(*_COLLECTIONS)
    for stream in streams["streams"]:
        stream["stream"]["json_schema"] = {"properties": {"created_at": {"type": "string", "format": "date-time"}}}
    ended = connector.run("write", sandbox.config, streams, list(_lines()))
    assert ended.code == 0, ended.errors
    with_flaws = producer(sandbox)
    for flawed in (b'{"total": 12.5, "$currency": "EUR"}', b'{"total": 99', b'{"note": "%s"}' % (b"x" * 10_000)):
        with_flaws.send("orders", flawed)
    with_flaws.close()
    sandbox.counts()


def _lines() -> Iterator[bytes]:
    chance = random.Random(1)  # noqa: S311 - the same events each time
    for collection, count in _COLLECTIONS.items():
        moments = sorted(_moment(chance) for _ in range(count))
        for number, moment in enumerate(moments, 1):
            data: dict[str, Any] = {"id": number, "created_at": moment.isoformat(), "country": _country(chance)}
            if collection == "orders":
                data |= {"total": round(chance.lognormvariate(3.5, 0.6), 2), "items": chance.randint(1, 6)}
            record = {"stream": collection, "data": data, "emitted_at": 1_780_000_000_000}
            yield json.dumps({"type": "RECORD", "record": record}).encode()


def _moment(chance: random.Random) -> datetime:
    """More towards the end, fewer at weekends."""
    while True:
        moment = _START + timedelta(days=_DAYS * max(chance.random(), chance.random()))
        if moment.weekday() < 5 or chance.random() < 0.4:
            return moment


def _country(chance: random.Random) -> str:
    return chance.choices(_COUNTRIES, weights=[5, 8, 4, 2, 1])[0]


def _draw(
    browser: Browser,
    sandbox: Sandbox,
    name: str,
    size: tuple[int, int],
    colours: Literal["light", "dark"] = "light",
) -> None:
    with opened(browser, f"{sandbox.ready['page']}#orders", size, colours) as page:
        page.get_by_role("region", name="Properties").get_by_text("country").wait_for()
        _wait_for_charts(page)
        page.screenshot(path=_DIRECTORY / f"{name}.png")
        if name == "sandbox-light":
            _ask(page)
            page.get_by_role("heading", name="Query").locator("..").screenshot(path=_DIRECTORY / "sandbox-query.png")


def _wait_for_charts(page: Page) -> None:
    end = time.monotonic() + SECONDS
    while page.evaluate("[...document.querySelectorAll('.spark canvas')].some((canvas) => !Chart.getChart(canvas))"):
        assert time.monotonic() < end, "a collection stays without its chart"
        page.wait_for_timeout(50)


def _ask(page: Page) -> None:
    chosen = {"Analysis": "sum", "Property": "total", "Group by": "country", "Interval": "weekly"}
    for name, option in chosen.items():
        page.get_by_role("combobox", name=name).select_option(option)
    page.get_by_role("button", name="Run the query").click()
    page.get_by_role("region", name="Answer").wait_for()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UnavailableError as reason:
        sys.exit(str(reason))
