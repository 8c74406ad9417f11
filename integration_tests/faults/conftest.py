"""What faults are tried with: both Kafka clients, a collection of its own per test, a broker behind a proxy."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.faults.proxy import Proxy
from integration_tests.faults.sync import Sync, syncing

Started = Callable[..., AbstractContextManager[Sync]]


@pytest.fixture(params=["librdkafka", "kafka-python"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment in which the connector finds a Kafka client, once for each of the two."""
    if request.param == "librdkafka":
        return {}
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "confluent_kafka.py").write_text('raise ImportError("hidden by a test")\n')
    return {"PYTHONPATH": os.pathsep.join([str(hidden), *filter(None, [os.environ.get("PYTHONPATH")])])}


@pytest.fixture
def start(client: dict[str, str]) -> Started:
    """Starts a sync on a client."""
    return partial(syncing, environment=client)


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> str:
    """The name of a collection that no other test uses."""
    return f"{re.sub('[^a-z-]+', '_', request.node.name)[5:40]}-{time.monotonic_ns()}".lstrip("_")


@pytest.fixture
def proxy(apache_kafka: ApacheKafka) -> Iterator[Proxy]:
    """The network in front of Apache Kafka, for `proxied_config`."""
    with Proxy(apache_kafka.proxy, apache_kafka.proxied) as proxy:
        yield proxy


@pytest.fixture
def proxied(apache_kafka: ApacheKafka, proxy: Proxy) -> dict[str, Any]:
    """A configuration that reaches Apache Kafka through the proxy only."""
    config = apache_kafka.connector_config("SASL_PLAINTEXT")
    return config | {"delivery": config["delivery"] | {"bootstrap_servers": f"localhost:{proxy.port}"}}
