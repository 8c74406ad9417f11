import json
import logging
from collections import Counter
from typing import Any

import msgspec
import pytest

from destination_keen.catalog import Stream, parse
from destination_keen.errors import ConfigError
from destination_keen.protocol import Record

MOMENT = {"type": "string", "format": "date-time"}
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "created_at": MOMENT}}


def _configured(name: Any = "users", schema: Any = SCHEMA, namespace: Any = None, **settings: Any) -> dict[str, Any]:
    """A configured stream, with all the keys that the platform and PyAirbyte send."""
    stream = {"name": name, "namespace": namespace, "json_schema": schema, "supported_sync_modes": ["full_refresh"]}
    return {
        "stream": {**stream, "source_defined_cursor": None, "is_resumable": False},
        "sync_mode": "incremental",
        "destination_sync_mode": "append",
        "cursor_field": None,
        "primary_key": None,
        "generation_id": None,
        "minimum_generation_id": None,
        "sync_id": None,
        "destination_object_name": None,
        **settings,
    }


def _parse(*streams: dict[str, Any], infer_timestamp: bool = True) -> list[Stream]:
    return list(parse(json.dumps({"streams": streams}).encode(), infer_timestamp=infer_timestamp).values())


def _event(stream: Stream, data: bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(stream.encoder.encode(Record("s", msgspec.Raw(data), 1_700_000_000_000)))
    return event


def _refusal(catalog: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(catalog, infer_timestamp=True)
    return caught.value.message


def test_every_stream_is_prepared_under_its_namespace_and_name() -> None:
    catalog = json.dumps({"streams": [_configured("Käufe", namespace="shop"), _configured("users")]}).encode()
    streams = parse(catalog, infer_timestamp=True)
    assert list(streams) == [("shop", "Käufe"), (None, "users")]
    assert [(each.name, each.collection, each.timestamp) for each in streams.values()] == [
        ("shop.Käufe", "Kaufe", "created_at"),
        ("users", "users", "created_at"),
    ]


def test_only_the_name_of_a_stream_and_its_mode_have_to_be_there() -> None:
    [stream] = parse(
        b'{"streams":[{"stream":{"name":"users"},"destination_sync_mode":"append"}]}', infer_timestamp=True
    ).values()
    assert (stream.descriptor, stream.collection, stream.timestamp) == ((None, "users"), "users", "emitted_at")


def test_the_cursor_gives_the_time_where_it_can() -> None:
    [stream] = _parse(_configured(cursor_field=["updated_at"]))
    assert stream.timestamp == "updated_at"
    assert _event(stream, b'{"updated_at":"2024-01-31"}')["keen"] == {"timestamp": "2024-01-31T00:00:00.000Z"}


def test_no_time_is_guessed_where_that_is_switched_off() -> None:
    [stream] = _parse(_configured(cursor_field=["created_at"]), infer_timestamp=False)
    assert stream.timestamp == "emitted_at"
    assert _event(stream, b'{"created_at":"2024-01-31"}')["keen"] == {"timestamp": "2023-11-14T22:13:20.000Z"}


@pytest.mark.parametrize("schema", [True, None, {}, [], "object", {"properties": []}, {"type": "array"}])
def test_an_odd_schema_is_no_reason_to_stop(schema: Any) -> None:
    [stream] = _parse(_configured(schema=schema, cursor_field=["id"]))
    assert _event(stream, b'{"id":7}')["id"] == 7


def test_generation_and_sync_are_on_the_events() -> None:
    [stream] = _parse(_configured(generation_id=3, minimum_generation_id=3, sync_id=815))
    event = _event(stream, b"{}")
    assert event["_airbyte_generation_id"] == 3
    assert event["_airbyte_meta"] == {"sync_id": 815}


def test_cursor_and_primary_key_are_the_last_to_go_in_an_event_that_is_too_large() -> None:
    [stream] = _parse(_configured(cursor_field=["cursor"], primary_key=[["user", "id"]]))
    large = "x" * 9_000
    data = {"cursor": large, "user": {"id": large}, **{f"p{i}": "y" * 9_000 for i in range(200)}}
    event = _event(stream, json.dumps(data).encode())
    assert (event["cursor"], event["user"]) == (large, {"id": large})
    assert sum(event[f"p{i}"] is None for i in range(200)) > 90


@pytest.mark.parametrize("keys", [{}, {"cursor_field": [], "primary_key": []}, {"primary_key": [[]]}])
def test_a_stream_need_not_have_keys(keys: dict[str, Any]) -> None:
    [stream] = _parse(_configured(**keys))
    assert _event(stream, b'{"a":1}')["a"] == 1


@pytest.mark.parametrize(
    "catalog",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"streams",
        b'{"streams":null}',
        b'{"streams":{}}',
        b'{"streams":[5]}',
        b'{"streams":[{"destination_sync_mode":"append"}]}',
        b'{"streams":[{"stream":{"name":"users"}}]}',
        b'{"streams":[{"stream":{"name":null},"destination_sync_mode":"append"}]}',
        b'{"streams":[{"stream":{"name":"users"},"destination_sync_mode":"append","cursor_field":"id"}]}',
        b'{"streams":[{"stream":{"name":"users"},"destination_sync_mode":"append","generation_id":"1"}]}',
        b"[" * 100_000,
    ],
)
def test_a_catalog_that_cannot_be_read_is_refused(catalog: bytes) -> None:
    assert _refusal(catalog).startswith("The configured catalog is not valid")


def test_a_catalog_without_streams_is_refused() -> None:
    assert "has no streams" in _refusal(b'{"streams":[]}')


def test_a_stream_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="lists a stream twice"):
        _parse(_configured("users"), _configured("users"))


def test_streams_that_would_share_a_collection_are_refused() -> None:
    with pytest.raises(ConfigError, match=r'"shop.users" and "users" both become the Keen collection "users"'):
        _parse(_configured("users", namespace="shop"), _configured("users"))


@pytest.mark.parametrize("mode", ["overwrite", "update", "soft_delete", "overwrite_dedup"])
def test_a_sync_mode_that_is_not_offered_is_refused_with_the_name_of_the_stream(mode: str) -> None:
    with pytest.raises(ConfigError, match=rf'"shop.orders" asks for the destination sync mode "{mode}"'):
        _parse(_configured("users"), _configured("orders", namespace="shop", destination_sync_mode=mode))


def test_append_and_dedup_is_taken_as_append_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "destination_keen"):
        _parse(
            _configured("a", destination_sync_mode="append_dedup"),
            _configured("b"),
            _configured("c", destination_sync_mode="append_dedup"),
        )
    [message] = caplog.messages
    assert message.endswith('"append_dedup" is taken as "append" for a, c.')


def test_a_state_claims_what_came_since_the_one_before() -> None:
    [stream] = _parse(_configured())
    assert stream.claim() == Counter()
    for data in (b'{"a":NaN}', b'{"a":1}', b'{"a.b":"%b"}' % (b"x" * 10_000)):
        _event(stream, data)
    assert stream.claim() == Counter(recordCount=3, nulledValueCount=1, truncatedValueCount=1, renamedValueCount=1)
    _event(stream, b"{}")
    assert stream.claim() == Counter(recordCount=1)
    assert stream.claim() == Counter()
