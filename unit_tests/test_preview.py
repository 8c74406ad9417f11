"""A preview goes the way of a sync: what is counted and shown here is what `write` would send."""

import json

import pytest

from destination_keen import catalog
from destination_keen.config import Config, Limits
from destination_keen.errors import ConfigError, InternalError, InterruptedRunError, MalformedInputError
from destination_keen.interruption import Interruption
from destination_keen.preview import preview
from destination_keen.producer.memory import MemoryProducer
from destination_keen.writer import Writer

ACCOUNT = {"project_id": "p1", "api_key": "k1"}
EMITTED_AT = 1_760_000_000_000
SCHEMA = {"properties": {"at": {"type": "string", "format": "date-time"}}}


def stream(name="users", **configured):
    return {"stream": {"name": name, "json_schema": SCHEMA}, "destination_sync_mode": "append", **configured}


def record(stream="users", **data):
    return json.dumps({"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": EMITTED_AT}}).encode()


def previewed(*lines, streams=None, interruption=None, **settings):
    streams = json.dumps({"streams": streams or [stream()]}).encode()
    config = Config.parse({**ACCOUNT, **settings})
    return preview(config, streams, [list(lines)], Limits(), interruption or Interruption())


def only(result):
    (one,) = result.streams
    return one


def example(result):
    return json.loads(bytes(only(result).example))


def test_it_tells_where_the_records_go_and_what_gives_them_their_time() -> None:
    result = previewed(record(at="2026-05-01T10:00:00Z"), streams=[stream("Página vistas"), stream()])
    assert [each.collection for each in result.streams] == ["Pagina_vistas", "users"]
    assert [each.timestamp for each in result.streams] == ["at", "at"]
    assert [each.records for each in result.streams] == [0, 1]
    assert result.failure is None


def test_the_example_is_the_event_that_a_sync_would_send() -> None:
    line = record(id=1, at="2026-05-01T12:00:00+02:00", price=1.10)
    producer = MemoryProducer()
    streams = json.dumps({"streams": [stream(generation_id=3, minimum_generation_id=0, sync_id=8)]}).encode()
    list(Writer(catalog.parse(streams, infer_timestamp=True), producer, Limits(), Interruption()).run([[line]]))
    result = previewed(line, streams=[stream(generation_id=3, minimum_generation_id=0, sync_id=8)])
    assert [("users", bytes(only(result).example))] == producer.events


def test_a_stream_without_ids_gets_one_of_the_sync_as_in_a_sync() -> None:
    assert example(previewed(record(id=1)))["_airbyte_meta"]["sync_id"] > EMITTED_AT


def test_a_stream_without_records_has_no_example() -> None:
    assert only(previewed()).example is None


def test_the_settings_count() -> None:
    line = record(at="2026-05-01T10:00:00Z")
    assert only(previewed(line, infer_timestamp=False)).timestamp == "emitted_at"
    assert example(previewed(line, infer_timestamp=False))["keen"] == {"timestamp": "2025-10-09T08:53:20.000Z"}


@pytest.mark.parametrize("settings", [{"deduplicate": True}, {"delivery": {"method": "http"}}], ids=str)
def test_events_that_would_carry_a_uniqueness_token_do(settings) -> None:
    with_key = [stream(primary_key=[["id"]])]
    assert len(example(previewed(record(id=1), streams=with_key, **settings))["keen"]["uniqueness_token"]) == 64
    assert "uniqueness_token" not in example(previewed(record(id=1), streams=with_key))["keen"]


def test_records_without_a_readable_time_are_counted() -> None:
    result = previewed(record(at="2026-05-01T10:00:00Z"), record(at="soon"), record(id=3))
    assert (only(result).records, only(result).timed_by_emitted_at) == (3, 2)


def test_what_would_be_mended_is_counted_by_field() -> None:
    lines = [record(id=i, bio="x" * 10_000) for i in range(3)] + [record(**{"a.b": 1, "bio": "short"}), record(id=5)]
    result = only(previewed(*lines))
    assert result.mended == 4
    assert [(each.field, each.change, each.reason, each.records) for each in result.changes] == [
        ("bio", "TRUNCATED", "DESTINATION_FIELD_SIZE_LIMITATION", 3),
        ("a.b", "RENAMED", "DESTINATION_SERIALIZATION_ERROR", 1),
    ]


def test_what_the_source_changed_is_not_counted_as_a_mend() -> None:
    reported = [{"field": "note", "change": "NULLED", "reason": "SOURCE_FIELD_SIZE_LIMITATION"}]
    message = json.loads(record(**{"a.b": 1}))
    message["record"]["meta"] = {"changes": reported}
    result = only(previewed(json.dumps(message).encode()))
    assert [each.field for each in result.changes] == ["a.b"]


def test_a_mended_event_is_the_better_example() -> None:
    result = previewed(record(id=1), record(**{"a.b": 2}), record(**{"a.b": 3}))
    assert example(result)["a_b"] == 2


def test_a_large_event_is_counted_and_not_kept() -> None:
    large = {f"field{i}": "x" * 9_999 for i in range(8)}
    result = only(previewed(record(**large)))
    assert (result.records, result.example) == (1, None)
    assert example(previewed(record(**large, **{"a.b": 1}), record(**{"a.b": 2})))["a_b"] == 2


def test_different_changes_are_bounded_and_the_number_of_mended_records_is_not() -> None:
    result = only(previewed(*(record(**{f"a.{i}": i}) for i in range(150)), record(**{"a.1": 1})))
    assert (len(result.changes), result.mended) == (100, 151)
    assert (result.changes[0].field, result.changes[0].records) == ("a.1", 2)


def test_what_would_replace_older_events_says_so() -> None:
    assert only(previewed(streams=[stream(generation_id=2, minimum_generation_id=2, sync_id=9)])).replaces is True
    assert only(previewed(streams=[stream(generation_id=2, minimum_generation_id=0, sync_id=9)])).replaces is False


def test_what_came_before_a_wrong_line_is_shown_with_the_failure() -> None:
    result = previewed(record(id=1), b'{"type": "RECORD"}', record(id=3))
    assert only(result).records == 1
    assert isinstance(result.failure, MalformedInputError)
    assert "Line 2 of the input" in result.failure.message


def test_a_record_of_an_unknown_stream_is_a_failure() -> None:
    failure = previewed(record("orders", id=1)).failure
    assert isinstance(failure, InternalError)
    assert 'the stream "orders"' in failure.message


def test_a_catalog_that_a_sync_refuses_is_refused() -> None:
    with pytest.raises(ConfigError, match='both become the Keen collection "users"'):
        previewed(streams=[stream(), stream("users!")])


def test_a_signal_ends_it_and_what_was_read_is_shown() -> None:
    class Signalled(Interruption):
        def check(self) -> None:
            raise InterruptedRunError(2, "SIGINT")

    result = previewed(record(id=1), interruption=Signalled())
    assert only(result).records == 1
    assert result.failure is not None
    assert result.failure.exit_code == 130


def test_the_json_holds_the_example_as_it_would_be_sent() -> None:
    result = previewed(record(id=1, price=1.10, at="2026-05-01T10:00:00Z"), streams=[stream(sync_id=8)])
    (shown,) = json.loads(result.json())["streams"]
    assert shown == {
        "stream": "users",
        "namespace": None,
        "collection": "users",
        "replaces": False,
        "timestamp": "at",
        "records": 1,
        "timed_by_emitted_at": 0,
        "mended": 0,
        "changes": [],
        "example": {
            "id": 1,
            "price": 1.1,
            "at": "2026-05-01T10:00:00Z",
            "keen": {"timestamp": "2026-05-01T10:00:00.000Z"},
            "_airbyte_extracted_at": EMITTED_AT,
            "_airbyte_meta": {"sync_id": 8},
        },
    }
