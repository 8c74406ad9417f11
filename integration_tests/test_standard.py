"""The standard tests of Airbyte's CDK, on `acceptance-test-config.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from airbyte_cdk.test.standard_tests import DestinationTestSuiteBase

from integration_tests.sandbox import Sandbox

SECRETS = Path(__file__).parents[1] / "secrets"


@pytest.fixture(scope="module", autouse=True)
def local_keen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A local Keen, whose configuration is where `acceptance-test-config.yml` looks for it."""
    config = SECRETS / "local-keen.json"
    SECRETS.mkdir(exist_ok=True)
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        config.write_text(sandbox.config_file.read_text())
        yield
    config.unlink()
    with suppress(OSError):
        SECRETS.rmdir()


class TestStandard(DestinationTestSuiteBase):
    """What the CDK asks of every destination."""

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        # The CDK looks for a folder that is named like the connector, which a clone need not be.
        return SECRETS.parent

    connector_name = "destination-keen"
