"""Keen's HTTP API as one project sees it: one general door, and what a key may do (the API reference, version 3.0)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

import requests

from destination_keen.config import Config
from destination_keen.errors import AuthenticationError, ConfigError, PermissionDeniedError, TransientError

# A key that exists but may not do what was asked has another code: the status is 403 in one source of Keen's and 401 in
# another.
_UNKNOWN_KEY = "InvalidApiKeyError"


class Answer(NamedTuple):
    """What the API answered: the HTTP status, and the decoded JSON of the body, None where there is none."""

    status: int
    body: Any


class Api:
    """The API of one project. Each request takes at most `seconds`, unless it says otherwise.

    An object belongs to one thread at a time: several threads make one each, which costs a connection.
    """

    def __init__(self, config: Config, seconds: float) -> None:
        self._project = f"{config.api_url}/projects/{quote(config.project_id, safe='')}"
        self._session = requests.Session()
        # As a header it would give way to what ~/.netrc holds for the host.
        self._session.auth = partial(_with_key, config.api_key)
        # Without TLS the key stays on this machine, so no proxy may carry it.
        self._session.trust_env = config.api_url.lower().startswith("https:")
        self._seconds = seconds

    def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Send one request and give the answer, whatever its status. Redirects are not followed.

        `path` is what follows the project in the address, percent-encoded. `params` become the URL query. `body` is
        JSON. `seconds` limits the connection and each wait for bytes of the answer.

        Raises:
            TransientError: there was no answer. Whether the request was carried out is unknown.
        """
        headers = None if body is None else {"Content-Type": "application/json"}
        try:
            response = self._session.request(
                method,
                f"{self._project}/{path}",
                params=params,
                data=body,
                headers=headers,
                timeout=self._seconds if seconds is None else seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TransientError("it cannot be reached", type(error).__name__) from error
        try:
            return Answer(response.status_code, response.json())
        except requests.JSONDecodeError:
            return Answer(response.status_code, None)

    def close(self) -> None:
        """Close the connection. The next request opens another."""
        self._session.close()

    def key_is_master(self) -> bool:
        """Whether the key is a master key, found out without changing anything.

        Raises:
            AuthenticationError: the key is none of the project's.
            ConfigError: there is no such project.
            TransientError: no answer, or none that says anything about the key.
        """
        # Any key that may read lists the collections; only a master key lists the access keys.
        return self._allowed("events", {"include_schema": "false"}) and self._allowed("keys", {"per_page": "1"})

    def require_queries(self) -> None:
        """See that the key may count events. The collection that is asked for need not exist.

        Raises:
            AuthenticationError: the key is none of the project's.
            PermissionDeniedError: the key may not count.
            TransientError: no answer, or none that says anything about the key.
        """
        body = b'{"event_collection":"airbyte","timeframe":"this_1_days"}'
        answer = self.exchange("POST", "queries/count", body=body)
        check_key(answer, "count events")
        if answer.status not in (200, 404):
            raise TransientError(f"it answered with status {answer.status}")

    def _allowed(self, path: str, params: Mapping[str, str]) -> bool:
        answer = self.exchange("GET", path, params=params)
        if answer.status == 200:
            return True
        try:
            check_key(answer, "do this")
        except PermissionDeniedError:
            return False
        if answer.status == 404:
            raise no_project()
        raise TransientError(f"it answered with status {answer.status}")


def no_project() -> ConfigError:
    """The API knows no such project."""
    return ConfigError(
        'Keen has no project with this "Project ID". Copy it again from the Access page of the project in Keen, and'
        ' check "API URL".'
    )


def check_key(answer: Answer, purpose: str) -> None:
    """See that an answer does not refuse the key. `purpose` is what was asked for, "count events" say.

    Raises:
        AuthenticationError: the key is none of the project's.
        PermissionDeniedError: the key may not do this.
    """
    if answer.status == 403 or (answer.status == 401 and error_code(answer) not in (None, _UNKNOWN_KEY)):
        raise PermissionDeniedError(
            f'The key in "Master API Key" may not {purpose}. Enter the Master Key of the project; its Access page in'
            " Keen shows it."
        )
    if answer.status == 401:
        raise AuthenticationError(
            'Keen rejected the "Master API Key". Copy it again from the Access page of the project in Keen.'
        )


def error_code(answer: Answer) -> str | None:
    """Give Keen's code of an error, `InvalidFilterError` say, or None where the answer has none."""
    code = answer.body.get("error_code") if isinstance(answer.body, dict) else None
    return code if isinstance(code, str) else None


def _with_key(key: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = key.encode()  # type: ignore[assignment]
    return request
