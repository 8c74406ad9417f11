"""A topic comes into being when it is asked for, if Kafka takes its name."""

from __future__ import annotations

import pytest
from kafka.errors import InvalidTopicError, UnknownTopicOrPartitionError

from keen_sandbox.inbound.topics import Topics


def test_a_topic_is_made_once_and_only_on_request() -> None:
    topics = Topics()
    with pytest.raises(UnknownTopicOrPartitionError):
        topics.find("orders")
    made = topics.find("orders", create=True)
    assert topics.find("orders") is made
    assert topics.find("orders", create=True) is made
    assert topics.names() == ["orders"]


@pytest.mark.parametrize("name", ["a", "A-1_b.c", "...", "_hidden", "x" * 249])
def test_a_name_that_kafka_takes_is_taken(name: str) -> None:
    topics = Topics()
    topics.find(name, create=True)
    assert topics.names() == [name]


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "é", "a\n", "x" * 250])
@pytest.mark.parametrize("create", [True, False])
def test_a_name_that_kafka_does_not_take_is_refused(name: str, create: bool) -> None:
    with pytest.raises(InvalidTopicError):
        Topics().find(name, create=create)


def test_a_topic_whose_twin_differs_by_dot_and_underscore_is_refused() -> None:
    topics = Topics()
    topics.find("a.b_c", create=True)
    with pytest.raises(InvalidTopicError):
        topics.find("a_b.c", create=True)
    assert topics.names() == ["a.b_c"]
