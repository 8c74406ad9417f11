"""The sandbox's page for everyone: in light and dark, on a phone, and without a mouse."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from integration_tests.browser import DESKTOP, PHONE, opened
from integration_tests.page import ask, choose, let_drop, sell, send
from integration_tests.sandbox import Sandbox

pytest_plugins = ["integration_tests.page_fixtures"]


_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_FOCUS = """() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  const name = node.id || node.name || node.textContent.trim();
  return [name, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_axe_finds_nothing_against_wcag_aa(
    browser: Browser, fresh_sandbox: Sandbox, colours: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    with opened(browser, fresh_sandbox.ready["page"], size, colours) as page:
        expect(page.get_by_role("heading", name="No events yet")).to_be_visible()
        assert flaws(page) == {}
        sell(fresh_sandbox)
        let_drop(fresh_sandbox, b"null")
        expect(page.locator("#dropped > li")).to_have_count(1)
        expect(page.locator("#properties tbody")).to_contain_text("country")
        page.get_by_text("What came in").click()
        page.get_by_role("button", name="Add a filter").click()
        choose(page, group_by="country")
        ask(page)
        assert flaws(page) == {}


def test_charts_follow_the_colour_scheme_at_once(browser: Browser, shop: Sandbox) -> None:
    with opened(browser, f"{shop.ready['page']}#orders") as page:
        colour = "() => Chart.getChart('timeline').data.datasets[0].backgroundColor"
        expect(page.locator("#timeline")).to_have_attribute("aria-label", re.compile("Events of orders"))
        assert page.evaluate(colour) == "#2f74b5"
        page.emulate_media(color_scheme="dark")
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        assert page.evaluate(colour) == "#6ba9e0"


def flaws(page: Page) -> dict[str, list[str]]:
    """What axe finds: by rule, where."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return {each["id"]: [str(node["target"]) for node in each["nodes"]] for each in found}


def widths(page: Page) -> tuple[int, int]:
    """The width that the page takes, and the one that it has."""
    taken, given = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return taken, given


def test_nothing_is_wider_than_a_phone(browser: Browser, fresh_sandbox: Sandbox) -> None:
    sell(fresh_sandbox)
    send(fresh_sandbox, "a" * 64, {"b" * 255: "c" * 9_999})
    with opened(browser, f"{fresh_sandbox.ready['page']}#orders", PHONE) as page:
        page.get_by_role("button", name="Add a filter").click()
        choose(page, group_by="country", interval="hourly")
        ask(page)
        assert widths(page) == (320, 320)
        page.get_by_role("link", name="a" * 64).click()
        expect(page.locator("#properties tbody tr").first).to_contain_text("b" * 255)
        expect(page.locator("#events tbody")).to_contain_text("c" * 9_999)
        choose(page, group_by="b" * 255, interval="")
        expect(ask(page).locator("td").first).to_have_text("c" * 9_999)
        assert widths(page) == (320, 320)


def test_the_keyboard_reaches_every_control_and_its_focus_is_seen(browser: Browser, shop: Sandbox) -> None:
    with opened(browser, shop.ready["page"]) as page:
        expect(page.locator("#properties tbody")).to_contain_text("country")
        stops: list[list[Any]] = []
        while True:
            page.keyboard.press("Tab")
            stop = page.evaluate(_FOCUS)
            if stop[0] == "" or len(stops) > 50 or page.evaluate("document.activeElement === document.body"):
                break
            stops.append(stop)
        assert [name for name, seen in stops if not seen] == []
        assert [name for name, _ in stops] == [
            "skip", "pause", "orders6 events", "users1 event", "view", "events", "analysis", "group_by", "timeframe",
            "interval", "add-filter", "Run the query", "request", "properties",
        ]  # fmt: skip


def test_a_query_needs_no_mouse(browser: Browser, shop: Sandbox) -> None:
    with opened(browser, shop.ready["page"]) as page:
        expect(page.locator("#properties tbody")).to_contain_text("country")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#detail")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#events pre")).to_be_visible()
        for key in ("Tab", "Tab", "s", "Tab", "t", "Tab", "c", "Tab", "Tab", "Tab", "Tab", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("#answer caption")).to_have_text("sum of total in orders, by country")
        expect(page.locator("#announcement")).to_have_text("sum of total in orders, by country: 2 rows")
