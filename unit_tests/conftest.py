"""How property tests run here, without a deadline that a busy machine would miss; and what several tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from keen_sandbox.store import Store
from unit_tests.keen_over_http import Keen, Said

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def serve() -> Iterator[Callable[..., Keen]]:
    """Starts servers, and ends them after the test."""
    servers: list[Keen] = []

    def start(*answers: Said) -> Keen:
        servers.append(Keen(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store of the local Keen, in memory."""
    store = Store(None)
    yield store
    store.close()
