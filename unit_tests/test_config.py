from dataclasses import FrozenInstanceError
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from destination_keen.config import Config, Limits
from destination_keen.delivery import HttpDelivery, KafkaDelivery
from destination_keen.errors import ConfigError

CERTIFICATE = trustme.CA().cert_pem.bytes().decode()
REQUIRED = {"project_id": "p1", "api_key": "k1"}
SETTINGS = ["project_id", "infer_timestamp", "delivery", "api_url", "deduplicate", "verify_delivery"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(), below, max_size=2),
    max_leaves=4,
)
ASCII = (
    st.none()
    | st.integers()
    | st.text(st.characters(codec="ascii"))
    | st.sampled_from(["kafka", "http", "SASL_SSL", "a:1"])
)


def parsed(**settings: Any) -> Config:
    return Config.parse({**REQUIRED, **settings})


def refusal(raw: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        Config.parse(raw)
    return caught.value.message


def test_project_and_key_are_enough() -> None:
    assert parsed() == Config(
        project_id="p1",
        api_key="k1",
        infer_timestamp=True,
        delivery=KafkaDelivery(
            (("b1.kafka-in.keen.io", 9092), ("b2.kafka-in.keen.io", 9092), ("b3.kafka-in.keen.io", 9092)),
            "SASL_SSL",
            None,
        ),
        api_url="https://api.keen.io/3.0",
        deduplicate=False,
        verify_delivery=False,
    )


def test_everything_can_be_set() -> None:
    config = parsed(
        infer_timestamp=False,
        delivery={
            "method": "kafka",
            "bootstrap_servers": "localhost:9092, 127.0.0.1:9093,[::1]:9094",
            "security_protocol": "SASL_PLAINTEXT",
            "ca_certificate": CERTIFICATE,
        },
        api_url="http://127.0.0.1:8080/3.0/",
        deduplicate=True,
        verify_delivery=True,
    )
    assert config == Config(
        project_id="p1",
        api_key="k1",
        infer_timestamp=False,
        delivery=KafkaDelivery(
            (("localhost", 9092), ("127.0.0.1", 9093), ("::1", 9094)), "SASL_PLAINTEXT", CERTIFICATE
        ),
        api_url="http://127.0.0.1:8080/3.0",
        deduplicate=True,
        verify_delivery=True,
    )


def test_null_is_as_good_as_missing() -> None:
    assert parsed(**dict.fromkeys(SETTINGS[1:])) == parsed()


def test_settings_of_other_versions_are_ignored() -> None:
    assert parsed(compression="zstd", delivery={"method": "kafka", "compression": "zstd"}) == parsed()


def test_the_cluster_is_there_where_the_delivery_is_kafka() -> None:
    assert parsed().kafka == parsed().delivery
    over_http = parsed(delivery={"method": "http"})
    assert over_http.delivery == HttpDelivery()
    with pytest.raises(TypeError, match="not Kafka"):
        _ = over_http.kafka


def test_white_space_from_copying_is_taken_off() -> None:
    config = Config.parse({"project_id": " p1\n", "api_key": "\tk1 \r\n", "api_url": " https://api.keen.io/3.0 "})
    assert (config.project_id, config.api_key, config.api_url) == ("p1", "k1", "https://api.keen.io/3.0")


def test_the_key_is_never_shown() -> None:
    config = parsed(api_key="s3cret")
    assert "s3cret" not in f"{config!r} {config} {config.delivery!r}"
    assert "p1" in repr(config)


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        parsed().api_key = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({"project_id": None}, '"Project ID" (project_id) is missing'),
        ({"project_id": ""}, '"Project ID" (project_id) is empty'),
        ({"project_id": 5}, '"Project ID" (project_id) has to be a string, not a number'),
        ({"api_key": None}, '"Master API Key" (api_key) is missing'),
        ({"api_key": ["k"]}, '"Master API Key" (api_key) has to be a string, not an array'),
        ({"api_key": "k\0"}, '"Master API Key" (api_key) holds a NUL character'),
        ({"infer_timestamp": "yes"}, '"Infer Timestamp" (infer_timestamp) has to be true or false, not a string'),
        ({"delivery": "kafka"}, '"Delivery" (delivery) has to be an object, not a string'),
        ({"api_url": 5}, '"API URL" (api_url) has to be a string'),
        ({"deduplicate": 1}, '"Deduplicate" (deduplicate) has to be true or false, not a number'),
        ({"verify_delivery": "no"}, '"Verify Delivery" (verify_delivery) has to be true or false, not a string'),
    ],
)
def test_a_setting_that_is_wrong_is_named_as_the_form_shows_it(settings: dict[str, Any], title: str) -> None:
    assert title in refusal({**REQUIRED, **settings})


@pytest.mark.parametrize(
    ("raw", "kind"),
    [(None, "null"), (5, "a number"), ("text", "a string"), ([], "an array"), (True, "a boolean")],
)
def test_a_configuration_that_is_no_object_is_refused(raw: Any, kind: str) -> None:
    assert refusal(raw) == f"The configuration has to be a JSON object, not {kind}."


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.keen.io/3.0",
        "ftp://api.keen.io",
        "https://",
        "https:///3.0",
        "https://user:pw@api.keen.io/3.0",
        "https://:pw@h/3.0",
        "https://api.keen.io/3.0?x=1",
        "https://api.keen.io/3.0?",
        "https://api.keen.io/3.0#x",
        "https://api.keen.io/3.0#",
        "https://api.keen.io:port/3.0",
        "https://api.keen.io:99999/3.0",
        "https://[api.keen.io/3.0",
        "https://ex ample/3.0",
        "http://localhost@example.com",
    ],
)
def test_an_address_of_the_api_that_cannot_be_is_refused(url: str) -> None:
    assert '"API URL" (api_url)' in refusal({**REQUIRED, "api_url": url})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_api_of_this_machine_may_be_reached_without_encryption(host: str) -> None:
    assert parsed(api_url=f"http://{host}:8080").api_url == f"http://{host}:8080"


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_the_key_is_never_sent_to_an_api_elsewhere_unencrypted(host: str) -> None:
    assert f"would send the key to {host} unencrypted" in refusal({**REQUIRED, "api_url": f"http://{host}/3.0"})


@given(
    st.dictionaries(st.sampled_from(SETTINGS), JSON),
    st.dictionaries(st.sampled_from(["method", "bootstrap_servers", "security_protocol", "ca_certificate"]), ASCII),
)
def test_whatever_the_json_it_is_a_configuration_or_refused_without_the_key(
    settings: dict[str, Any], delivery: dict[str, Any]
) -> None:
    refusals = []
    try:
        Config.parse({"project_id": "p1", "delivery": delivery, **settings, "api_key": "s3cret"})
    except ConfigError as error:
        refusals.append(error.message + error.internal_message)
    assert "s3cret" not in "".join(refusals)


def test_memory_and_time_are_bounded_by_default() -> None:
    limits = Limits()
    assert limits.in_flight_bytes == limits.line_bytes == 64 * 1024 * 1024
    assert limits.in_flight_records == 100_000
    assert limits.delivery_timeout == 120
    assert limits.probe_timeout + limits.api_timeout < 10
