"""What a client hears is what the script says, and the broker's work is done or left as the script says."""

from __future__ import annotations

import time
from typing import Any

import pytest
from kafka.protocol.metadata import ApiVersionsRequest, FindCoordinatorRequest, MetadataResponse
from kafka.protocol.producer import InitProducerIdRequest, ProduceResponse
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

from keen_sandbox.inbound.faults import Fault, Script
from keen_sandbox.inbound.wire import ProtocolError
from unit_tests.sandbox_connections import Connect, listening, metadata, produce
from unit_tests.sandbox_over_kafka import Accepted, Side, records

ONE = records(b"{}")


def ready(*faults: Fault) -> Side:
    side = Side(*faults)
    side.metadata("a", "b")
    return side


def test_without_faults_the_broker_answers() -> None:
    side = ready()
    assert side.produce_to("a", "b") == {"a": 0, "b": 0}
    assert side.accepted == [("a", b"{}"), ("b", b"{}")]
    assert side.ask(FindCoordinatorRequest(version=0, key="g"), 0).error_code == 30


def test_an_error_is_answered_for_its_topic_only_and_its_records_are_left() -> None:
    side = ready(Fault("produce", topic="a", error="NOT_ENOUGH_REPLICAS"))
    assert side.produce_to("a", "b") == {"a": 19, "b": 0}
    assert side.accepted == [("b", b"{}")]
    assert side.produce_to("a", "b") == {"a": 0, "b": 0}


def test_an_error_of_all_topics_may_come_after_the_records_were_taken() -> None:
    side = ready(Fault("produce", error="NOT_ENOUGH_REPLICAS_AFTER_APPEND", keep=True))
    assert side.produce_to("a", "b") == {"a": 20, "b": 20}
    assert side.accepted == [("a", b"{}"), ("b", b"{}")]


def test_the_text_beside_an_error_is_the_scripts() -> None:
    side = ready(Fault("produce", error="INVALID_RECORD", message="no cats"))
    result = side.produce("a", b"", index=3)
    assert (result.index, result.error_code, result.error_message, result.base_offset) == (3, 87, "no cats", -1)


@pytest.mark.parametrize(("keep", "taken"), [(None, [("a", b"{}")]), (False, [])])
def test_a_reply_that_is_dropped_leaves_the_client_waiting(keep: bool | None, taken: list[Any]) -> None:
    side = ready(Fault("produce", reply="none", keep=keep))
    assert side.produce("a", ONE) is None
    assert side.accepted == taken


@pytest.mark.parametrize(("keep", "taken"), [(None, [("a", b"{}")]), (False, [])])
def test_a_connection_is_closed_after_the_work_or_before_it(keep: bool | None, taken: list[Any]) -> None:
    side = ready(Fault("produce", reply="close", keep=keep))
    with pytest.raises(ProtocolError, match="fault 1 of the script"):
        side.produce("a", ONE)
    assert side.accepted == taken


def test_a_reply_is_delayed_after_the_work() -> None:
    side = ready(Fault("produce", delay=0.2))
    begun = time.monotonic()
    assert side.produce("a", ONE).error_code == 0
    assert time.monotonic() - begun >= 0.2


def test_a_client_that_wants_no_acknowledgement_loses_its_connection_by_an_error() -> None:
    side = ready(Fault("produce", error=19), Fault("produce", delay=0.01, times="all"))
    with pytest.raises(ProtocolError, match="no acknowledgement"):
        side.produce("a", ONE, acks=0)
    assert side.produce("a", ONE, acks=0) is None
    assert side.accepted == [("a", b"{}")]


def test_an_error_of_metadata_is_answered_for_its_topic_only() -> None:
    side = Side(Fault("metadata", topic="a", error="TOPIC_AUTHORIZATION_FAILED"))
    assert side.metadata("a", "b") == [("a", 29), ("b", 0)]
    assert side.metadata("a", "b") == [("a", 0), ("b", 0)]


def test_a_producer_id_may_be_refused() -> None:
    side = Side(Fault("init_producer_id", error="CLUSTER_AUTHORIZATION_FAILED"))
    answer = side.ask(InitProducerIdRequest(version=4, transactional_id=None), 4)
    assert (answer.error_code, answer.producer_id, answer.producer_epoch) == (31, -1, -1)
    assert side.ask(InitProducerIdRequest(version=4, transactional_id=None), 4).error_code == 0


def test_a_login_with_the_right_key_may_be_refused() -> None:
    side = Side(Fault("sasl_authenticate", error="SASL_AUTHENTICATION_FAILED", message="revoked"))
    side.log_out()
    assert side.ask(SaslHandshakeRequest(version=1, mechanism="PLAIN"), 1).error_code == 0
    answer = side.ask(SaslAuthenticateRequest(version=2, auth_bytes=b"\0p\0w"), 2)
    assert (answer.error_code, answer.error_message) == (58, "revoked")
    assert (side.login.granted, side.login.refused) == (False, True)


def test_a_handshake_may_be_refused() -> None:
    side = Side(Fault("sasl_handshake", error="UNSUPPORTED_SASL_MECHANISM"))
    side.log_out()
    assert side.ask(SaslHandshakeRequest(version=1, mechanism="PLAIN"), 1).error_code == 33


def test_the_first_request_of_a_connection_may_go_unanswered() -> None:
    assert Side(Fault("api_versions", reply="none")).ask(ApiVersionsRequest(version=3), 3) is None


def test_a_script_of_faults_is_played_to_all_clients_together() -> None:
    script = Script([Fault("produce", topic="orders", first=2, error="NOT_ENOUGH_REPLICAS")])

    async def scenario(connect: Connect, accepted: Accepted) -> None:
        for error in (0, 19, 0):
            client = await connect()
            await client.log_in()
            await client.ask(metadata("orders"), MetadataResponse)
            answer = await client.ask(produce("orders", b"{}", acks=-1), ProduceResponse)
            assert answer.responses[0].partition_responses[0].error_code == error
        assert accepted == [("orders", b"{}")] * 2

    listening(scenario, script)


def test_a_fault_that_closes_a_connection_leaves_the_others_alone() -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        steady, other = await connect(), await connect()
        await steady.log_in()
        await other.log_in()
        other.send(metadata("orders"))
        assert await other.is_closed()
        assert (await steady.ask(metadata(), MetadataResponse)).topics == []

    listening(scenario, Script([Fault("metadata", reply="close")]))


def test_a_script_may_advertise_another_address() -> None:
    async def scenario(connect: Connect, _accepted: Accepted) -> None:
        client = await connect()
        await client.log_in()
        answer = await client.ask(metadata(), MetadataResponse)
        assert [(node.host, node.port) for node in answer.brokers] == [("broker.example", 9092)]

    listening(scenario, Script(advertised=("broker.example", 9092)))
