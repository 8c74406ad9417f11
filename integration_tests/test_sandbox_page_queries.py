"""The queries that one builds on the sandbox's page: their numbers, charts and requests."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from playwright.sync_api import Browser, expect

from integration_tests.browser import opened
from integration_tests.page import ask, choose, drawn
from integration_tests.sandbox import READ_KEY, Sandbox

pytest_plugins = ["integration_tests.page_fixtures"]


def test_a_query_gives_its_number_and_the_request_that_a_shell_can_make(browser: Browser, shop: Sandbox) -> None:
    with opened(browser, f"{shop.ready['page']}#orders") as page:
        choose(page, analysis="sum", target_property="total")
        assert "220.5" in ask(page).inner_text()
        for analysis, result in (("average", "36.75"), ("maximum", "63"), ("median", "36.75"), ("count_unique", "6")):
            choose(page, analysis=analysis)
            page.get_by_role("button", name="Run the query").click()
            expect(page.locator("#answer .value")).to_have_text(result)
        page.get_by_role("button", name="Add a filter").click()
        page.get_by_label("Filter by").select_option("country")
        page.get_by_label("Value").fill("Rome's")
        choose(page, analysis="count")
        page.get_by_role("button", name="Run the query").click()
        expect(page.locator("#answer .value")).to_have_text("3")
        request = page.locator("#request").inner_text()
    printed = subprocess.run(["sh", "-c", request], capture_output=True, env={**os.environ, "READ_KEY": READ_KEY})
    assert json.loads(printed.stdout) == {"result": 3}


def test_a_query_by_group_is_a_ranking_and_by_interval_a_line_for_each_group(browser: Browser, shop: Sandbox) -> None:
    with opened(browser, f"{shop.ready['page']}#orders") as page:
        choose(page, analysis="sum", target_property="total", group_by="country")
        answer = ask(page)
        expect(answer.get_by_role("row")).to_have_text(["countryresult", "Paris126", "Rome's94.5"])
        assert drawn(answer.locator("canvas")) == {"labels": ["Paris", "Rome's"], "sum": [126, 94.5]}
        choose(page, interval="daily")
        page.get_by_role("button", name="Run the query").click()
        expect(answer.locator("caption")).to_have_text("sum of total in orders, by country, daily")
        assert drawn(answer.locator("canvas")) == {
            "labels": ["2026-05-01", "2026-05-02", "2026-05-03"],
            "Paris": [21, 42, 63],
            "Rome's": [42, None, 52.5],
        }
        choose(page, analysis="count", group_by="")
        page.get_by_role("button", name="Run the query").click()
        expect(answer.locator("caption")).to_have_text("count of orders, daily")
        assert drawn(answer.locator("canvas"))["result"] == [3, 1, 2]


def test_a_query_between_two_moments_counts_only_these(browser: Browser, shop: Sandbox) -> None:
    with opened(browser, f"{shop.ready['page']}#orders") as page:
        choose(page, timeframe="between")
        expect(page.get_by_label("From (UTC)")).to_have_value("2026-05-01T12:00")
        page.get_by_label("From (UTC)").fill("2026-05-02T00:00:00")
        page.get_by_label("To (UTC)").fill("2026-05-03T00:00:00")
        ask(page)
        expect(page.locator("#answer .value")).to_have_text("1")


def test_a_query_that_keen_refuses_says_why(browser: Browser, shop: Sandbox) -> None:
    with (
        pytest.raises(AssertionError, match="status of 400"),
        opened(browser, f"{shop.ready['page']}#orders") as page,
    ):
        page.get_by_role("button", name="Add a filter").click()
        page.get_by_label("Operator").select_option("regex")
        page.get_by_label("Value").fill("(")
        expect(page.locator("#request")).to_contain_text('"property_value":"("')
        ask(page)
        expect(page.locator("#answer").get_by_role("alert")).to_contain_text("A filter cannot be evaluated")
