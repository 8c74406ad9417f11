"""The user's settings, checked once and frozen: contradictions are refused, secrets are never shown."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from destination_keen.errors import ConfigError

KEEN_BOOTSTRAP_SERVERS = "b1.kafka-in.keen.io:9092,b2.kafka-in.keen.io:9092,b3.kafka-in.keen.io:9092"
KEEN_API_URL = "https://api.keen.io/3.0"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"[^\s/;,@\[\]]+")
_API_URL = re.compile(r"[^\s?#@]+")
_PORT = re.compile(r"[0-9]{1,5}")

SecurityProtocol = Literal["SASL_SSL", "SASL_PLAINTEXT"]


@dataclass(frozen=True)
class KafkaDelivery:
    """Keen's Kafka inbound cluster: brokers as (host, port), and how the connection is secured."""

    bootstrap_servers: tuple[tuple[str, int], ...]
    security_protocol: SecurityProtocol
    ca_certificate: str | None

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS."""
        return self.security_protocol == "SASL_SSL"

    @property
    def servers(self) -> list[str]:
        """The brokers as clients want them: host:port, an IPv6 address in brackets."""
        return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.bootstrap_servers]

    def tls(self) -> ssl.SSLContext:
        """Make the TLS context: certificate and host name are verified, and no setting turns that off."""
        return ssl.create_default_context(cadata=self.ca_certificate)


@dataclass(frozen=True)
class Limits:
    """Bounds on memory and time (seconds). Users do not set them; tests and embedding code may.

    `patience` is how long nothing at all may be delivered. It is a little more than the client's own delivery timeout,
    whose error knows more.
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


@dataclass(frozen=True)
class Config:
    """What the user configured. The key is left out of the repr."""

    project_id: str
    api_key: str = field(repr=False)
    infer_timestamp: bool
    delivery: KafkaDelivery
    api_url: str

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
            project_id=_text(raw, "project_id", "Project ID"),
            api_key=_text(raw, "api_key", "Master API Key"),
            infer_timestamp=_flag(raw, "infer_timestamp", "Infer Timestamp", default=True),
            delivery=_delivery(raw.get("delivery")),
            api_url=_api_url(_text(raw, "api_url", "API URL", default=KEEN_API_URL)),
        )


def json_type(value: object) -> str:
    """Name the JSON type of a decoded value, for messages that must not show the value itself."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")


def _text(raw: Mapping[str, Any], name: str, title: str, default: str | None = None) -> str:
    value = raw.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise ConfigError(f'"{title}" ({name}) is missing. Enter it in the settings of the destination.')
    if not isinstance(value, str):
        raise ConfigError(f'"{title}" ({name}) has to be a string, not {json_type(value)}.')
    value = value.strip()
    if not value:
        raise ConfigError(f'"{title}" ({name}) is empty. Enter it in the settings of the destination.')
    if "\0" in value:
        raise ConfigError(f'"{title}" ({name}) holds a NUL character. Copy it again from Keen.')
    return value


def _flag(raw: Mapping[str, Any], name: str, title: str, *, default: bool) -> bool:
    value = raw.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ConfigError(f'"{title}" ({name}) has to be true or false, not {json_type(value)}.')
    return value


def _delivery(raw: object) -> KafkaDelivery:
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping):
        raise ConfigError(f'"Delivery" (delivery) has to be an object, not {json_type(raw)}.')
    if (raw.get("method") or "kafka") != "kafka":
        raise ConfigError('"Delivery" (delivery.method) has to be "kafka": this version knows no other method.')
    protocol: Any = raw.get("security_protocol") or "SASL_SSL"
    if protocol not in ("SASL_SSL", "SASL_PLAINTEXT"):
        raise ConfigError('"Security Protocol" (delivery.security_protocol) has to be SASL_SSL or SASL_PLAINTEXT.')
    servers = _servers(_text(raw, "bootstrap_servers", "Bootstrap Servers", default=KEEN_BOOTSTRAP_SERVERS))
    remote = [host for host, _ in servers if host not in LOOPBACK]
    if protocol == "SASL_PLAINTEXT" and remote:
        raise ConfigError(
            '"Security Protocol" (delivery.security_protocol) is SASL_PLAINTEXT, which would send the key to'
            f" {remote[0]} unencrypted. Choose SASL_SSL; SASL_PLAINTEXT is only for brokers on this machine."
        )
    return KafkaDelivery(servers, protocol, _certificate(raw.get("ca_certificate")))


def _servers(text: str) -> tuple[tuple[str, int], ...]:
    servers = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = part.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not _HOST.fullmatch(host) or not _PORT.fullmatch(port) or not 0 < int(port) < 65536:
            raise ConfigError(
                '"Bootstrap Servers" (delivery.bootstrap_servers) has to be a list like host:9092,host:9092,'
                f' without a protocol in front; "{part}" is not of that form.'
            )
        servers.append((host, int(port)))
    if not servers:
        raise ConfigError('"Bootstrap Servers" (delivery.bootstrap_servers) names no broker. Enter host:port.')
    return tuple(servers)


def _certificate(pem: object) -> str | None:
    if pem is None or pem == "":
        return None
    if not isinstance(pem, str):
        raise ConfigError(f'"CA Certificate" (delivery.ca_certificate) has to be PEM text, not {json_type(pem)}.')
    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise ConfigError(
            '"CA Certificate" (delivery.ca_certificate) cannot be read as PEM text. Paste the whole certificate, from'
            ' the line "-----BEGIN CERTIFICATE-----" to the line "-----END CERTIFICATE-----".'
        ) from error
    return pem


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
