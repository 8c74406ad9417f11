"""Keen's HTTP API, as far as the connector needs it (the API reference, version 3.0)."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import requests

from destination_keen.config import Config
from destination_keen.errors import AuthenticationError, ConfigError, TransientError

# A key that exists but may not do what was asked: the status is 403 in one source of Keen's and 401 in another.
_NOT_ALLOWED = "AdminOnlyEndpointError"


class Api:
    """The API as one project sees it. Each request takes at most `seconds`."""

    def __init__(self, config: Config, seconds: float) -> None:
        self._project = f"{config.api_url}/projects/{quote(config.project_id, safe='')}"
        self._session = requests.Session()
        # As a header it would give way to what ~/.netrc holds for the host.
        self._session.auth = partial(_with_key, config.api_key)
        # Without TLS the key stays on this machine, so no proxy may carry it.
        self._session.trust_env = config.api_url.lower().startswith("https:")
        self._seconds = seconds

    def key_is_master(self) -> bool:
        """Whether the key is a master key, found out without changing anything.

        Raises:
            AuthenticationError: the key is none of the project's.
            ConfigError: there is no such project.
            TransientError: no answer, or none that says anything about the key.
        """
        # Any key that may read lists the collections; only a master key lists the access keys.
        return self._allowed("events?include_schema=false") and self._allowed("keys?per_page=1")

    def _allowed(self, path: str) -> bool:
        try:
            answer = self._session.get(f"{self._project}/{path}", timeout=self._seconds, allow_redirects=False)
        except requests.RequestException as error:
            raise TransientError("it cannot be reached", type(error).__name__) from error
        if answer.status_code == 200:
            return True
        if answer.status_code == 403 or _error_code(answer) == _NOT_ALLOWED:
            return False
        if answer.status_code == 401:
            raise AuthenticationError(
                'Keen rejected the "Master API Key". Copy it again from the Access page of the project in Keen.'
            )
        if answer.status_code == 404:
            raise ConfigError(
                'Keen has no project with this "Project ID". Copy it again from the Access page of the project in Keen,'
                ' and check "API URL".'
            )
        raise TransientError(f"it answered with status {answer.status_code}")


def _with_key(key: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = key.encode()  # type: ignore[assignment]
    return request


def _error_code(answer: requests.Response) -> str | None:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return None
    return body.get("error_code") if isinstance(body, dict) else None
