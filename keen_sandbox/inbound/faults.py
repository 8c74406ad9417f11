"""Which fault hits which request: a script of faults, played in the order in which the requests come.

{"advertise": "localhost:1",
 "faults": [{"request": "produce", "topic": "orders", "from": 2, "times": 3, "error": "NOT_ENOUGH_REPLICAS"},
            {"request": "produce", "from": 9, "reply": "close", "delay": 0.5}]}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from kafka import errors

Reply = Literal["sent", "none", "close"]
RequestName = Literal["produce", "metadata", "init_producer_id", "sasl_handshake", "sasl_authenticate", "api_versions"]

_WITH_TOPICS: Sequence[RequestName] = ("produce", "metadata")
_NEWER_NAMES = {
    "UNKNOWN_SERVER_ERROR": errors.UnknownError.errno,
    "NOT_LEADER_OR_FOLLOWER": errors.NotLeaderForPartitionError.errno,
    "MESSAGE_TOO_LARGE": errors.MessageSizeTooLargeError.errno,
    "INVALID_TOPIC_EXCEPTION": errors.InvalidTopicError.errno,
}
_CODES: dict[str, int] = {kind.message: code for code, kind in errors.kafka_errors.items()} | _NEWER_NAMES
"""The number of each error of Kafka's, by the name that Kafka's protocol guide gives it now or gave it before."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a script: which requests it hits, and what happens to them.

    It counts the requests of its kind, with `topic` only those that name the topic. Raises ValueError for a
    combination that would do nothing, or would do two things at once.
    """

    request: RequestName
    topic: str | None = None
    first: Annotated[int, msgspec.Meta(ge=1)] = msgspec.field(default=1, name="from")
    """The number of the first request that is hit."""
    times: Annotated[int, msgspec.Meta(ge=1)] | Literal["all"] = 1
    """How many requests are hit from there on."""
    after_produce: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Requests count only once this many Produce requests have come."""
    error: str | Annotated[int, msgspec.Meta(ge=-1, le=32_767)] | None = None
    """The error that is answered, by Kafka's name or number; with `topic` for this topic only."""
    message: str = "a fault of the script"
    """What the broker says beside the error, where Kafka's protocol has room for it."""
    reply: Reply = "sent"
    """`none`: the client waits in vain; `close`: its connection is closed instead."""
    keep: bool | None = None
    """Whether the records of a Produce request are taken in. By default they are unless an error is answered."""
    delay: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0
    """Seconds between the work and the reply, in which the connection is not read."""

    def __post_init__(self) -> None:
        if self.error is not None:
            self._check_error()
        elif self.reply == "sent" and not self.delay:
            raise ValueError("it does nothing; give it an error, a reply of none or close, or a delay")
        elif self.keep is False and self.reply == "sent":
            raise ValueError("records that are not kept need an error, or a reply of none or close")
        if self.topic is not None and self.request not in _WITH_TOPICS:
            raise ValueError(f"{self.request} requests name no topic; only produce and metadata requests do")
        if self.keep is not None and self.request != "produce":
            raise ValueError("keep is for produce requests, the only ones that bring records")

    def _check_error(self) -> None:
        if self.reply != "sent":
            raise ValueError("an error is answered, so the reply cannot be none or close")
        if self.request == "api_versions":
            raise ValueError("api_versions requests are answered without errors; give a reply or a delay")
        if isinstance(self.error, str) and self.error not in _CODES:
            raise ValueError(f"Kafka has no error of the name {self.error}; its number can be given instead")
        if self.code == errors.NoError.errno:
            raise ValueError("error 0 means that there is none")

    @property
    def code(self) -> int:
        """The number of the error, 0 without one."""
        return _CODES[self.error] if isinstance(self.error, str) else self.error or 0

    @property
    def keeps(self) -> bool:
        """Whether the records of a request that is hit are taken in."""
        return self.error is None if self.keep is None else self.keep

    def counts(self, request: str, topics: Collection[str], produced: int) -> bool:
        """Whether a request is one of those that the fault counts; an error of a topic needs a request that has one."""
        if request != self.request or produced < self.after_produce:
            return False
        if self.topic is not None:
            return self.topic in topics
        return bool(topics) or self.error is None or request not in _WITH_TOPICS


class Strike:
    """What happens to one request: all faults that hit it together. Their delays add up; else the first one counts."""

    def __init__(self, faults: Mapping[int, Fault]) -> None:
        """Put the faults together; each comes with its number in the script."""
        self._faults = faults.values()
        self.numbers = list(faults)
        """The numbers of the faults, none where the request goes unharmed."""
        self.delay = sum(fault.delay for fault in self._faults)
        """Seconds between the work and the reply."""
        self.reply = next((fault.reply for fault in self._faults if fault.reply != "sent"), "sent")
        """Whether the reply is sent, dropped (`none`), or the connection closed instead."""

    def error(self, topic: str | None = None) -> Fault | None:
        """Give the fault whose error is answered, for a topic where the answer has one for each, or None."""
        return next((each for each in self._faults if each.code and each.topic in (None, topic)), None)

    def keeps(self, topic: str) -> bool:
        """Whether the records for a topic are taken in. An error is for its own topic only, any other fault for all."""
        return all(each.keeps or (each.code and each.topic not in (None, topic)) for each in self._faults)


class Script:
    """A script of faults and how far it has been played. One belongs to one listener."""

    def __init__(self, faults: Sequence[Fault] = (), advertised: tuple[str, int] | None = None) -> None:
        self.advertised = advertised
        """Host and port that metadata names as the broker's, or None for its true ones."""
        self._faults = dict(enumerate(faults, 1))
        self._counted = dict.fromkeys(self._faults, 0)
        self._produced = 0

    def strike(self, request: str, topics: Collection[str]) -> Strike:
        """Count a request of the given name that names these topics, and give what happens to it."""
        hit = {number: each for number, each in self._faults.items() if self._hits(number, request, topics)}
        self._produced += request == "produce"
        return Strike(hit)

    def _hits(self, number: int, request: str, topics: Collection[str]) -> bool:
        fault = self._faults[number]
        if not fault.counts(request, topics, self._produced):
            return False
        self._counted[number] += 1
        beyond = self._counted[number] - fault.first
        return beyond >= 0 and (fault.times == "all" or beyond < fault.times)
