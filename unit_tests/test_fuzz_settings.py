"""Configurations and catalogs that nobody should write, made up by Hypothesis: taken, or refused in one sentence."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from destination_keen import catalog
from destination_keen.config import Config
from destination_keen.errors import ConfigError

KEY = "s3cret-of-the-pr0ject"
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["append", "id"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=5,
)
ADDRESSES = st.sampled_from(
    [
        "localhost:9092",
        "b1.kafka-in.keen.io:9092",
        "[::1]:9092",
        "[::1",
        ":",
        "a:99999",
        "http://a:1",
        "https://a",
        "h:\0",
        "",
    ]
)
PROPERTIES = {
    "project_id": st.just("p"),
    "api_key": st.just(KEY),
    "infer_timestamp": st.booleans(),
    "deduplicate": st.booleans(),
    "verify_delivery": st.booleans(),
    "api_url": ADDRESSES,
}
DELIVERY = {
    "method": st.sampled_from(["kafka", "http", "pigeon"]),
    "bootstrap_servers": ADDRESSES | st.lists(ADDRESSES).map(",".join),
    "security_protocol": st.sampled_from(["SASL_SSL", "SASL_PLAINTEXT", "PLAINTEXT"]),
    "ca_certificate": st.just("-----BEGIN CERTIFICATE-----\n" + KEY),
}
STREAM = {
    "name": st.sampled_from(["users", "Üsers", "users ", "用户", "", "x" * 300, "\ud800"]),
    "namespace": st.none() | st.just("public"),
    "json_schema": VALUES | st.just({"properties": {"at": {"format": "date-time"}, "$": {"type": 5}}}),
}
CONFIGURED = {
    "destination_sync_mode": st.sampled_from(["append", "append_dedup", "overwrite"]),
    "cursor_field": st.lists(st.sampled_from(["at", "id", ""]), max_size=2),
    "primary_key": st.lists(st.lists(st.just("id"), max_size=2), max_size=2),
    "generation_id": st.integers(-5, 5),
    "minimum_generation_id": st.integers(-5, 5),
    "sync_id": st.integers(-5, 5) | st.none(),
}


@st.composite
def objects(draw: st.DrawFn, members: dict[str, st.SearchStrategy[Any]], odd: int = 8) -> Any:
    """An object of these members, of which about one in `odd` is anything else or missing."""
    made = {name: draw(VALUES if draw(st.integers(1, odd)) == odd else right) for name, right in members.items()}
    return {name: value for name, value in made.items() if draw(st.integers(1, odd)) != odd}


CONFIGS = objects({**PROPERTIES, "delivery": objects(DELIVERY)})
CATALOGS = objects({"streams": st.lists(objects({"stream": objects(STREAM), **CONFIGURED}), max_size=3)})


def _assert_a_sentence(error: ConfigError) -> None:
    assert error.message.endswith(".")
    assert "Traceback" not in error.message + error.internal_message
    assert KEY not in error.message + error.internal_message


@given(CONFIGS | VALUES)
@settings(max_examples=400, deadline=None)
def test_any_configuration_is_taken_or_refused_in_one_sentence_without_the_key(raw: Any) -> None:
    try:
        config = Config.parse(raw)
    except ConfigError as error:
        _assert_a_sentence(error)
    else:
        assert KEY not in repr(config)


@given(CATALOGS.map(json.dumps).map(str.encode) | VALUES.map(json.dumps).map(str.encode) | st.binary(max_size=40))
@settings(max_examples=400, deadline=None)
@example(b'{"streams":[{"stream":{"name":"a"},"destination_sync_mode":"append"}]}\0')
@example(b'{"streams":[{"stream":{"name":"\xff"},"destination_sync_mode":"append"}]}')
@example(b'{"streams":[{"stream":{"name":"a","json_schema":' + b"[" * 100_000)
def test_any_catalog_is_taken_or_refused_in_one_sentence(raw: bytes) -> None:
    try:
        streams = catalog.parse(raw, infer_timestamp=True)
    except ConfigError as error:
        _assert_a_sentence(error)
    else:
        assert {stream.descriptor for stream in streams.values()} == streams.keys()
