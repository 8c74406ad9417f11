"""A fault hits the requests that its entry names, and no others."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keen_sandbox.inbound.faults import Fault, Script, Strike


def script(*entries: dict[str, Any]) -> Script:
    return Script([msgspec.convert(entry, Fault) for entry in entries])


def hits(played: Script, *requests: tuple[str, list[str]]) -> list[list[int]]:
    return [played.strike(*request).numbers for request in requests]


def strike(*entries: dict[str, Any], topic: str = "a") -> Strike:
    return script(*entries).strike("produce", [topic, "other"])


def test_without_faults_no_request_is_hit() -> None:
    assert hits(Script(), ("produce", ["a"]), ("metadata", [])) == [[], []]


def test_a_fault_hits_as_many_requests_as_it_says_from_the_first_that_it_says() -> None:
    played = script({"request": "produce", "from": 2, "times": 2, "error": 19})
    assert hits(played, *[("produce", ["a"])] * 5) == [[], [1], [1], [], []]


def test_a_fault_hits_one_request_and_the_first_unless_it_says_otherwise() -> None:
    assert hits(script({"request": "produce", "reply": "close"}), *[("produce", ["a"])] * 3) == [[1], [], []]


def test_a_fault_may_hit_all_requests_from_one_on() -> None:
    played = script({"request": "sasl_authenticate", "from": 3, "times": "all", "error": 58})
    assert hits(played, *[("sasl_authenticate", [])] * 5) == [[], [], [1], [1], [1]]


def test_requests_of_other_kinds_are_not_counted() -> None:
    played = script({"request": "produce", "from": 2, "delay": 1})
    assert hits(played, ("produce", ["a"]), ("metadata", ["a"]), ("produce", ["a"])) == [[], [], [1]]


def test_a_fault_of_a_topic_counts_the_requests_that_name_it() -> None:
    played = script({"request": "produce", "topic": "a", "from": 2, "error": 19})
    assert hits(played, ("produce", ["a"]), ("produce", ["b"]), ("produce", ["b", "a"])) == [[], [], [1]]


def test_an_error_of_metadata_waits_for_a_request_that_names_a_topic() -> None:
    played = script({"request": "metadata", "error": 5}, {"request": "metadata", "delay": 1})
    assert hits(played, ("metadata", []), ("metadata", ["a"])) == [[2], [1]]


def test_a_fault_may_begin_to_count_after_so_many_produce_requests() -> None:
    played = script({"request": "sasl_authenticate", "after_produce": 2, "error": 58})
    login, produce = ("sasl_authenticate", []), ("produce", ["a"])
    assert hits(played, login, produce, login, produce, login, login) == [[], [], [], [], [1], []]


def test_each_fault_counts_for_itself() -> None:
    played = script({"request": "produce", "times": "all", "delay": 1}, {"request": "produce", "from": 2, "error": 19})
    assert hits(played, *[("produce", ["a"])] * 3) == [[1], [1, 2], [1]]


@given(first=st.integers(1, 20), times=st.integers(1, 20), count=st.integers(0, 50))
def test_a_fault_hits_a_run_of_the_requests_that_it_counts(first: int, times: int, count: int) -> None:
    played = script({"request": "produce", "from": first, "times": times, "error": 19})
    hit = [n for n in range(1, count + 1) if played.strike("produce", ["a"]).numbers]
    assert hit == [n for n in range(first, first + times) if n <= count]


def test_delays_add_up_and_the_first_reply_and_error_count() -> None:
    met = strike(
        {"request": "produce", "delay": 1, "error": 19},
        {"request": "produce", "delay": 0.5, "error": 20},
        {"request": "produce", "reply": "none"},
        {"request": "produce", "reply": "close"},
    )
    assert (met.delay, met.reply, met.numbers) == (1.5, "none", [1, 2, 3, 4])
    assert met.error("a") == Fault("produce", delay=1, error=19)


def test_an_error_of_a_topic_is_for_no_other() -> None:
    met = strike({"request": "produce", "topic": "a", "error": 19})
    assert met.error("a") is not None
    assert met.error("other") is None
    assert (met.keeps("a"), met.keeps("other")) == (False, True)


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ({"error": 19}, False),
        ({"error": 20, "keep": True}, True),
        ({"reply": "close"}, True),
        ({"reply": "close", "keep": False}, False),
        ({"reply": "none", "keep": False, "topic": "other"}, False),
        ({"delay": 1}, True),
    ],
)
def test_records_are_kept_unless_an_error_is_answered_or_the_entry_says_so(entry: dict[str, Any], kept: bool) -> None:
    assert strike({"request": "produce", **entry}).keeps("a") is kept


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("NOT_ENOUGH_REPLICAS", 19),
        ("NOT_LEADER_OR_FOLLOWER", 6),
        ("NOT_LEADER_FOR_PARTITION", 6),
        ("MESSAGE_TOO_LARGE", 10),
        ("INVALID_TOPIC_EXCEPTION", 17),
        ("UNKNOWN_SERVER_ERROR", -1),
        (90, 90),
        (-1, -1),
    ],
)
def test_an_error_goes_by_kafkas_name_or_its_number(name: str | int, number: int) -> None:
    assert Fault("produce", error=name).code == number


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"request": "produce"}, "it does nothing"),
        ({"request": "produce", "keep": True}, "it does nothing"),
        ({"request": "produce", "error": "NOT_ENOUGH"}, "Kafka has no error of the name NOT_ENOUGH"),
        ({"request": "produce", "error": 0}, "error 0 means that there is none"),
        ({"request": "produce", "error": "NO_ERROR"}, "error 0 means that there is none"),
        ({"request": "produce", "error": 19, "reply": "close"}, "the reply cannot be none or close"),
        ({"request": "produce", "delay": 1, "keep": False}, "records that are not kept need an error"),
        ({"request": "metadata", "error": 5, "keep": True}, "keep is for produce requests"),
        ({"request": "init_producer_id", "error": 31, "topic": "a"}, "init_producer_id requests name no topic"),
        ({"request": "api_versions", "error": 35}, "answered without errors"),
        ({"request": "fetch", "delay": 1}, "Invalid enum value 'fetch'"),
        ({"request": "produce", "delay": -1}, "Expected `float` >= 0"),
        ({"request": "produce", "delay": 1, "from": 0}, "Expected `int` >= 1"),
        ({"request": "produce", "delay": 1, "times": 0}, "Expected `int` >= 1"),
        ({"request": "produce", "delay": 1, "every": 2}, "unknown field `every`"),
        ({"delay": 1}, "missing required field `request`"),
    ],
)
def test_an_entry_that_cannot_be_played_is_refused(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert(entry, Fault)
