import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from destination_keen.config import Config
from destination_keen.errors import ConfigError

SPEC: dict[str, Any] = json.loads(files("destination_keen").joinpath("spec.json").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = SPEC["connectionSpecification"]
KAFKA: dict[str, Any] = SCHEMA["properties"]["delivery"]["oneOf"][0]
HTTP: dict[str, Any] = SCHEMA["properties"]["delivery"]["oneOf"][1]
LEVELS = [SCHEMA, KAFKA, HTTP]
MINIMAL = {"project_id": "p1", "api_key": "k1"}


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in schema["properties"].items():
        if "const" not in field:
            yield name, field


FIELDS = [field for level in LEVELS for field in _fields(level)]


def test_the_specification_is_what_airbyte_expects() -> None:
    assert set(SPEC) == {
        "documentationUrl",
        "supportsIncremental",
        "supported_destination_sync_modes",
        "connectionSpecification",
    }
    assert SPEC["documentationUrl"].startswith("https://")
    assert SPEC["supportsIncremental"] is True
    assert SPEC["supported_destination_sync_modes"] == ["append", "overwrite"]
    Draft7Validator.check_schema(SCHEMA)


def test_configurations_of_other_versions_stay_valid() -> None:
    assert all(level["additionalProperties"] is True for level in LEVELS)
    assert SCHEMA["required"] == ["project_id", "api_key"]
    assert KAFKA["required"] == HTTP["required"] == ["method"]


def test_the_names_of_settings_are_those_that_saved_configurations_have() -> None:
    assert set(SCHEMA["properties"]) == {
        "project_id",
        "api_key",
        "infer_timestamp",
        "delivery",
        "api_url",
        "deduplicate",
        "verify_delivery",
    }
    assert set(KAFKA["properties"]) == {"method", "bootstrap_servers", "security_protocol", "ca_certificate"}
    assert set(HTTP["properties"]) == {"method"}


def test_airbyte_tells_the_deliveries_apart_by_their_method() -> None:
    assert [option["properties"]["method"]["const"] for option in (KAFKA, HTTP)] == ["kafka", "http"]
    Draft7Validator(SCHEMA).validate({**MINIMAL, "delivery": {"method": "http"}})


def test_the_form_shows_what_most_users_need_and_folds_the_rest_away() -> None:
    shown = [name for name, field in _fields(SCHEMA) if name in SCHEMA["required"] or field.get("always_show")]
    assert shown == ["project_id", "api_key", "infer_timestamp"]


def test_every_field_of_the_form_belongs_to_a_section() -> None:
    sections = [group["id"] for group in SCHEMA["groups"]]
    assert len(sections) == len(set(sections))
    assert {field["group"] for _, field in _fields(SCHEMA)} == set(sections)


def test_what_needs_the_master_key_says_so() -> None:
    assert "Overwrite and Verify Delivery need the Master Key" in SCHEMA["properties"]["api_key"]["description"]
    assert "Needs the Master Key" in SCHEMA["properties"]["verify_delivery"]["description"]


@pytest.mark.parametrize("level", LEVELS, ids=["root", "kafka", "http"])
def test_the_order_of_the_form_is_given_and_without_ties(level: dict[str, Any]) -> None:
    orders = [field["order"] for field in level["properties"].values()]
    assert orders == list(range(len(orders)))


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[name for name, _ in FIELDS])
def test_every_field_tells_what_it_is(name: str, field: dict[str, Any]) -> None:
    assert field["title"][0].isupper()
    assert field["description"].endswith(".")
    assert field.get("airbyte_secret", False) is (name == "api_key")
    for value in [*field.get("examples", []), *([field["default"]] if "default" in field else [])]:
        Draft7Validator(field).validate(value)


def test_a_pattern_is_explained_in_words() -> None:
    for _, field in FIELDS:
        assert ("pattern" in field) is ("pattern_descriptor" in field)
        if "pattern" in field:
            assert all(re.search(field["pattern"], example) for example in field["examples"])


def test_what_has_a_default_in_the_form_has_the_same_in_the_connector() -> None:
    defaults = {name: field["default"] for name, field in _fields(SCHEMA) if "default" in field}
    delivery = {name: field["default"] for name, field in _fields(KAFKA) if "default" in field}
    filled = {**MINIMAL, **defaults, "delivery": {"method": "kafka", **delivery}}
    Draft7Validator(SCHEMA).validate(filled)
    assert Config.parse(filled) == Config.parse(MINIMAL)
    assert {*SCHEMA["properties"], *KAFKA["properties"]} - {*defaults, *delivery} == {
        "project_id",
        "api_key",
        "delivery",
        "method",
        "ca_certificate",
    }


@pytest.mark.parametrize("protocol", KAFKA["properties"]["security_protocol"]["enum"])
def test_every_choice_of_the_form_is_understood(protocol: str) -> None:
    delivery = {"method": "kafka", "bootstrap_servers": "localhost:9092", "security_protocol": protocol}
    raw = {**MINIMAL, "delivery": delivery}
    Draft7Validator(SCHEMA).validate(raw)
    assert Config.parse(raw).kafka.security_protocol == protocol


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[name for name, _ in FIELDS])
def test_what_the_form_refuses_the_connector_refuses_under_the_title_of_the_form(
    name: str, field: dict[str, Any]
) -> None:
    wrong = 5
    in_kafka = name in KAFKA["properties"]
    raw = {**MINIMAL, **({"delivery": {"method": "kafka", name: wrong}} if in_kafka else {name: wrong})}
    assert not Draft7Validator(SCHEMA).is_valid(raw)
    with pytest.raises(ConfigError) as caught:
        Config.parse(raw)
    assert f'"{field["title"]}"' in caught.value.message


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({"delivery": {"method": "kafka", "bootstrap_servers": " [::1]:1 , b:65535, "}}, True),
        ({"delivery": {"method": "kafka", "bootstrap_servers": "https://b:1"}}, False),
        ({"delivery": {"method": "kafka", "bootstrap_servers": "b"}}, False),
        ({"api_url": "http://localhost:18888/3.0"}, True),
        ({"api_url": "api.keen.io"}, False),
        ({"api_url": "https://user@api.keen.io"}, False),
    ],
)
def test_form_and_connector_agree_on_addresses(settings: dict[str, Any], allowed: bool) -> None:
    raw = {**MINIMAL, **settings}
    assert Draft7Validator(SCHEMA).is_valid(raw) is allowed
    if allowed:
        Config.parse(raw)
    else:
        with pytest.raises(ConfigError):
            Config.parse(raw)
