"""A Keen project that is asked questions: everything made in it has the name of the run, and is removed at the end."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from destination_keen.config import Config
from destination_keen.errors import DestinationError
from destination_keen.probe import probe_kafka

ALWAYS = {"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T23:59:59Z"}
_REQUEST_SECONDS, _LOGIN_SECONDS, _REPEATS = 60.0, 15.0, 2


class Answer(NamedTuple):
    """A status and the decoded body, None where it is no JSON."""

    status: int
    body: Any

    def __str__(self) -> str:
        code = self.body.get("error_code") if isinstance(self.body, dict) else None
        return f"{self.status} ({code})" if code else str(self.status)


class Project:
    """One project, by the connector's configuration (`settings`).

    `patience` is how long an event may take until it can be counted, `settle` how long to wait before one that has not
    come is taken for lost, `minute` how long Keen refuses requests once there were too many, all in seconds.
    """

    def __init__(self, settings: dict[str, Any], patience: float, settle: float, minute: float) -> None:
        self.settings = settings
        self.kafka_settings = settings | {"delivery": {**(settings.get("delivery") or {}), "method": "kafka"}}
        self.config = Config.parse(self.kafka_settings)
        self.patience = patience
        self.settle = settle
        self._minute = minute
        self.keys: dict[str, str] = {}
        self._prefix = f"airbyte_live_{secrets.token_hex(4)}_"
        self._made: list[str] = []

    def collection(self, name: str, *, before: str = "") -> str:
        """Name a collection of this run, which is deleted at the end. Only a test of names puts anything `before`."""
        collection = f"{before}{self._prefix}{name}"
        if collection not in self._made:
            self._made.append(collection)
        return collection

    def kafka_trouble(self) -> str:
        """Why Kafka cannot be used, empty where it can."""
        try:
            probe_kafka(self.config, _LOGIN_SECONDS)
        except DestinationError as error:
            return error.message
        return ""

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, **params: Any) -> Answer:
        """Send one request, to a path below the project. A `body` that is not bytes is sent as JSON."""
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        path = f"/projects/{quote(self.config.project_id, safe='')}/{path}" + (f"?{urlencode(texts)}" if texts else "")
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        key = self.config.api_key if key is None else key
        answer = self._exchange(method, path, content, key)
        for _ in range(_REPEATS):
            if answer.status != 429:
                break
            time.sleep(self._minute)
            answer = self._exchange(method, path, content, key)
        return answer

    def _exchange(self, method: str, path: str, content: bytes | None, key: str) -> Answer:
        address = urlsplit(self.config.api_url)
        kind = HTTPConnection if address.scheme == "http" else HTTPSConnection
        connection = kind(address.hostname or "", address.port, timeout=_REQUEST_SECONDS)
        headers: dict[str, Any] = {"Authorization": key.encode(), "Content-Type": "application/json"}
        try:
            connection.request(method, address.path + path, content, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        with suppress(ValueError):
            return Answer(response.status, json.loads(text))
        return Answer(response.status, None)

    def record(self, collection: str, *events: Any, key: str | None = None) -> Answer:
        """Record events over HTTP, in one bulk request."""
        return self.ask("POST", "events", {collection: events}, key=key)

    def query(self, kind: str, collection: str, **parameters: Any) -> Answer:
        """Query a collection over all times."""
        return self.ask("POST", f"queries/{kind}", {"event_collection": collection, "timeframe": ALWAYS} | parameters)

    def count(self, collection: str, **parameters: Any) -> int:
        """How many events there are; a collection that does not exist has none."""
        return int(self._result("count", collection, parameters) or 0)

    def events(self, collection: str) -> list[dict[str, Any]]:
        """All events of a collection."""
        return list(self._result("extraction", collection, {}) or [])

    def _result(self, kind: str, collection: str, parameters: dict[str, Any]) -> Any:
        answer = self.query(kind, collection, **parameters)
        if answer.status == 200:
            return answer.body["result"]
        if answer.status == 404 or "NotFound" in str(answer):
            return None
        raise RuntimeError(f"the query {kind} is answered with {answer}")

    def delete(self, collection: str, *, key: str | None = None, **params: Any) -> Answer:
        """Delete a collection of this run, or those of its events that `filters` and `timeframe` select."""
        if self._prefix not in collection:
            raise ValueError("this collection is not of this run")
        return self.ask("DELETE", f"events/{quote(collection, safe='')}", key=key, **params)

    def until(self, happened: Callable[[], bool]) -> float | None:
        """Wait until something happened, and give the seconds that it took; None where it did not in time."""
        started = time.monotonic()
        while not happened():
            if time.monotonic() - started > self.patience:
                return None
            time.sleep(min(2.0, self.settle))
        return time.monotonic() - started

    def pause(self) -> None:
        """Give what is late the time to come: Keen says nothing of what it is still doing."""
        time.sleep(self.settle)

    def access_key(self, scope: str) -> str:
        """Make an access key that permits one thing, `writes` say. It is deleted at the end."""
        if scope not in self.keys:
            body = {"name": f"{self._prefix}{scope}", "is_active": True, "permitted": [scope], "options": {}}
            answer = self.ask("POST", "keys", body)
            if answer.status not in (200, 201):
                raise RuntimeError(f"an access key cannot be made: {answer}")
            self.keys[scope] = answer.body["key"]
        return self.keys[scope]

    def clean_up(self) -> list[str]:
        """Remove all that the run made, and name what could not be removed."""
        self.pause()
        left = []
        for scope, key in self.keys.items():
            answer = self.ask("DELETE", f"keys/{quote(key, safe='')}")
            if answer.status not in (200, 204):
                left.append(f"the access key for {scope}: {answer}")
        stubborn = [each for each in self._made if self.until(partial(self._is_gone, each)) is None]
        return left + [f"the collection {each}" for each in stubborn]

    def _is_gone(self, collection: str) -> bool:
        with suppress(OSError, HTTPException, RuntimeError):
            return self.delete(collection).status in (204, 404) and self.count(collection) == 0
        return False


def only(name: str, operator: str, value: object) -> dict[str, object]:
    """A property filter."""
    return {"property_name": name, "operator": operator, "property_value": value}


def listed(lines: Iterable[str]) -> str:
    """An answer of several lines."""
    return "\n".join(f"- {line}" for line in lines)
