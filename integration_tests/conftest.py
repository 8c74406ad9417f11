"""The real parts as fixtures. A test that needs one that is missing is skipped; with CI=true it fails."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from integration_tests import UnavailableError, do_without
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.sandbox import Sandbox
from integration_tests.source_faker import SourceFaker


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[ApacheKafka]:
    """A running Apache Kafka, one for the whole test run."""
    with TemporaryDirectory(prefix="apache-kafka-") as directory:
        try:
            broker = ApacheKafka(Path(directory))
        except UnavailableError as reason:
            do_without(reason)
        with broker:
            yield broker


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A local Keen for the tests of one module, with the options that it names as `SANDBOX_OPTIONS`."""
    options = getattr(request.module, "SANDBOX_OPTIONS", ())
    with Sandbox(tmp_path_factory.mktemp("sandbox"), *options) as sandbox:
        yield sandbox


@pytest.fixture
def fresh_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A local Keen for one test alone, without events."""
    with Sandbox(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def faker() -> Iterator[SourceFaker]:
    """An installed airbyte-source-faker."""
    with TemporaryDirectory(prefix="source-faker-") as directory:
        try:
            source = SourceFaker(Path(directory))
        except UnavailableError as reason:
            if sys.version_info >= (3, 13):
                pytest.skip(str(reason))
            do_without(reason)
        yield source
