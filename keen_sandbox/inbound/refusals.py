"""What clients that want to read are told: the inbound cluster takes events in, and nobody reads from it."""

from __future__ import annotations

from typing import Any

from kafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from kafka.protocol.consumer import FetchResponse
from kafka.protocol.metadata import FindCoordinatorResponse

_Topic = FetchResponse.FetchableTopicResponse
_Partition = _Topic.PartitionData

_UNKNOWN = -1
"""How Kafka writes that there is no such node, port or offset."""


def refuse_fetch(body: Any) -> Any:
    """Answer that the client may not read any of the partitions it asks for."""
    return FetchResponse(
        responses=[
            _Topic(
                topic=topic.topic,
                partitions=[
                    _Partition(
                        partition_index=wanted.partition,
                        error_code=TopicAuthorizationFailedError.errno,
                        high_watermark=_UNKNOWN,
                    )
                    for wanted in topic.partitions
                ],
            )
            for topic in body.topics
        ]
    )


def refuse_group() -> Any:
    """Answer that the client may not be in a consumer group."""
    return FindCoordinatorResponse(
        error_code=GroupAuthorizationFailedError.errno, node_id=_UNKNOWN, host="", port=_UNKNOWN
    )
