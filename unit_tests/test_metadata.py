"""The files of Airbyte's registry: valid by its own models, and by the rules of its checks that a file can break."""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "metadata.yaml").read_text("utf-8")
DATA: dict[str, Any] = yaml.safe_load(TEXT)["data"]
PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Airbyte's models need Python 3.12 or older")
def test_airbytes_own_model_accepts_the_metadata() -> None:
    models = import_module("airbyte_connector_models.metadata.v0.connector_metadata_definition_v0")
    metadata = models.ConnectorMetadataDefinitionV0.model_validate(yaml.safe_load(TEXT))
    assert metadata.model_dump(by_alias=True, exclude_unset=True, mode="json")["data"].keys() == DATA.keys()


def test_it_is_the_connector_that_saved_destinations_have() -> None:
    assert DATA["definitionId"] == "81740ce8-d764-4ea7-94df-16bb41de36ae"
    assert (DATA["name"], DATA["connectorType"]) == ("Keen", "destination")
    assert DATA["dockerRepository"] == "airbyte/destination-keen"
    assert DATA["githubIssueLabel"] == "destination-keen"


def test_airbyte_is_told_that_refreshes_are_supported() -> None:
    assert DATA["supportsRefreshes"] is True


def test_package_and_licence_are_those_of_the_project() -> None:
    assert f'name = "{DATA["remoteRegistries"]["pypi"]["packageName"]}"' in PYPROJECT
    assert f'license = "{DATA["license"]}"' in PYPROJECT


def test_the_version_is_a_release() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", DATA["dockerImageTag"])


def test_language_and_cdk_are_tagged() -> None:
    assert {"language:python", "cdk:python"} <= set(DATA["tags"])


def test_the_base_image_is_pinned_and_the_one_of_the_dockerfile() -> None:
    base = DATA["connectorBuildOptions"]["baseImage"]
    assert re.fullmatch(r"docker\.io/airbyte/python-connector-base:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", base)
    assert f"ARG BASE={base}\n" in (ROOT / "Dockerfile").read_text("utf-8")


def test_what_breaks_has_a_deadline_and_a_guide() -> None:
    change = DATA["releases"]["breakingChanges"]["1.0.0"]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", change["upgradeDeadline"])
    assert change["migrationDocumentationUrl"].startswith(DATA["documentationUrl"])
    assert (ROOT / "docs/migrating.md").exists()


def test_the_documentation_is_where_airbyte_looks_for_it() -> None:
    path = DATA["documentationUrl"].removeprefix("https://docs.airbyte.com/")
    assert (ROOT / "docs" / f"{path}.md").exists()


def test_hosts_are_those_that_the_settings_name() -> None:
    assert DATA["allowedHosts"]["hosts"] == ["*.keen.io", "${api_url}", "${delivery.bootstrap_servers}"]


def test_every_address_is_encrypted() -> None:
    assert "http://" not in TEXT


def test_the_icon_is_square_and_stands_alone() -> None:
    svg = ElementTree.parse(ROOT / DATA["icon"]).getroot()  # noqa: S314 - the project's own file
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert svg.get("width") == svg.get("height")
    left, top, width, height = map(float, svg.get("viewBox", "").split())
    assert (left, top, width) == (0, 0, height)
    assert not [name for each in svg.iter() for name in each.attrib if name.endswith("href")]
