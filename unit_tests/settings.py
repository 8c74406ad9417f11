"""Configurations for the tests of `destination_keen.config`."""

from __future__ import annotations

from typing import Any

import pytest

from destination_keen.config import Config, KafkaDelivery
from destination_keen.errors import ConfigError


def parsed(**settings: Any) -> Config:
    """A configuration with these settings beside the two that are required."""
    return Config.parse({"project_id": "p1", "api_key": "k1", **settings})


def parsed_delivery(**settings: Any) -> KafkaDelivery:
    """The delivery by Kafka with these settings."""
    return parsed(delivery={"method": "kafka", **settings}).delivery


def refusal(raw: Any) -> str:
    """The sentence with which a configuration is refused."""
    with pytest.raises(ConfigError) as caught:
        Config.parse(raw)
    return caught.value.message
