"""The promises of the pump, with a producer that delivers when the test says so."""

import json
import logging
import time

import pytest

from destination_keen import catalog
from destination_keen.config import Limits
from destination_keen.errors import (
    InternalError,
    InterruptedRunError,
    MalformedInputError,
    PermissionDeniedError,
    UndeliverableError,
)
from destination_keen.interruption import Interruption
from destination_keen.producer.memory import MemoryProducer
from destination_keen.writer import Writer

QUICK = Limits(shutdown_grace=0.1)
IMPATIENT = Limits(patience=0.1, shutdown_grace=0.1)
SECRET = "the-content-of-a-record"


class Signalled(Interruption):
    """An interruption whose signal comes when the test says so."""

    def come(self):
        self._on_signal(15, None)


def record(stream="users", namespace=None, changes=None, **data):
    body = {"stream": stream, "namespace": namespace, "data": data or {"id": 1}, "emitted_at": 1_760_000_000_000}
    if changes is not None:
        body["meta"] = {"changes": changes}
    # Compact, as the platform writes it, so that its envelope is learned.
    return json.dumps({"type": "RECORD", "record": body}, separators=(",", ":")).encode()


def state(number, stream="users"):
    part = {"stream_descriptor": {"name": stream}, "stream_state": {"cursor": number}}
    return json.dumps({"type": "STATE", "state": {"type": "STREAM", "stream": part, "id": number}}).encode()


def streams(*names):
    configured = [{"stream": {"name": name, "json_schema": {}}, "destination_sync_mode": "append"} for name in names]
    return catalog.parse(json.dumps({"streams": configured}).encode(), infer_timestamp=True)


def writer(producer, limits=QUICK, interruption=None, names=("users", "orders")):
    return Writer(streams(*names), producer, limits, interruption or Interruption())


def ids(lines):
    return [json.loads(line)["state"]["id"] for line in lines]


def run(writer, *chunks):
    return [line for lines in writer.run(chunks) for line in lines]


def test_each_record_becomes_an_event_of_its_collection():
    producer = MemoryProducer()
    run(writer(producer), [record(id=1), record("orders", id=2)])
    assert [(name, json.loads(value)["id"]) for name, value in producer.events] == [("users", 1), ("orders", 2)]


def test_i1_no_early_release():
    producer = MemoryProducer(automatic=False)
    steps = writer(producer).run([[record(), state(1)], [record(), state(2)], []])
    assert next(steps) == []
    assert next(steps) == []
    producer.deliver(1)
    assert ids(next(steps)) == [1]
    producer.deliver(1)
    assert ids(line for lines in steps for line in lines) == [2]


def test_i1_a_later_delivery_does_not_release_an_earlier_state():
    producer = MemoryProducer(automatic=False)
    steps = writer(producer).run([[record(), state(1), record("orders"), state(2, "orders")], [], []])
    next(steps)
    producer.deliver(1, skip=1)
    assert next(steps) == []
    producer.deliver(1)
    assert ids(next(steps)) == [1, 2]


def test_i2_order():
    numbers = list(range(200))
    lines = [line for number in numbers for line in (record(), state(number))]
    assert ids(run(writer(MemoryProducer()), lines)) == numbers


def test_i2_a_state_is_equal_but_for_its_stats():
    came = b'{"type":"STATE","state":{"type":"GLOBAL","global_":{"shared_state":null},"id":7,"x":1.10},"log":null}'
    (left,) = run(writer(MemoryProducer()), [record(), came])
    assert left == came.replace(b"1.10}", b'1.10,"destinationStats":{"recordCount":1.0}}')


def test_i2_stats_count_the_records_since_the_previous_state_of_the_same_scope():
    lines = [record(), record("orders"), state(1), record(), record(), state(2), state(3, "orders")]
    left = run(writer(MemoryProducer()), lines)
    assert [json.loads(line)["state"]["destinationStats"]["recordCount"] for line in left] == [1.0, 2.0, 1.0]


def test_i2_a_global_state_accounts_for_all_streams():
    everything = b'{"type":"STATE","state":{"type":"GLOBAL","global":{"stream_states":[]}}}'
    left = run(writer(MemoryProducer()), [record(), record("orders"), everything, record(), everything])
    assert [json.loads(line)["state"]["destinationStats"]["recordCount"] for line in left] == [2.0, 1.0]


def test_i2_a_legacy_state_is_returned_too():
    left = run(writer(MemoryProducer()), [record(), b'{"type":"STATE","state":{"data":{"cursor":1}}}'])
    assert json.loads(left[0])["state"] == {"data": {"cursor": 1}, "destinationStats": {"recordCount": 1.0}}


def test_i2_the_state_of_a_stream_outside_the_catalog_is_returned():
    (left,) = run(writer(MemoryProducer()), [state(1, "elsewhere")])
    assert json.loads(left)["state"]["destinationStats"] == {"recordCount": 0.0}


def test_mended_values_are_counted_in_the_stats_of_the_state_that_closes_them():
    lines = [record(a=2**70, b="x" * 20_000, **{"c.d": 1}), state(1), record(a=1), state(2)]
    first, second = (json.loads(line)["state"]["destinationStats"] for line in run(writer(MemoryProducer()), lines))
    counts = {"nulledValueCount": 1, "truncatedValueCount": 1, "renamedValueCount": 1}
    assert first == {"recordCount": 1.0, "additionalStats": counts}
    assert second == {"recordCount": 1.0}


def test_what_the_source_noted_is_on_each_event_that_it_noted_it_for_and_on_no_other():
    note = {"field": "name", "change": "NULLED", "reason": "SOURCE_FIELD_SIZE_LIMITATION"}
    producer = MemoryProducer()
    run(writer(producer), [record(changes=changes) for changes in ([note], [note], [], [note], [])])
    noted = [json.loads(value).get("_airbyte_meta", {}).get("changes", []) for _, value in producer.events]
    assert noted == [[note], [note], [], [note], []]


def test_i3_no_silence_when_a_delivery_fails():
    producer = MemoryProducer(automatic=False)
    steps = writer(producer).run([[record(), state(1)], [record(), state(2)], []])
    next(steps), next(steps)
    producer.deliver(1)
    producer.fail(PermissionDeniedError("not allowed"))
    released = []
    with pytest.raises(PermissionDeniedError, match="not allowed"):
        for lines in steps:
            released += lines
    assert ids(released) == [1]


def test_i3_no_silence_when_nothing_is_delivered_at_the_end():
    with pytest.raises(UndeliverableError):
        run(writer(MemoryProducer(automatic=False), IMPATIENT), [record()])


def test_i3_a_record_of_an_unknown_stream_is_an_error():
    with pytest.raises(InternalError, match=r'"public\.users", which is not in the configured catalog'):
        run(writer(MemoryProducer()), [record("users", "public")])


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b'{"type":"RECORD"}',
        b'{"type":"RECORD","record":{"stream":"users","data":[],"emitted_at":1}}',
        b'{"type":"RECORD","record":{"stream":"users","data":{"a":"\xff"},"emitted_at":1}}',
        b'{"type":"RECORD","record":{"stream":"users","data":{},"emitted_at":',
        b'{"type":"STATE","state":null}',
    ],
)
def test_i3_a_malformed_line_is_an_error_that_names_its_place_and_length(line):
    with pytest.raises(MalformedInputError, match=rf"^Line 3 of the input \({len(line)} bytes\)"):
        run(writer(MemoryProducer()), [record(), b"", line])


def test_i3_what_came_before_a_malformed_line_is_delivered_and_its_states_leave():
    producer = MemoryProducer()
    released = []
    with pytest.raises(MalformedInputError):
        for lines in writer(producer).run([[record(), state(1), record(), b"garbage"]]):
            released += lines
    assert ids(released) == [1]
    assert len(producer.events) == 2


def test_i4_completion_waits_for_the_records_after_the_last_state():
    producer = MemoryProducer(automatic=False)
    steps = writer(producer).run([[record()]])
    next(steps)
    next(steps)
    producer.deliver(1)
    assert run_out(steps) == []


def run_out(steps):
    return [line for lines in steps for line in lines]


def test_i5_bounded_memory_nothing_is_read_while_the_producer_is_full():
    producer = MemoryProducer(automatic=False, capacity=3)
    read = []

    def chunks():
        for number in range(10):
            read.append(number)
            yield [record()]

    steps = writer(producer).run(chunks())
    for _ in range(20):
        next(steps)
    assert read == [0, 1, 2, 3]
    producer.deliver(1)
    for _ in range(20):
        next(steps)
    assert read == [0, 1, 2, 3, 4]


def test_i5_bounded_memory_nothing_is_read_while_too_many_states_wait():
    producer = MemoryProducer(automatic=False)
    steps = writer(producer, Limits(waiting_states=5)).run(iter([[record(), *map(state, range(6))], [record()]]))
    for _ in range(20):
        assert next(steps) == []
    assert producer.in_flight == 1
    producer.deliver(1)
    assert ids(next(steps)) == [0, 1, 2, 3, 4, 5]


def test_i6_bounded_time_a_stalled_producer_is_an_error():
    with pytest.raises(UndeliverableError):
        run(writer(MemoryProducer(capacity=0), IMPATIENT), [record()])


def test_i6_patience_is_renewed_by_each_delivery():
    producer = MemoryProducer(automatic=False)
    steps = writer(producer, IMPATIENT).run([[record()] * 20])
    next(steps)
    for _ in range(20):
        time.sleep(0.02)
        next(steps)
        producer.deliver(1)
    assert run_out(steps) == []


def test_i6_patience_does_not_run_out_while_a_full_producer_delivers():
    producer = MemoryProducer(automatic=False, capacity=5)
    steps = writer(producer, IMPATIENT).run([[record()] * 25])
    for _ in range(20):
        next(steps)
        assert producer.in_flight == 5
        time.sleep(0.02)
        producer.deliver(1)
    next(steps)
    producer.deliver(5)
    assert run_out(steps) == []


def test_i6_patience_does_not_run_out_while_the_source_is_silent():
    producer = MemoryProducer(automatic=False)

    def chunks():
        for _ in range(30):
            time.sleep(0.01)
            yield []
        yield [record()]

    steps = writer(producer, IMPATIENT).run(chunks())
    while not producer.in_flight:
        next(steps)
    next(steps)
    producer.deliver(1)
    assert run_out(steps) == []


def test_i7_progress_a_settled_state_leaves_while_the_source_is_silent():
    producer = MemoryProducer(automatic=False)
    steps = writer(producer).run([[record(), state(1)], [], [], []])
    assert [next(steps), next(steps)] == [[], []]
    producer.deliver(1)
    assert ids(next(steps)) == [1]


def test_i8_discretion(caplog):
    caplog.set_level(logging.DEBUG)
    for line in (
        record(text=SECRET)[:-3],
        record("elsewhere", text=SECRET),
        b'{"type":"RECORD","record":{"stream":"users","data":"%b","emitted_at":1}}' % SECRET.encode(),
    ):
        with pytest.raises(InternalError) as failure:
            run(writer(MemoryProducer()), [record(text=SECRET), line])
        assert SECRET not in failure.value.message + failure.value.internal_message
    assert SECRET not in caplog.text


def test_i8_an_unforeseen_failure_says_where_but_not_what():
    class Broken(MemoryProducer):
        def sender(self, collection, tally):
            raise RuntimeError(SECRET)

    with pytest.raises(InternalError) as failure:
        run(writer(Broken()), [record()])
    assert "RuntimeError at:" in failure.value.internal_message
    assert "test_writer.py" in failure.value.internal_message
    assert SECRET not in failure.value.message + failure.value.internal_message


def test_a_signal_ends_the_run_after_what_is_in_flight():
    producer, interruption = MemoryProducer(automatic=False), Signalled()
    steps = writer(producer, interruption=interruption).run([[record(), state(1)], [record(), state(2)]])
    next(steps)
    interruption.come()
    producer.deliver(1)
    with pytest.raises(InterruptedRunError, match="SIGTERM") as failure:
        for lines in steps:
            assert ids(lines) in ([], [1])
    assert failure.value.exit_code == 143


def test_a_signal_is_noticed_while_the_producer_is_full():
    producer, interruption = MemoryProducer(automatic=False, capacity=0), Signalled()
    steps = writer(producer, QUICK, interruption).run([[record()]])
    next(steps)
    interruption.come()
    with pytest.raises(InterruptedRunError):
        run_out(steps)


def test_the_end_of_a_run_is_summed_up(caplog):
    caplog.set_level(logging.INFO)
    complete = {
        "type": "STREAM_STATUS",
        "stream_status": {"stream_descriptor": {"name": "users"}, "status": "COMPLETE"},
    }
    lines = [record(), state(1), json.dumps({"type": "TRACE", "trace": complete}).encode()]
    run(writer(MemoryProducer()), lines)
    logged = [entry.getMessage().split() for entry in caplog.records]
    assert ["users", "1", "1", "0", "0", "1", "complete"] in logged
    assert "1 of 1 records delivered and 1 of 1 states returned" in caplog.text
