"""The user's settings, checked once and frozen: contradictions are refused, secrets are never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from destination_keen import delivery as deliveries
from destination_keen.delivery import HttpDelivery, KafkaDelivery
from destination_keen.errors import ConfigError
from destination_keen.settings import LOOPBACK, flag, json_type, text

KEEN_API_URL = "https://api.keen.io/3.0"

_API_URL = re.compile(r"[^\s?#@]+")


@dataclass(frozen=True)
class Limits:
    """Bounds on memory and time (seconds). Users do not set them; tests and embedding code may.

    `patience` is how long nothing at all may be delivered. It is a little more than the client's own delivery timeout,
    whose error knows more. `ingest_patience` is how long Keen may make no progress in storing what was delivered,
    `ingest_quiet` how long a count has to stand still to be taken for the last, `deletion_patience` how long old events
    may not become fewer, `request_patience` how long one request is repeated. Keen counts requests by the
    `keen_minute`, and deletes at most `events_per_delete` with a filter.
    """

    in_flight_bytes: int = 64 * 1024 * 1024
    in_flight_records: int = 100_000
    line_bytes: int = 64 * 1024 * 1024
    waiting_states: int = 10_000
    waiting_state_bytes: int = 64 * 1024 * 1024
    delivery_timeout: float = 120.0
    patience: float = 125.0
    shutdown_grace: float = 25.0
    probe_timeout: float = 6.0
    api_timeout: float = 3.0
    progress_interval: float = 10.0
    ingest_patience: float = 300.0
    ingest_quiet: float = 30.0
    deletion_patience: float = 300.0
    request_timeout: float = 300.0
    request_patience: float = 600.0
    keen_minute: float = 60.0
    events_per_delete: int = 100_000


@dataclass(frozen=True)
class Config:
    """What the user configured. The key is left out of the repr.

    `deduplicate`: events of streams with a primary key carry `keen.uniqueness_token`. `verify_delivery`: the events are
    counted in Keen at the end.
    """

    project_id: str
    api_key: str = field(repr=False)
    infer_timestamp: bool
    delivery: KafkaDelivery | HttpDelivery
    api_url: str
    deduplicate: bool = False
    verify_delivery: bool = False

    @classmethod
    def parse(cls, raw: object) -> Config:
        """Check a configuration as Airbyte hands it over (a JSON object) and freeze it.

        Unknown properties are ignored, so that a configuration of an older or newer version stays usable.

        Raises:
            ConfigError: a property is missing, of the wrong type or contradicts another. Names its title in the form.
        """
        if not isinstance(raw, Mapping):
            raise ConfigError(f"The configuration has to be a JSON object, not {json_type(raw)}.")
        return cls(
            project_id=text(raw, "project_id", "Project ID"),
            api_key=text(raw, "api_key", "Master API Key"),
            infer_timestamp=flag(raw, "infer_timestamp", "Infer Timestamp", default=True),
            delivery=deliveries.parse(raw.get("delivery")),
            api_url=_api_url(text(raw, "api_url", "API URL", default=KEEN_API_URL)),
            deduplicate=flag(raw, "deduplicate", "Deduplicate", default=False),
            verify_delivery=flag(raw, "verify_delivery", "Verify Delivery", default=False),
        )

    @property
    def kafka(self) -> KafkaDelivery:
        """The Kafka cluster, for what is only reached where it is the delivery."""
        if not isinstance(self.delivery, KafkaDelivery):
            raise TypeError("the delivery of this configuration is not Kafka")
        return self.delivery


def _api_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("https", "http") or not host or not _API_URL.fullmatch(url):
        raise ConfigError(f'"API URL" (api_url) has to be an address like {KEEN_API_URL}.')
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ConfigError(
            f'"API URL" (api_url) would send the key to {host} unencrypted. Use https; http is only for this machine.'
        )
    return url.rstrip("/")
