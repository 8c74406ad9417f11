from dataclasses import FrozenInstanceError
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from destination_keen.config import Config, KafkaDelivery, Limits, json_type
from destination_keen.errors import ConfigError
from unit_tests.settings import parsed, parsed_delivery, refusal

CERTIFICATE = trustme.CA().cert_pem.bytes().decode()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(), below, max_size=2),
    max_leaves=4,
)
ASCII = (
    st.none() | st.integers() | st.text(st.characters(codec="ascii")) | st.sampled_from(["kafka", "SASL_SSL", "a:1"])
)


def test_project_and_key_are_enough() -> None:
    assert Config.parse({"project_id": "p1", "api_key": "k1"}) == Config(
        project_id="p1",
        api_key="k1",
        infer_timestamp=True,
        delivery=KafkaDelivery(
            (("b1.kafka-in.keen.io", 9092), ("b2.kafka-in.keen.io", 9092), ("b3.kafka-in.keen.io", 9092)),
            "SASL_SSL",
            None,
        ),
        api_url="https://api.keen.io/3.0",
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
    )
    assert config.infer_timestamp is False
    assert config.delivery == KafkaDelivery(
        (("localhost", 9092), ("127.0.0.1", 9093), ("::1", 9094)), "SASL_PLAINTEXT", CERTIFICATE
    )
    assert config.api_url == "http://127.0.0.1:8080/3.0"


def test_null_is_as_good_as_missing() -> None:
    assert parsed(infer_timestamp=None, delivery=None, api_url=None) == parsed()
    assert parsed_delivery(bootstrap_servers=None, ca_certificate=None) == parsed().delivery


def test_settings_of_other_versions_are_ignored() -> None:
    assert parsed(deduplicate=True, delivery={"method": "kafka", "compression": "zstd"}) == parsed()


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
        ({"project_id": " \n"}, '"Project ID" (project_id) is empty'),
        ({"project_id": 5}, '"Project ID" (project_id) has to be a string, not a number'),
        ({"project_id": "p\x001"}, '"Project ID" (project_id) holds a NUL character'),
        ({"api_key": None}, '"Master API Key" (api_key) is missing'),
        ({"api_key": ["k"]}, '"Master API Key" (api_key) has to be a string, not an array'),
        ({"api_key": "k\0"}, '"Master API Key" (api_key) holds a NUL character'),
        ({"infer_timestamp": "yes"}, '"Infer Timestamp" (infer_timestamp) has to be true or false, not a string'),
        ({"infer_timestamp": 0}, '"Infer Timestamp" (infer_timestamp) has to be true or false, not a number'),
        ({"delivery": "kafka"}, '"Delivery" (delivery) has to be an object, not a string'),
        ({"delivery": {"method": "http"}}, '"Delivery" (delivery.method) has to be "kafka"'),
        (
            {"delivery": {"security_protocol": "SSL"}},
            '"Security Protocol" (delivery.security_protocol) has to be SASL_SSL',
        ),
        ({"delivery": {"security_protocol": ["SASL_SSL"]}}, '"Security Protocol" (delivery.security_protocol)'),
        ({"delivery": {"ca_certificate": 5}}, '"CA Certificate" (delivery.ca_certificate) has to be PEM text'),
        ({"delivery": {"ca_certificate": "MIIB"}}, '"CA Certificate" (delivery.ca_certificate) cannot be read'),
        (
            {"delivery": {"bootstrap_servers": " , "}},
            '"Bootstrap Servers" (delivery.bootstrap_servers) names no broker',
        ),
        ({"delivery": {"bootstrap_servers": 9092}}, '"Bootstrap Servers" ('),
        ({"api_url": 5}, '"API URL" (api_url) has to be a string'),
    ],
)
def test_a_setting_that_is_wrong_is_named_as_the_form_shows_it(settings: dict[str, Any], title: str) -> None:
    assert title in refusal({"project_id": "p1", "api_key": "k1", **settings})


@pytest.mark.parametrize("raw", [None, 5, "text", [], True])
def test_a_configuration_that_is_no_object_is_refused(raw: Any) -> None:
    assert refusal(raw) == f"The configuration has to be a JSON object, not {json_type(raw)}."


@given(
    st.dictionaries(st.sampled_from(["project_id", "infer_timestamp", "delivery", "api_url"]), JSON),
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


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("x", "a string"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_a_value_is_named_by_its_json_type(value: Any, name: str) -> None:
    assert json_type(value) == name


def test_memory_and_time_are_bounded_by_default() -> None:
    limits = Limits()
    assert limits.in_flight_bytes == limits.line_bytes == 64 * 1024 * 1024
    assert limits.in_flight_records == 100_000
    assert limits.delivery_timeout == 120
    assert limits.probe_timeout + limits.api_timeout < 10
