"""Requests are answered as one broker of an inbound cluster would answer them."""

from __future__ import annotations

from typing import Any

import pytest
from kafka.protocol.consumer import FetchRequest
from kafka.protocol.metadata import ApiVersionsRequest, MetadataRequest
from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest

from keen_sandbox.inbound.wire import ProtocolError
from unit_tests.sandbox_over_kafka import Side, records


def test_values_are_accepted_in_order_and_acknowledged_with_their_offsets() -> None:
    side = Side()
    side.metadata("a", "b")
    assert side.produce("a", records(b"1", b"2")).base_offset == 0
    assert side.produce("b", records(b"not even JSON")).base_offset == 0
    assert side.produce("a", records(b"3")).base_offset == 2
    assert side.accepted == [("a", b"1"), ("a", b"2"), ("b", b"not even JSON"), ("a", b"3")]


def test_what_the_clients_key_adds_goes_with_every_value() -> None:
    side = Side()
    side.login.autofill = {"tenant": 7}
    side.metadata("a")
    side.produce("a", records(b"1", b"2"))
    assert side.accepted.autofills == [{"tenant": 7}, {"tenant": 7}]


def test_a_repeat_is_acknowledged_with_its_old_offset_and_not_accepted_again() -> None:
    side = Side()
    side.metadata("a")
    for _ in range(2):
        answer = side.produce("a", records(b"1", producer_id=7, producer_epoch=0, base_sequence=0))
        assert (answer.error_code, answer.base_offset) == (0, 0)
    assert side.accepted == [("a", b"1")]


@pytest.mark.parametrize(("epoch", "sequence", "error"), [(1, 2, 45), (1, 0, 45), (2, 1, 45), (0, 0, 47), (0, 1, 47)])
def test_a_batch_out_of_its_order_is_refused(epoch: int, sequence: int, error: int) -> None:
    side = Side()
    side.metadata("a")
    side.produce("a", records(b"1", producer_id=7, producer_epoch=1, base_sequence=0))
    answer = side.produce("a", records(b"2", b"3", producer_id=7, producer_epoch=epoch, base_sequence=sequence))
    assert (answer.error_code, answer.base_offset) == (error, -1)
    assert side.accepted == [("a", b"1")]


def test_a_batch_with_a_wrong_checksum_leaves_its_sequence_free_for_the_retry() -> None:
    side = Side()
    side.metadata("a")
    sent = records(b"1", producer_id=7, producer_epoch=0, base_sequence=0)
    assert side.produce("a", sent[:-1] + b"x").error_code == 2
    assert side.produce("a", sent).error_code == 0
    assert side.accepted == [("a", b"1")]


def test_records_for_no_topic_or_another_partition_are_refused() -> None:
    side = Side()
    side.metadata("a")
    assert side.produce("b", records(b"1")).error_code == 3
    assert side.produce("a", records(b"1"), index=1).error_code == 3
    assert side.accepted == []


def test_records_without_acknowledgement_are_taken_in_silence_or_end_the_connection() -> None:
    side = Side()
    side.metadata("a")
    assert side.produce("a", records(b"1"), acks=0) is None
    assert side.accepted == [("a", b"1")]
    with pytest.raises(ProtocolError):
        side.produce("b", records(b"1"), acks=0)


def test_a_topic_is_created_only_where_the_client_allows_it() -> None:
    side = Side()
    assert side.metadata("a", create=False) == [("a", 3)]
    assert side.metadata("a", "no/name") == [("a", 0), ("no/name", 17)]
    assert side.metadata("a", create=False) == [("a", 0)]


def test_metadata_names_this_broker_as_leader_of_one_partition() -> None:
    answer = Side().ask(MetadataRequest(version=8, topics=[MetadataRequest.MetadataRequestTopic(name="a")]), 8)
    assert [(node.node_id, node.host, node.port) for node in answer.brokers] == [(1, "localhost", 9092)]
    (partition,) = answer.topics[0].partitions
    assert (partition.partition_index, partition.leader_id, partition.isr_nodes) == (0, 1, [1])


@pytest.mark.parametrize(("version", "topics"), [(0, []), (1, None), (8, None)])
def test_a_client_that_names_no_topic_is_told_all(version: int, topics: list[str] | None) -> None:
    side = Side()
    side.metadata("b", "a")
    answer = side.ask(MetadataRequest(version=version, topics=topics), version)
    assert [topic.name for topic in answer.topics] == ["b", "a"]


def test_a_client_that_wants_no_topic_is_told_none() -> None:
    side = Side()
    side.metadata("a")
    assert side.ask(MetadataRequest(version=1, topics=[]), 1).topics == []


def test_producer_ids_differ_and_begin_at_epoch_zero() -> None:
    side = Side()
    answers = [side.ask(InitProducerIdRequest(version=4, transactional_id=None), 4) for _ in range(3)]
    assert [(one.error_code, one.producer_epoch) for one in answers] == [(0, 0)] * 3
    assert len({one.producer_id for one in answers}) == 3


def test_transactions_are_refused() -> None:
    answer = Side().ask(InitProducerIdRequest(version=4, transactional_id="t"), 4)
    assert (answer.error_code, answer.producer_id) == (53, -1)


def test_api_versions_advertises_what_is_spoken() -> None:
    answer = Side().ask(ApiVersionsRequest(version=3), 3)
    assert answer.error_code == 0
    assert {kind.api_key: (kind.min_version, kind.max_version) for kind in answer.api_keys} == {
        0: (0, 9),
        1: (4, 10),
        3: (0, 8),
        10: (0, 0),
        17: (0, 1),
        18: (0, 4),
        22: (0, 4),
        36: (0, 2),
    }


@pytest.mark.parametrize("body", [MetadataRequest, InitProducerIdRequest, ProduceRequest, FetchRequest])
def test_nothing_is_answered_before_the_login(body: Any) -> None:
    side = Side()
    side.log_out()
    with pytest.raises(ProtocolError, match="did not log in"):
        side.ask(body(version=4), 4)
