import json
import logging
from collections import Counter
from typing import Any

import pytest

from destination_keen.catalog import parse
from destination_keen.errors import ConfigError
from destination_keen.uniqueness import by_content
from unit_tests.configured import configured, event_of, parsed


def _refusal(catalog: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(catalog, infer_timestamp=True)
    return caught.value.message


def test_every_stream_is_prepared_under_its_namespace_and_name() -> None:
    catalog = json.dumps({"streams": [configured("Käufe", namespace="shop"), configured("users")]}).encode()
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
    [stream] = parsed(configured(cursor_field=["updated_at"]))
    assert stream.timestamp == "updated_at"
    assert event_of(stream, b'{"updated_at":"2024-01-31"}')["keen"] == {"timestamp": "2024-01-31T00:00:00.000Z"}


def test_no_time_is_guessed_where_that_is_switched_off() -> None:
    [stream] = parsed(configured(cursor_field=["created_at"]), infer_timestamp=False)
    assert stream.timestamp == "emitted_at"
    assert event_of(stream, b'{"created_at":"2024-01-31"}')["keen"] == {"timestamp": "2023-11-14T22:13:20.000Z"}


@pytest.mark.parametrize("schema", [True, None, {}, [], "object", {"properties": []}, {"type": "array"}])
def test_an_odd_schema_is_no_reason_to_stop(schema: Any) -> None:
    [stream] = parsed(configured(schema=schema, cursor_field=["id"]))
    assert event_of(stream, b'{"id":7}')["id"] == 7


def test_generation_and_sync_are_on_the_events() -> None:
    [stream] = parsed(configured(generation_id=3, minimum_generation_id=3, sync_id=815))
    event = event_of(stream, b"{}")
    assert event["_airbyte_generation_id"] == 3
    assert event["_airbyte_meta"] == {"sync_id": 815}


def test_cursor_and_primary_key_are_the_last_to_go_in_an_event_that_is_too_large() -> None:
    [stream] = parsed(configured(cursor_field=["cursor"], primary_key=[["user", "id"]]))
    large = "x" * 9_000
    data = {"cursor": large, "user": {"id": large}, **{f"p{i}": "y" * 9_000 for i in range(200)}}
    event = event_of(stream, json.dumps(data).encode())
    assert (event["cursor"], event["user"]) == (large, {"id": large})
    assert sum(event[f"p{i}"] is None for i in range(200)) > 90


@pytest.mark.parametrize("keys", [{}, {"cursor_field": [], "primary_key": []}, {"primary_key": [[]]}])
def test_a_stream_need_not_have_keys(keys: dict[str, Any]) -> None:
    [stream] = parsed(configured(**keys))
    assert event_of(stream, b'{"a":1}')["a"] == 1


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
        parsed(configured("users"), configured("users"))


def test_streams_that_would_share_a_collection_are_refused() -> None:
    with pytest.raises(ConfigError, match=r'"shop.users" and "users" both become the Keen collection "users"'):
        parsed(configured("users", namespace="shop"), configured("users"))


@pytest.mark.parametrize("mode", ["update", "soft_delete", "overwrite_dedup"])
def test_a_sync_mode_that_is_not_offered_is_refused_with_the_name_of_the_stream(mode: str) -> None:
    with pytest.raises(ConfigError, match=rf'"shop.orders" asks for the destination sync mode "{mode}"'):
        parsed(configured("users"), configured("orders", namespace="shop", destination_sync_mode=mode))


def test_append_and_dedup_is_taken_as_append_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "destination_keen"):
        parsed(
            configured("a", destination_sync_mode="append_dedup"),
            configured("b"),
            configured("c", destination_sync_mode="append_dedup"),
        )
    [message] = caplog.messages
    assert message.endswith('"append_dedup" is taken as "append" for a, c.')


def test_a_state_claims_what_came_since_the_one_before() -> None:
    [stream] = parsed(configured())
    assert stream.claim() == Counter()
    for data in (b'{"a":NaN}', b'{"a":1}', b'{"a.b":"%b"}' % (b"x" * 10_000)):
        event_of(stream, data)
    assert stream.claim() == Counter(recordCount=3, nulledValueCount=1, truncatedValueCount=1, renamedValueCount=1)
    event_of(stream, b"{}")
    assert stream.claim() == Counter(recordCount=1)
    assert stream.claim() == Counter()


def _tokens(deduplicate: bool, repeats: bool, primary_key: Any) -> list[str | None]:
    catalog = json.dumps({"streams": [configured(primary_key=primary_key, generation_id=3)]}).encode()
    [stream] = parse(catalog, infer_timestamp=True, deduplicate=deduplicate, repeats=repeats).values()
    events = [event_of(stream, data) for data in (b'{"id":1}', b'{"id":1}', b'{"id":2}')]
    return [event["keen"].get("uniqueness_token") for event in events]


def test_events_have_no_token_unless_it_is_wanted() -> None:
    assert _tokens(False, False, [["id"]]) == [None, None, None]


@pytest.mark.parametrize("repeats", [False, True])
def test_a_stream_with_a_primary_key_that_deduplicates_has_tokens_of_the_content(repeats: bool) -> None:
    first, second, other = _tokens(True, repeats, [["id"]])
    assert first == second == by_content(3)(b'{"id":1}')
    assert other == by_content(3)(b'{"id":2}')


@pytest.mark.parametrize("primary_key", [None, [], [[]]])
def test_without_a_primary_key_equal_records_are_different_events(primary_key: Any) -> None:
    assert _tokens(True, False, primary_key) == [None, None, None]


@pytest.mark.parametrize("primary_key", [None, [["id"]]])
def test_a_delivery_that_may_repeat_events_gives_each_a_token_of_its_own(primary_key: Any) -> None:
    tokens = _tokens(False, True, primary_key)
    assert None not in tokens
    assert len(set(tokens)) == 3
