"""How property tests run here, without a deadline that a busy machine would miss; and what several tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

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
