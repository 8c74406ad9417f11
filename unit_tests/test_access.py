from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from destination_keen.access import check_access, require_access
from destination_keen.config import Config
from destination_keen.errors import AuthenticationError, ConfigError, PermissionDeniedError, TransientError
from unit_tests.keen_over_http import FINE, Keen, Said

NOT_MASTER = Said(403)


def _config(keen: Keen, **settings: Any) -> Config:
    return Config.parse({"project_id": "p1", "api_key": "k1", "api_url": f"{keen.url}/3.0", **settings})


def test_a_master_key_is_all_that_can_be_needed(serve: Callable[..., Keen]) -> None:
    keen = serve(FINE)
    assert check_access(_config(keen), 10) is None
    require_access(_config(keen), 10, to_delete=True)
    assert {request.method for request in keen.requests} == {"GET"}


def test_another_key_is_warned_of_and_refused_where_something_is_to_be_deleted(serve: Callable[..., Keen]) -> None:
    config = _config(serve(FINE, NOT_MASTER))
    assert "is not a master key. Appending works with it" in str(check_access(config, 10))
    with pytest.raises(PermissionDeniedError, match=r'only that may delete .* "Append" .* Nothing was sent'):
        require_access(config, 10, to_delete=True)
    require_access(config, 10, to_delete=False)


def test_a_key_that_may_not_count_is_refused_where_delivery_is_verified(serve: Callable[..., Keen]) -> None:
    keen = serve(NOT_MASTER, NOT_MASTER)
    with pytest.raises(PermissionDeniedError, match="may not count events"):
        check_access(_config(keen, verify_delivery=True), 10)
    assert "is not a master key" in str(check_access(_config(keen), 10))


def test_a_key_that_may_count_is_enough_to_verify(serve: Callable[..., Keen]) -> None:
    config = _config(serve(FINE, NOT_MASTER), verify_delivery=True)
    assert "is not a master key" in str(check_access(config, 10))


@pytest.mark.parametrize(("trouble", "reason"), [(Said(503), "status 503"), (Said(0), "did not answer|be reached")])
@pytest.mark.parametrize("settings", [{"verify_delivery": True}, {"delivery": {"method": "http"}}])
def test_an_api_in_trouble_is_a_failure_only_where_it_is_needed(
    serve: Callable[..., Keen], trouble: Said, reason: str, settings: dict[str, Any]
) -> None:
    keen = serve(trouble)
    warning = check_access(_config(keen), 0.3)
    assert warning is not None
    assert "Appending needs the Kafka cluster only and will work; overwriting will not." in warning
    with pytest.raises(TransientError, match=rf'"API URL" .* could not be checked: .*({reason})'):
        check_access(_config(keen, **settings), 0.3)
    with pytest.raises(TransientError, match=reason):
        require_access(_config(keen), 0.3, to_delete=False)


@pytest.mark.parametrize(("status", "error"), [(401, AuthenticationError), (404, ConfigError)])
def test_a_wrong_key_or_project_is_a_failure_in_any_case(
    serve: Callable[..., Keen], status: int, error: type[Exception]
) -> None:
    config = _config(serve(Said(status)))
    with pytest.raises(error):
        check_access(config, 10)
    with pytest.raises(error):
        require_access(config, 10, to_delete=False)
