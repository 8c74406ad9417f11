"""Answers the requests of clients as the one broker of an inbound cluster.

A Produce request is acknowledged as soon as its values are queued, before anybody looks at them. Keen's inbound
cluster page knows no other answer, so an event that breaks a rule is dropped without a word to its sender.
"""

from __future__ import annotations

import itertools
import secrets
from typing import TYPE_CHECKING, Any

from kafka.errors import (
    BrokerResponseError,
    NoError,
    TransactionalIdAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedVersionError,
)
from kafka.protocol.api_key import ApiKey
from kafka.protocol.metadata import ApiVersionsResponse, MetadataResponse
from kafka.protocol.producer import InitProducerIdResponse, ProduceResponse

from keen_sandbox.inbound.batches import read_batch
from keen_sandbox.inbound.refusals import refuse_fetch, refuse_group
from keen_sandbox.inbound.topics import PARTITION, Topics
from keen_sandbox.inbound.wire import SPOKEN, ProtocolError, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keen_sandbox.inbound.login import Login
    from keen_sandbox.ingest import Ingest

NODE_ID = 1
LEADER_EPOCH = 0

_Node = MetadataResponse.MetadataResponseBroker
_Topic = MetadataResponse.MetadataResponseTopic
_Partition = _Topic.MetadataResponsePartition
_TopicResult = ProduceResponse.TopicProduceResponse
_PartitionResult = _TopicResult.PartitionProduceResponse


class Broker:
    """The broker behind all connections: its topics, the producer ids it gave out, and where values go."""

    def __init__(self, ingest: Ingest, host: str, port: int) -> None:
        """Hand every value to `ingest`, and tell clients to find this broker at `host` and `port`."""
        self._ingest = ingest
        self._node = _Node(node_id=NODE_ID, host=host, port=port)
        self._topics = Topics()
        # Begun at random: after a restart, nobody gets the id of a producer that is still running.
        self._producer_ids = itertools.count(secrets.randbits(48))
        self._answers: dict[ApiKey, Callable[[Request], Any]] = {
            ApiKey.Metadata: self._metadata,
            ApiKey.InitProducerId: self._producer_id,
            ApiKey.Fetch: lambda request: refuse_fetch(request.body),
            ApiKey.FindCoordinator: lambda _request: refuse_group(),
        }

    def answer(self, request: Request, login: Login) -> Any:
        """Give the response to one request of a connection, or None where the client wants none.

        Raises ProtocolError where a broker ends the connection instead of answering.
        """
        if request.api_key == ApiKey.ApiVersions:
            return _api_versions(known=request.body is not None)
        if request.api_key == ApiKey.SaslHandshake:
            return login.handshake(request.body.mechanism, version=request.version)
        if request.api_key == ApiKey.SaslAuthenticate:
            return login.authenticate(bytes(request.body.auth_bytes))
        if not login.granted:
            raise ProtocolError("the client did not log in; it has to use SASL with the mechanism PLAIN")
        if request.api_key == ApiKey.Produce:
            return self._produce(request, login.autofill)
        return self._answers[ApiKey(request.api_key)](request)

    def _metadata(self, request: Request) -> Any:
        topics = request.body.topics
        # The first version cannot say "no topics": there an empty list asks for all of them, as null does later.
        everything = topics is None or (request.version == 0 and not topics)
        wanted = self._topics.names() if everything else [topic.name for topic in topics]
        create = request.body.allow_auto_topic_creation
        return MetadataResponse(
            brokers=[self._node],
            cluster_id="keen-sandbox",
            controller_id=NODE_ID,
            topics=[self._topic(name, create=create) for name in wanted],
        )

    def _topic(self, name: str, *, create: bool) -> Any:
        try:
            self._topics.find(name, create=create)
        except BrokerResponseError as error:
            return _Topic(error_code=error.errno, name=name, partitions=[])
        partition = _Partition(
            error_code=NoError.errno,
            partition_index=PARTITION,
            leader_id=NODE_ID,
            leader_epoch=LEADER_EPOCH,
            replica_nodes=[NODE_ID],
            isr_nodes=[NODE_ID],
            offline_replicas=[],
        )
        return _Topic(error_code=NoError.errno, name=name, partitions=[partition])

    def _producer_id(self, request: Request) -> Any:
        if request.body.transactional_id is not None:
            refused = TransactionalIdAuthorizationFailedError.errno
            return InitProducerIdResponse(error_code=refused, producer_id=-1, producer_epoch=-1)
        given = next(self._producer_ids)
        return InitProducerIdResponse(error_code=NoError.errno, producer_id=given, producer_epoch=0)

    def _produce(self, request: Request, autofill: Mapping[str, Any]) -> Any:
        results = [
            _TopicResult(
                name=topic.name,
                partition_responses=[self._append(topic.name, sent, autofill) for sent in topic.partition_data],
            )
            for topic in request.body.topic_data
        ]
        if request.body.acks != 0:
            return ProduceResponse(responses=results)
        if any(partition.error_code for topic in results for partition in topic.partition_responses):
            raise ProtocolError("records were refused of a client that wants no acknowledgement")
        return None

    def _append(self, topic: str, sent: Any, autofill: Mapping[str, Any]) -> Any:
        try:
            if sent.index != PARTITION:
                raise UnknownTopicOrPartitionError
            partition = self._topics.find(topic)
            batch = read_batch(sent.records)
            place = partition.append(batch.stamp, len(batch.values))
        except BrokerResponseError as error:
            return _PartitionResult(index=sent.index, error_code=error.errno, base_offset=-1)
        if not place.repeated:
            accept = self._ingest.accept
            for value in batch.values:
                accept(topic, value, autofill)
        return _PartitionResult(
            index=sent.index, error_code=NoError.errno, base_offset=place.offset, log_start_offset=0
        )


def _api_versions(*, known: bool) -> Any:
    return ApiVersionsResponse(
        error_code=NoError.errno if known else UnsupportedVersionError.errno,
        api_keys=[
            ApiVersionsResponse.ApiVersion(api_key=key, min_version=spoken.oldest, max_version=spoken.newest)
            for key, spoken in SPOKEN.items()
        ],
    )
