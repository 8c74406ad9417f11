"""Who wants to read from an inbound cluster is told that it is not allowed."""

from __future__ import annotations

import pytest
from kafka.protocol.consumer import FetchRequest, FetchResponse
from kafka.protocol.metadata import FindCoordinatorRequest, FindCoordinatorResponse

from keen_sandbox.inbound.refusals import refuse_fetch, refuse_group
from keen_sandbox.inbound.wire import Request, encode


@pytest.mark.parametrize("version", range(4, 11))
def test_every_partition_of_a_fetch_is_refused(version: int) -> None:
    partitions = [FetchRequest.FetchTopic.FetchPartition(partition=number) for number in (0, 3)]
    body = FetchRequest(version=version, topics=[FetchRequest.FetchTopic(topic="a", partitions=partitions)])
    sent = encode(refuse_fetch(body), Request(FetchRequest.API_KEY, version, 1, body))
    (topic,) = FetchResponse.decode(sent, version=version, header=True, framed=True).responses
    assert topic.topic == "a"
    assert [(one.partition_index, one.error_code) for one in topic.partitions] == [(0, 29), (3, 29)]


def test_a_group_has_no_coordinator_for_this_client() -> None:
    body = FindCoordinatorRequest(version=0, key="group")
    sent = encode(refuse_group(), Request(FindCoordinatorRequest.API_KEY, 0, 1, body))
    assert FindCoordinatorResponse.decode(sent, version=0, header=True, framed=True).error_code == 30
