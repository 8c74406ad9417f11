"""The specification in a real form: react-jsonschema-form in Chromium, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from destination_keen.config import Config
from destination_keen.delivery import HttpDelivery
from integration_tests import UnavailableError, do_without
from integration_tests.browser import chromium, opened
from integration_tests.form.bundle import bundle

MINIMAL = {"project_id": "p1", "api_key": "k1"}


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of the form."""
    with ExitStack() as stack:
        try:
            address = bundle(tmp_path_factory.mktemp("form"))
            browser = stack.enter_context(chromium())
        except UnavailableError as reason:
            do_without(reason)
        yield browser, address


@pytest.fixture
def page(form: tuple[Browser, str]) -> Iterator[Page]:
    with opened(*form) as page:
        yield page


def submitted(page: Page) -> Any:
    page.get_by_role("button", name="Set up destination").click()
    page.wait_for_function("window.submitted")
    return page.evaluate("window.submitted")


def fill(page: Page) -> None:
    page.get_by_label("Project ID").fill("p1")
    page.get_by_label("Master API Key").fill("k1")


def test_the_form_shows_every_setting_under_its_title(page: Page) -> None:
    sections = page.get_by_role("region")
    expect(sections).to_have_count(3)
    assert [sections.nth(i).get_attribute("aria-label") for i in range(sections.count())] == [
        "Project",
        "Events",
        "Connection",
    ]
    for title in (
        "Project ID",
        "Master API Key",
        "Bootstrap Servers",
        "Security Protocol",
        "CA Certificate",
        "API URL",
    ):
        expect(page.get_by_label(title)).to_be_visible()
    expect(page.get_by_label("Infer Timestamp")).to_be_checked()
    for title in ("Deduplicate", "Verify Delivery"):
        expect(page.get_by_label(title)).not_to_be_checked()


def test_the_key_is_masked_and_nothing_else_is(page: Page) -> None:
    expect(page.get_by_label("Master API Key")).to_have_attribute("type", "password")
    expect(page.locator("input[type=password]")).to_have_count(1)


def test_both_deliveries_can_be_chosen_and_http_asks_for_nothing_more(page: Page) -> None:
    choice = page.locator("select").first
    expect(choice.locator("option")).to_have_text(["Kafka", "HTTP"])
    choice.select_option("HTTP")
    expect(page.get_by_label("Bootstrap Servers")).to_have_count(0)
    fill(page)
    assert Config.parse(submitted(page)).delivery == HttpDelivery()


def test_what_the_untouched_form_gives_is_what_the_defaults_give(page: Page) -> None:
    fill(page)
    assert Config.parse(submitted(page)) == Config.parse(MINIMAL)


def test_the_form_refuses_what_the_connector_refuses(page: Page) -> None:
    fill(page)
    page.get_by_label("Bootstrap Servers").fill("https://b1.kafka-in.keen.io")
    page.get_by_role("button", name="Set up destination").click()
    expect(page.get_by_text("must match pattern")).to_be_visible()
    assert page.evaluate("[window.refused, window.submitted === undefined]") == [True, True]
