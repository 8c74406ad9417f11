"""Tests against real parts: Apache Kafka, airbyte-source-faker, and the connector as a process."""

import os
from typing import NoReturn

import pytest


class UnavailableError(Exception):
    """A real part cannot run on this machine. The message says what is missing and how to get it."""


def do_without(reason: UnavailableError) -> NoReturn:
    """Skip the test that needs the part; with CI=true it fails instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(reason))
    pytest.skip(str(reason))
