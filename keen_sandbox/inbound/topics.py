"""Which topics there are: a topic is a collection, and comes into being when a client first asks for it."""

from __future__ import annotations

import re

from kafka.errors import InvalidTopicError, UnknownTopicOrPartitionError

from keen_sandbox.inbound.producers import Partition

PARTITION = 0
"""The index of a topic's only partition."""

_LEGAL_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}")


class Topics:
    """The topics of the listener, by name. They are not kept: a restarted listener starts without any."""

    def __init__(self) -> None:
        self._partitions: dict[str, Partition] = {}
        self._twins: dict[str, str] = {}

    def names(self) -> list[str]:
        """Give the names of all topics, oldest first."""
        return list(self._partitions)

    def find(self, name: str, *, create: bool = False) -> Partition:
        """Give the partition of a topic, with `create` also of one that is not there yet.

        Raises kafka-python's UnknownTopicOrPartitionError for a topic that is not there, and InvalidTopicError for a
        name that Kafka does not take: by its characters or length, or because another differs only by `.` and `_`.
        """
        partition = self._partitions.get(name)
        if partition is not None:
            return partition
        if _LEGAL_NAME.fullmatch(name) is None:
            raise InvalidTopicError
        if not create:
            raise UnknownTopicOrPartitionError
        if self._twins.setdefault(name.replace(".", "_"), name) != name:
            raise InvalidTopicError
        partition = self._partitions[name] = Partition()
        return partition
