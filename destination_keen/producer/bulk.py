"""Bulk posts to Keen's HTTP API: each event of a batch gets a verdict of its own, or the batch is posted again.

Only Keen's own word for an event counts as its delivery. An answer that is not Keen's, or says less than was asked,
confirms nothing. A batch without an answer may have been recorded all the same: it is repeated as the same bytes, and
so with the same uniqueness tokens, of which Keen keeps the first.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from destination_keen.api import Answer, Api, check_key, error_code, no_project
from destination_keen.deadline import Deadline
from destination_keen.errors import ConfigError, DestinationError, TransientError
from destination_keen.producer import Tally, failures

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
# A request gets a part of the delivery timeout, so that one that is lost can be repeated.
_ATTEMPTS = 3
# Of an event that breaks a rule, by the API reference and Keen's own clients; all of the others begin with "Invalid".
_BROKEN_RULES = {"NamespaceTypeError", "ListsOfNonPrimitivesNotAllowedError"}
_CODE = re.compile(r"[A-Z][A-Za-z]{1,63}")


class Item(NamedTuple):
    """An event on its way: where it goes, its bytes, and where its delivery is counted."""

    collection: str
    value: bytes
    tally: Tally


class Verdict(NamedTuple):
    """What became of some items: they are delivered, or failed for good.

    With `trouble`, nothing is settled yet: an attempt failed for this reason, and there will be another.
    """

    items: Sequence[Item]
    failure: DestinationError | None = None
    trouble: str = ""


class Bulk:
    """Posts batches over one `Api`, for one thread. `url` is how the API is named to the user, `seconds` the time that
    a batch has in all, and `stop` ends the wait between two attempts.
    """

    def __init__(self, api: Api, url: str, seconds: float, stop: threading.Event) -> None:
        self._api = api
        self._url = url
        self._seconds = seconds
        self._stop = stop

    def deliver(self, batch: Sequence[Item]) -> Iterator[Verdict]:
        """Post a batch until each of its items has a verdict, and yield the verdicts as they come.

        What Keen refuses as a whole is posted again in halves, so that one event does not keep the others. After a
        failure nothing more of the batch is posted: the items that are left share it.
        """
        deadline, pause = Deadline(self._seconds), _FIRST_PAUSE
        parts = [batch]
        while parts and not self._stop.is_set():
            part = parts.pop()
            answer = self._post(part, deadline)
            if answer.status in (400, 413) and len(part) > 1:
                parts += [part[len(part) // 2 :], part[: len(part) // 2]]
                continue
            delivered, left, failure = _judged(part, answer)
            if delivered:
                yield Verdict(delivered)
            if left:
                parts.append(left)
            if left and failure is None:
                if deadline.remaining <= pause:
                    failure = failures.unconfirmed(self._url, self._seconds, _said(answer))
                else:
                    yield Verdict((), trouble=_said(answer))
                    self._stop.wait(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
            if failure is not None:
                yield Verdict([item for part in parts for item in part], failure)
                return

    def _post(self, part: Sequence[Item], deadline: Deadline) -> Answer:
        seconds = max(0.1, min(self._seconds / _ATTEMPTS, deadline.remaining))
        try:
            return self._api.exchange("POST", "events", body=_body(part), seconds=seconds)
        except TransientError as error:
            return Answer(0, error.internal_message)


def _by_collection(items: Sequence[Item]) -> dict[str, list[Item]]:
    collections: dict[str, list[Item]] = {}
    for item in items:
        collections.setdefault(item.collection, []).append(item)
    return collections


def _body(items: Sequence[Item]) -> bytes:
    lists = (
        b"%b:[%b]" % (json.dumps(collection).encode(), b",".join([item.value for item in listed]))
        for collection, listed in _by_collection(items).items()
    )
    return b"{%b}" % b",".join(lists)


def _judged(items: Sequence[Item], answer: Answer) -> tuple[list[Item], list[Item], DestinationError | None]:
    """Give the items that are delivered, those that are not, and why these never will be, if that is known."""
    try:
        check_key(answer, "record events")
    except ConfigError as refusal:
        return [], [*items], refusal
    collection = items[0].collection
    if answer.status == 404:
        return [], [*items], no_project()
    if answer.status == 413:
        return [], [*items], failures.too_large(collection, f"Collection {collection}: {_said(answer)}")
    if answer.status == 400:
        return [], [*items], failures.rule_broken(collection, _name(error_code(answer)))
    if answer.status != 200 or not isinstance(answer.body, dict):
        return [], [*items], None
    return _sorted_out(items, answer.body)


def _sorted_out(items: Sequence[Item], body: dict[str, Any]) -> tuple[list[Item], list[Item], DestinationError | None]:
    delivered, left = [], []
    failure: DestinationError | None = None
    for collection, listed in _by_collection(items).items():
        verdicts = body.get(collection)
        if not isinstance(verdicts, list) or len(verdicts) != len(listed):
            left += listed
            continue
        for item, verdict in zip(listed, verdicts, strict=True):
            if isinstance(verdict, dict) and verdict.get("success") is True:
                delivered.append(item)
                continue
            left.append(item)
            error = verdict.get("error") if isinstance(verdict, dict) else None
            code = _name(error.get("name")) if isinstance(error, dict) else ""
            if failure is None and (code.startswith("Invalid") or code in _BROKEN_RULES):
                failure = failures.rule_broken(collection, code)
    return delivered, left, failure


def _name(code: object) -> str:
    """Keen's code of an error. What is not of its form may quote an event, and is left out."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _said(answer: Answer) -> str:
    if not answer.status:
        return f"it cannot be reached ({answer.body})"
    code = _name(error_code(answer))
    if answer.status == 200:
        return "it answered, but did not confirm every event"
    return f"it answered with status {answer.status}" + (f" ({code})" if code else "")
