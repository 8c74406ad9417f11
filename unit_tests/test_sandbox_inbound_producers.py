"""A batch gets its place once, however often and in whatever order its producer sends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import InvalidProducerEpochError, OutOfOrderSequenceNumberError

from keen_sandbox.inbound.producers import LAST_SEQUENCE, Appended, Partition, Stamp


def test_batches_of_a_client_that_is_not_idempotent_follow_each_other() -> None:
    partition = Partition()
    assert partition.append(None, 3) == Appended(0, repeated=False)
    assert partition.append(None, 3) == Appended(3, repeated=False)


def test_a_repeat_gets_the_place_it_had() -> None:
    partition = Partition()
    partition.append(None, 10)
    first = partition.append(Stamp(7, 0, 0), 2)
    partition.append(Stamp(7, 0, 2), 1)
    assert first == Appended(10, repeated=False)
    assert partition.append(Stamp(7, 0, 0), 2) == Appended(10, repeated=True)
    assert partition.next_offset == 13


def test_the_fifth_last_batch_is_remembered_and_the_sixth_is_not() -> None:
    partition = Partition()
    for sequence in range(6):
        partition.append(Stamp(7, 0, sequence), 1)
    assert partition.append(Stamp(7, 0, 1), 1) == Appended(1, repeated=True)
    with pytest.raises(OutOfOrderSequenceNumberError):
        partition.append(Stamp(7, 0, 0), 1)


def test_a_gap_is_refused_and_leaves_no_trace() -> None:
    partition = Partition()
    partition.append(Stamp(7, 0, 0), 2)
    with pytest.raises(OutOfOrderSequenceNumberError):
        partition.append(Stamp(7, 0, 3), 1)
    assert partition.append(Stamp(7, 0, 2), 2) == Appended(2, repeated=False)


def test_a_batch_that_only_overlaps_an_earlier_one_is_refused() -> None:
    partition = Partition()
    partition.append(Stamp(7, 0, 0), 3)
    with pytest.raises(OutOfOrderSequenceNumberError):
        partition.append(Stamp(7, 0, 0), 2)


def test_a_new_epoch_begins_at_sequence_zero_and_ends_the_one_before() -> None:
    partition = Partition()
    partition.append(Stamp(7, 0, 0), 5)
    with pytest.raises(OutOfOrderSequenceNumberError):
        partition.append(Stamp(7, 1, 5), 1)
    assert partition.append(Stamp(7, 1, 0), 1) == Appended(5, repeated=False)
    with pytest.raises(InvalidProducerEpochError):
        partition.append(Stamp(7, 0, 5), 1)


def test_a_producer_that_was_forgotten_may_go_on_where_it_was() -> None:
    partition = Partition()
    assert partition.append(Stamp(7, 3, 4711), 1) == Appended(0, repeated=False)


def test_producers_are_told_apart() -> None:
    partition = Partition()
    partition.append(Stamp(1, 0, 0), 1)
    assert partition.append(Stamp(2, 0, 0), 1) == Appended(1, repeated=False)


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12),
    attempts=st.lists(st.integers(0, 11), max_size=60),
    start=st.sampled_from([0, 17, LAST_SEQUENCE - 9]),
)
def test_any_interleaving_of_retries_stores_each_batch_once(sizes: list[int], attempts: list[int], start: int) -> None:
    partition = Partition()
    stored = 0
    for attempt in [0, *(one % len(sizes) for one in attempts), *range(len(sizes))]:
        stamp = Stamp(7, 0, (start + sum(sizes[:attempt])) % 2**31)
        if attempt == stored:
            assert partition.append(stamp, sizes[attempt]) == Appended(sum(sizes[:attempt]), repeated=False)
            stored += 1
        elif stored - 5 <= attempt < stored:
            assert partition.append(stamp, sizes[attempt]) == Appended(sum(sizes[:attempt]), repeated=True)
        else:
            with pytest.raises(OutOfOrderSequenceNumberError):
                partition.append(stamp, sizes[attempt])
    assert (stored, partition.next_offset) == (len(sizes), sum(sizes))
