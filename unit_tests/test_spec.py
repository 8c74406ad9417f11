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
LEVELS = [SCHEMA, KAFKA]


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
    assert SPEC["supported_destination_sync_modes"] == ["append"]
    Draft7Validator.check_schema(SCHEMA)


def test_configurations_of_other_versions_stay_valid() -> None:
    assert all(level["additionalProperties"] is True for level in LEVELS)
    assert SCHEMA["required"] == ["project_id", "api_key"]
    assert KAFKA["required"] == ["method"]


def test_the_names_of_settings_are_those_that_saved_configurations_have() -> None:
    assert list(SCHEMA["properties"]) == ["project_id", "api_key", "infer_timestamp", "delivery", "api_url"]
    assert list(KAFKA["properties"]) == ["method", "bootstrap_servers", "security_protocol", "ca_certificate"]


@pytest.mark.parametrize("level", LEVELS, ids=["root", "kafka"])
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
    minimal = {"project_id": "p1", "api_key": "k1"}
    defaults = {name: field["default"] for name, field in _fields(SCHEMA) if "default" in field}
    delivery = {name: field["default"] for name, field in _fields(KAFKA) if "default" in field}
    filled = {**minimal, **defaults, "delivery": {"method": "kafka", **delivery}}
    Draft7Validator(SCHEMA).validate(filled)
    assert Config.parse(filled) == Config.parse(minimal)
    assert {*defaults, *delivery} == {"infer_timestamp", "api_url", "bootstrap_servers", "security_protocol"}


@pytest.mark.parametrize("protocol", KAFKA["properties"]["security_protocol"]["enum"])
def test_every_choice_of_the_form_is_understood(protocol: str) -> None:
    delivery = {"method": "kafka", "bootstrap_servers": "localhost:9092", "security_protocol": protocol}
    raw = {"project_id": "p1", "api_key": "k1", "delivery": delivery}
    Draft7Validator(SCHEMA).validate(raw)
    assert Config.parse(raw).delivery.security_protocol == protocol


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[name for name, _ in FIELDS])
def test_what_the_form_refuses_the_connector_refuses_under_the_title_of_the_form(
    name: str, field: dict[str, Any]
) -> None:
    wrong = 5
    in_kafka = name in KAFKA["properties"]
    raw = {
        "project_id": "p1",
        "api_key": "k1",
        **({"delivery": {"method": "kafka", name: wrong}} if in_kafka else {name: wrong}),
    }
    assert not Draft7Validator(SCHEMA).is_valid(raw)
    with pytest.raises(ConfigError) as caught:
        Config.parse(raw)
    assert f'"{field["title"]}"' in caught.value.message
