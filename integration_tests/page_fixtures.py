"""Fixtures for tests of the sandbox's page: a Chromium, and a sandbox with a shop's events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from integration_tests import UnavailableError, do_without
from integration_tests.browser import chromium
from integration_tests.page import sell
from integration_tests.sandbox import Sandbox


# Playwright keeps an event loop running in this thread, where another module's tests start theirs: not for the session.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with ExitStack() as stack:
        try:
            running = stack.enter_context(chromium())
        except UnavailableError as reason:
            do_without(reason)
        yield running


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with orders and users, for the tests that only look."""
    with Sandbox(tmp_path_factory.mktemp("shop")) as sandbox:
        sell(sandbox)
        yield sandbox
