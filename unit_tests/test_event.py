import json
from datetime import datetime, timezone
from typing import Any

import msgspec
import pytest

from destination_keen.event import Counts, Encoder
from destination_keen.protocol import Record, decode
from destination_keen.timestamp import BY_EMISSION, TimestampRule
from destination_keen.uniqueness import by_content
from keen_sandbox.rules import Event, examine

EMITTED_AT = 1_700_000_000_123
ADDITIONS = b'"keen":{"timestamp":"2023-11-14T22:13:20.123Z"},"_airbyte_extracted_at":1700000000123'
CREATED = TimestampRule(("created",), numeric=True)
NOW = datetime(2024, 5, 6, tzinfo=timezone.utc)


def _line(data: bytes, rest: bytes = b"") -> bytes:
    return b'{"type":"RECORD","record":{"stream":"s","data":%b,"emitted_at":%d%b}}' % (data, EMITTED_AT, rest)


def _record(data: bytes, rest: bytes = b"") -> Record:
    record = decode(_line(data, rest))
    assert isinstance(record, Record)
    return record


def _event(data: bytes, rest: bytes = b"", encoder: Encoder | None = None) -> dict[str, Any]:
    value = (encoder or Encoder(BY_EMISSION)).encode(_record(data, rest))
    assert isinstance(examine("c", value, NOW), Event)
    event: dict[str, Any] = json.loads(value)
    return event


def _changes(event: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["field"], each["change"], each["reason"]) for each in event["_airbyte_meta"]["changes"]]


def test_an_event_is_the_json_of_the_record_with_keens_and_airbytes_fields_at_its_end() -> None:
    data = '{ "b":1.10,"a" : [ 1e2, {"é":"\\u00e9 é"} ], "a2":null,"c":12345678901234567890.5 }'.encode()
    value = Encoder(BY_EMISSION).encode(_record(b"  " + data + b" "))
    assert value == data[:-1] + b"," + ADDITIONS + b"}"


@pytest.mark.parametrize("data", [b"{}", b"{ }", b"{\t}"])
def test_an_empty_record_is_an_event_of_its_own(data: bytes) -> None:
    assert Encoder(BY_EMISSION).encode(_record(data)) == b"{" + ADDITIONS + b"}"


def test_generation_and_sync_are_on_every_event() -> None:
    encoder = Encoder(BY_EMISSION, generation_id=3, sync_id=815)
    tail = b',"_airbyte_generation_id":3,"_airbyte_meta":{"sync_id":815}}'
    assert encoder.encode(_record(b'{"a":1}')) == b'{"a":1,' + ADDITIONS + tail
    assert _event(b'{"a.b":1}', encoder=encoder) == {
        "a_b": 1,
        "keen": {"timestamp": "2023-11-14T22:13:20.123Z"},
        "_airbyte_extracted_at": EMITTED_AT,
        "_airbyte_generation_id": 3,
        "_airbyte_meta": {
            "sync_id": 815,
            "changes": [{"field": "a.b", "change": "RENAMED", "reason": "DESTINATION_SERIALIZATION_ERROR"}],
        },
    }


@pytest.mark.parametrize("data", [b'{"a":1}', b"{}", b'{"a.b":1}', b'{"a":NaN}'])
def test_a_token_is_beside_the_time(data: bytes) -> None:
    event = _event(data, encoder=Encoder(BY_EMISSION, token=lambda _: "t0ken"))
    assert event["keen"] == {"timestamp": "2023-11-14T22:13:20.123Z", "uniqueness_token": "t0ken"}


@pytest.mark.parametrize("data", [b'{"a":1}', b'{"a.b":1}', b'{"a":NaN}', b'{"a":"%b"}' % (b"x" * 20_000)])
def test_a_record_that_is_read_again_has_the_token_it_had(data: bytes) -> None:
    tokens = set()
    for emitted_at, generation in ((EMITTED_AT, 1), (EMITTED_AT + 1, 1), (EMITTED_AT, 2)):
        record = decode(_line(data).replace(b"%d" % EMITTED_AT, b"%d" % emitted_at))
        assert isinstance(record, Record)
        event = json.loads(Encoder(BY_EMISSION, generation_id=generation, token=by_content(generation)).encode(record))
        tokens.add((generation, event["keen"]["uniqueness_token"]))
    assert len(tokens) == 2


def test_the_time_of_an_event_is_read_where_the_rule_says() -> None:
    encoder = Encoder(CREATED)
    assert _event(b'{"created":"2024-01-31"}', encoder=encoder)["keen"] == {"timestamp": "2024-01-31T00:00:00.000Z"}
    assert _event(b'{"created":1700000000}', encoder=encoder)["keen"] == {"timestamp": "2023-11-14T22:13:20.000Z"}
    assert (
        _event(b'{"created":1700000000.5,"a":NaN}', encoder=encoder)["keen"]["timestamp"] == "2023-11-14T22:13:20.500Z"
    )
    assert encoder.counts == Counts(mended=1, nulled=1)


def test_a_time_at_a_name_that_has_to_change_is_read_where_the_source_put_it() -> None:
    encoder = Encoder(TimestampRule(("keen", "created.at"), numeric=True))
    event = _event(b'{"keen":{"created.at":"2024-01-31"}}', encoder=encoder)
    assert event["keen"] == {"timestamp": "2024-01-31T00:00:00.000Z"}
    assert event["keen_"] == {"created_at": "2024-01-31"}
    assert encoder.counts.fallbacks == 0


def test_a_record_without_a_readable_time_gets_the_time_of_reading_and_is_counted() -> None:
    encoder = Encoder(CREATED)
    for data in (b'{"created":null}', b"{}", b'{"created":"soon"}', b'{"created":NaN}'):
        assert _event(data, encoder=encoder)["keen"] == {"timestamp": "2023-11-14T22:13:20.123Z"}
    assert encoder.counts.fallbacks == 4


def test_a_stream_that_is_timed_by_reading_never_falls_back() -> None:
    encoder = Encoder(BY_EMISSION)
    _event(b'{"a":1,"b":NaN}', encoder=encoder)
    assert encoder.counts.fallbacks == 0


def test_mends_are_counted_by_kind_and_by_event() -> None:
    encoder = Encoder(BY_EMISSION)
    _event(b'{"a":1}', encoder=encoder)
    _event(b'{"a.b":NaN,"c.d":"%b","e":[NaN]}' % (b"x" * 10_000), encoder=encoder)
    _event(b'{"a":1e400}', encoder=encoder)
    assert encoder.counts == Counts(mended=2, nulled=3, truncated=1, renamed=2)


def test_changes_that_the_source_reports_stay_first_and_are_not_counted_as_ours() -> None:
    encoder = Encoder(BY_EMISSION)
    meta = b',"meta":{"changes":[{"field":"note","change":"NULLED","reason":"SOURCE_RETRIEVAL_ERROR"}]}'
    event = _event(b'{"note":null,"a.b":1.10}', meta, encoder)
    assert _changes(event) == [
        ("note", "NULLED", "SOURCE_RETRIEVAL_ERROR"),
        ("a.b", "RENAMED", "DESTINATION_SERIALIZATION_ERROR"),
    ]
    assert encoder.counts == Counts(mended=1, renamed=1)
    assert _changes(_event(b"{}", meta, encoder)) == [("note", "NULLED", "SOURCE_RETRIEVAL_ERROR")]
    assert encoder.counts.mended == 1


@pytest.mark.parametrize("meta", [b"null", b"{}", b'{"changes":null}', b'{"changes":[]}', b'{"other":1}', b"5", b"[]"])
def test_a_meta_without_changes_changes_nothing(meta: bytes) -> None:
    value = Encoder(BY_EMISSION).encode(_record(b'{"a":1e2}', b',"meta":' + meta))
    assert value == b'{"a":1e2,' + ADDITIONS + b"}"


def test_a_number_beside_a_mend_keeps_its_digits() -> None:
    value = Encoder(BY_EMISSION).encode(
        _record(b'{"a":NaN,"b":1.10,"c":0.30000000000000000001,"d":9223372036854775807}')
    )
    assert value.startswith(b'{"a":null,"b":1.10,"c":0.30000000000000000001,"d":9223372036854775807,"keen":')


def test_names_and_values_that_are_written_with_escapes_are_judged_by_what_they_mean() -> None:
    event = _event(b'{"k\\u0065en":1,"a\\u002eb":2,"\\u0024c":3,"d":"%b"}' % (b"\\u0041" * 10_000))
    assert [name for name in event if not name.startswith("_air")] == ["keen_", "a_b", "c", "d", "keen"]
    assert event["d"] == "A" * 9_999


def test_nesting_within_two_hundred_levels_passes_and_what_is_below_is_nulled() -> None:
    at_limit, too_deep = (b'{"a":' * levels + b"1" + b"}" * levels for levels in (200, 201))
    assert Encoder(BY_EMISSION).encode(_record(at_limit)).startswith(at_limit[:-1])
    assert _changes(_event(too_deep)) == [(".".join("a" * 200), "NULLED", "DESTINATION_FIELD_SIZE_LIMITATION")]


@pytest.mark.parametrize("size", [899_800, 899_999, 900_000, 900_001, 900_010])
def test_an_event_near_the_limit_is_kept_whole_as_long_as_it_fits(size: int) -> None:
    texts = [b"x" * 9_997] * 89
    rest = size - len(b'{"id":1,"b":["' + b'","'.join([*texts, b""]) + b'"],' + ADDITIONS + b"}")
    data = b'{"id":1,"b":["%b"]}' % b'","'.join([*texts, b"y" * rest])
    event = _event(data)
    if size <= 900_000:
        assert event["b"][-1] == "y" * rest
        assert "_airbyte_meta" not in event
    else:
        assert event["b"] is None
        assert _changes(event) == [("b", "NULLED", "DESTINATION_RECORD_SIZE_LIMITATION")]


@pytest.mark.parametrize("data", [b"null", b"[]", b"5", b'"text"', b"true", b'[{"a":1}]'])
def test_data_that_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="has to be an object"):
        Encoder(BY_EMISSION).encode(_record(data))


@pytest.mark.parametrize(
    "data", [b'{"a":"\xff"}', b'{"a":01}', b'{"a":1.}', b'{"a":"\\x"}', b'{"a":' + b"[" * 9_999 + b"]" * 9_999 + b"}"]
)
def test_data_that_is_not_json_is_refused(data: bytes) -> None:
    record = Record("s", msgspec.Raw(data), EMITTED_AT)
    with pytest.raises(ValueError, match=r"Expecting|decode|escape|deep"):
        Encoder(BY_EMISSION).encode(record)


def test_different_property_paths_are_counted_whether_mended_or_not() -> None:
    encoder = Encoder(BY_EMISSION)
    for data in (b'{"a":1,"b":{"c":1}}', b'{"a":2}', b'{"d.e":1,"a":NaN}', b'{"d.e":1}'):
        _event(data, encoder=encoder)
    assert encoder.properties == 4


def test_an_event_of_which_only_the_keys_are_left_is_counted_as_mended() -> None:
    encoder = Encoder(BY_EMISSION)
    _event(json.dumps({f"p{i}": "x" * 80 for i in range(12_000)}).encode(), encoder=encoder)
    assert encoder.counts == Counts(mended=1, nulled=1)


def test_a_key_whose_name_had_to_change_is_kept_like_any_other() -> None:
    encoder = Encoder(BY_EMISSION, keys=frozenset({("my.id",)}))
    data = {"my.id": 7, **{f"p{i}": "x" * 80 for i in range(12_000)}}
    event = _event(json.dumps(data).encode(), encoder=encoder)
    assert event["my_id"] == 7


def test_numbers_out_of_range_in_a_long_list_do_not_cost_the_other_properties() -> None:
    event = _event(b'{"id":7,"name":"x","vector":[%b]}' % b",".join([b"NaN"] * 20_000))
    assert (event.get("id"), event.get("name")) == (7, "x")
