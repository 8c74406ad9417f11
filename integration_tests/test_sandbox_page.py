"""The sandbox's page in a real Chromium: what it shows of a sandbox that the connector and others fill."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from integration_tests import connector
from integration_tests.browser import opened
from integration_tests.page import ask, choose, drawn, let_drop, sell, send
from integration_tests.sandbox import Sandbox

pytest_plugins = ["integration_tests.page_fixtures"]


def test_without_events_the_page_tells_the_command_that_sends_some(browser: Browser, fresh_sandbox: Sandbox) -> None:
    with opened(browser, fresh_sandbox.ready["page"]) as page:
        expect(page.get_by_role("heading", name="No events yet")).to_be_visible()
        expect(page.locator("#empty")).to_contain_text("destination-keen write --config config.json")
        expect(page.get_by_role("navigation")).to_be_hidden()


def test_the_counts_move_while_a_sync_runs_and_what_is_being_typed_stays(
    browser: Browser, fresh_sandbox: Sandbox
) -> None:
    streams = connector.catalog("orders", "users")
    with (
        opened(browser, fresh_sandbox.ready["page"]) as page,
        connector.started("write", fresh_sandbox.config, streams) as running,
    ):
        collections = page.get_by_role("navigation")
        running.write(*[connector.record("orders", id=number) for number in range(50)])
        expect(collections.get_by_role("link")).to_have_text(["orders50 events "])
        page.get_by_role("button", name="Add a filter").click()
        page.get_by_label("Value").type("Ro")
        running.write(*[connector.record("users", id=number) for number in range(70)])
        expect(collections.get_by_role("link")).to_have_text(["orders50 events ", "users70 events "])
        running.write(*[connector.record("orders", id=number) for number in range(50, 1_234)], connector.state(1))
        expect(page.locator("#facts")).to_contain_text("1,234 events, from 2025-10-09 08:53:20 to 2025-10-09 08:53:20")
        expect(page.locator("#events caption")).to_have_text("The latest 20 of 1,234 events, by keen.timestamp")
        expect(page.locator("#totals")).to_have_text("1,304 events, 0 messages dropped")
        expect(page.locator("#announcement")).to_have_text("1,304 events, 0 messages dropped")
        page.keyboard.type("me")
        expect(page.get_by_label("Value")).to_be_focused()
        expect(page.get_by_label("Value")).to_have_value("Rome")
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.wait().code == 0


def test_paused_updates_show_nothing_new_until_they_go_on(browser: Browser, fresh_sandbox: Sandbox) -> None:
    sell(fresh_sandbox)
    with opened(browser, fresh_sandbox.ready["page"]) as page:
        totals, pause = page.locator("#totals"), page.get_by_role("button", name="Pause updates")
        expect(totals).to_contain_text("7 events")
        pause.click()
        expect(pause).to_have_attribute("aria-pressed", "true")
        send(fresh_sandbox, "users", {"name": "Bob"})
        page.wait_for_timeout(2_500)  # more than two of the looks that would be
        expect(totals).to_contain_text("7 events")
        pause.click()
        expect(totals).to_contain_text("8 events")


def test_a_collection_is_shown_by_time_as_a_table_as_json_and_by_its_schema(browser: Browser, shop: Sandbox) -> None:
    with opened(browser, shop.ready["page"]) as page:
        expect(page.get_by_role("heading", level=2, name="orders")).to_be_visible()
        timeline = page.locator("#timeline")
        expect(timeline).to_have_attribute(
            "aria-label",
            "Events of orders by keen.timestamp, 2026-05-01 12:00 to 2026-05-03 13:00 UTC. "
            "Most, 3 events: 2026-05-01 12:00 to 2026-05-01 13:00.",
        )
        chart = drawn(timeline)
        assert (chart["labels"][0], chart["labels"][-1]) == ("2026-05-01 12:00", "2026-05-03 12:00")
        assert (chart["events"][0], chart["events"][24], chart["events"][48], sum(chart["events"])) == (3, 1, 2, 6)
        cells = page.locator("#events tbody tr").nth(3).get_by_role("cell")
        expect(cells.nth(0)).to_have_text("2026-05-01 12:00:00")
        assert {"31.5", "Rome's"} <= set(cells.all_inner_texts())
        page.get_by_role("radio", name="JSON").check()
        assert [each["total"] for each in json.loads(page.locator("#events pre").inner_text())] == [
            63, 52.5, 42, 31.5, 21, 10.5,
        ]  # fmt: skip
        rows = page.locator("#properties tbody tr")
        assert [row.split("\t") for row in rows.all_inner_texts()][:2] == [["country", "string"], ["total", "num"]]


def test_numbers_keep_the_digits_that_they_came_with(browser: Browser, fresh_sandbox: Sandbox) -> None:
    send(fresh_sandbox, "numbers", {"id": 9007199254740993, "part": 0.1, "huge": 1e300})
    with opened(browser, fresh_sandbox.ready["page"]) as page:
        expect(page.locator("#events tbody")).to_contain_text("9007199254740993")
        page.get_by_role("radio", name="JSON").check()
        expect(page.locator("#events pre")).to_contain_text('"id": 9007199254740993')


def test_dropped_messages_show_reasons_and_their_content_only_on_request(
    browser: Browser, fresh_sandbox: Sandbox
) -> None:
    let_drop(fresh_sandbox, b'{"$secret": "c0ntent"}', b'{"broken": "c0ntent')
    with opened(browser, fresh_sandbox.ready["page"]) as page:
        expect(page.locator("#dropped-facts")).to_have_text("2 messages of this collection would not be kept by Keen.")
        expect(page.locator("#dropped > li > strong")).to_have_text(["InvalidEventError", "InvalidPropertyNameError"])
        assert "c0ntent" not in page.content()
        page.get_by_text("What came in").nth(1).click()
        expect(page.locator("#dropped pre")).to_have_text(['{"$secret": "c0ntent"}'])
        let_drop(fresh_sandbox, b"null")
        expect(page.locator("#dropped > li")).to_have_count(3)
        expect(page.locator("#dropped pre")).to_have_text(['{"$secret": "c0ntent"}'])
        page.get_by_text("What came in").nth(2).click()
        expect(page.locator("#dropped pre")).to_have_count(0)


def test_names_and_values_that_look_like_markup_stay_text(browser: Browser, fresh_sandbox: Sandbox) -> None:
    collection, name, value = (
        "<img src=x onerror=alert(1)>",
        "<script>alert(2)</script>",
        "<b onclick=alert(3)>bold</b>",
    )
    send(fresh_sandbox, collection, {name: value, "n": 1})
    let_drop(fresh_sandbox, b'{"$<i>slanted</i>": "<u>under</u>"}')
    with opened(browser, fresh_sandbox.ready["page"]) as page:
        expect(page.get_by_role("heading", level=2, name=collection)).to_be_visible()
        expect(page.locator("#events th").filter(has_text=name)).to_be_visible()
        expect(page.locator("#events td").filter(has_text=value)).to_be_visible()
        choose(page, group_by=name)
        assert drawn(ask(page).locator("canvas"))["labels"] == [value]
        page.goto(f"{fresh_sandbox.ready['page']}#orders")
        page.get_by_text("What came in").click()
        expect(page.locator("#dropped pre")).to_contain_text("<u>under</u>")
        assert page.locator("img, b, i, u").count() == 0
        assert page.locator("script").count() == 2


def test_the_address_names_the_collection_and_the_way_back_works(browser: Browser, fresh_sandbox: Sandbox) -> None:
    sell(fresh_sandbox)
    send(fresh_sandbox, "50% off/now", {"n": 1})
    with opened(browser, f"{fresh_sandbox.ready['page']}#users") as page:
        heading = page.locator("#collection")
        expect(heading).to_have_text("users")
        expect(page.locator("#events tbody")).to_contain_text("Ann")
        page.get_by_role("link", name="50% off/now").click()
        expect(heading).to_have_text("50% off/now")
        assert page.url.endswith("#" + quote("50% off/now", safe=""))
        expect(page.locator("#properties tbody tr").first).to_have_text("nnum")
        page.go_back()
        expect(heading).to_have_text("users")
        expect(page.locator("#events tbody")).to_contain_text("Ann")
        expect(page.get_by_role("navigation").get_by_role("link", name="users")).to_have_attribute(
            "aria-current", "true"
        )


def test_the_page_says_that_the_sandbox_is_gone_and_goes_on_with_the_next(browser: Browser, tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        sell(first)
        with (
            pytest.raises(AssertionError, match="ERR_CONNECTION_REFUSED"),
            opened(browser, first.ready["page"]) as page,
        ):
            expect(page.locator("#totals")).to_contain_text("7 events")
            first.end()
            expect(page.locator("#trouble")).to_contain_text("The sandbox does not answer.")
            with Sandbox(tmp_path, "--http-port", str(first.http_port)) as second:
                send(second, "users", {"name": "Ann"})
                expect(page.locator("#totals")).to_contain_text("1 event,")
                expect(page.locator("#trouble")).to_be_empty()


def test_a_histogram_spans_all_events_in_a_few_dozen_bars(browser: Browser, shop: Sandbox) -> None:
    cases = {
        ("2026-05-01T12:00:00.000Z", "2026-05-01T12:00:00.000Z"): (
            "every_1_minutes", "2026-05-01T11:45:00.000Z", "2026-05-01T12:16:00.000Z"
        ),
        ("2026-05-01T00:00:00.000Z", "2026-05-01T23:59:59.999Z"): (
            "every_30_minutes", "2026-05-01T00:00:00.000Z", "2026-05-02T00:00:00.000Z"
        ),
        ("2026-01-01T10:00:00.000Z", "2026-12-31T10:00:00.000Z"): (
            "every_1_weeks", "2026-01-01T10:00:00.000Z", "2026-12-31T10:00:00.001Z"
        ),
        ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"): (
            "every_200_years", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"
        ),
    }  # fmt: skip
    with opened(browser, shop.ready["page"]) as page:
        for edges, expected in cases.items():
            given = page.evaluate(
                "async (edges) => (await import('/page/times.js')).histogramOf(...edges)", list(edges)
            )
            assert (given["interval"], given["timeframe"]["start"], given["timeframe"]["end"]) == expected
