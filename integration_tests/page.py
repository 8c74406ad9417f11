"""What the tests do with the sandbox's page: fill its sandbox, use its form, read its charts."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import Locator, Page, expect

from integration_tests.sandbox import PROJECT, SECONDS, WRITE_KEY, Sandbox
from integration_tests.sandbox_clients import producer


def send(sandbox: Sandbox, collection: str, *events: dict[str, Any]) -> None:
    """Record events over the HTTP API."""
    address = f"{sandbox.ready['api_url']}/projects/{PROJECT}/events"
    body = json.dumps({collection: events}).encode()
    headers = {"Authorization": WRITE_KEY, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, body, headers)) as answer:
        assert all(each["success"] for each in json.load(answer)[collection])


def sell(sandbox: Sandbox) -> None:
    """Record six orders of three days, and one user."""
    days = ["2026-05-01", "2026-05-01", "2026-05-01", "2026-05-02", "2026-05-03", "2026-05-03"]
    orders = [
        {
            "total": 10.5 * number,
            "country": "Rome's" if number % 2 else "Paris",
            "keen": {"timestamp": f"{day}T12:00:00Z"},
        }
        for number, day in enumerate(days, 1)
    ]
    send(sandbox, "orders", *orders)
    send(sandbox, "users", {"name": "Ann"})


def let_drop(sandbox: Sandbox, *values: bytes) -> None:
    """Produce messages into the topic `orders` that break Keen's rules."""
    client = producer(sandbox)
    for value in values:
        client.send("orders", value).get(SECONDS)
    client.close()


def choose(page: Page, **options: str) -> None:
    """Fill in the form of the query: the names are those of its fields."""
    for name, value in options.items():
        page.locator(f"#question select[name={name}]").select_option(value)


def ask(page: Page) -> Locator:
    """Run the query and give the place of its answer."""
    page.get_by_role("button", name="Run the query").click()
    answer = page.locator("#answer")
    expect(answer).not_to_be_empty()
    return answer


def drawn(canvas: Locator) -> dict[str, Any]:
    """What a chart shows: the labels, and the values of each series; its canvas has to be painted."""
    assert canvas.evaluate("it => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some(Boolean)")
    data: dict[str, Any] = canvas.evaluate("it => Chart.getChart(it).data")
    return {"labels": data["labels"], **{each["label"]: each["data"] for each in data["datasets"]}}
