"""The two ways to Keen, as the user set them: its Kafka inbound cluster, or its HTTP API."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from destination_keen.errors import ConfigError
from destination_keen.settings import LOOPBACK, json_type, text

KEEN_BOOTSTRAP_SERVERS = "b1.kafka-in.keen.io:9092,b2.kafka-in.keen.io:9092,b3.kafka-in.keen.io:9092"

_HOST = re.compile(r"[^\s/;,@\[\]]+")
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
class HttpDelivery:
    """Keen's HTTP API, at the address in "API URL"."""


def parse(raw: object) -> KafkaDelivery | HttpDelivery:
    """Check the property `delivery` of a configuration; null is Keen's own Kafka cluster.

    Raises:
        ConfigError: a property is of the wrong type or contradicts another. Names its title in the form.
    """
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping):
        raise ConfigError(f'"Delivery" (delivery) has to be an object, not {json_type(raw)}.')
    method = raw.get("method") or "kafka"
    if method == "http":
        return HttpDelivery()
    if method == "kafka":
        return _kafka(raw)
    raise ConfigError('"Delivery" (delivery.method) has to be "kafka" or "http".')


def _kafka(raw: Mapping[str, Any]) -> KafkaDelivery:
    protocol: Any = raw.get("security_protocol") or "SASL_SSL"
    if protocol not in ("SASL_SSL", "SASL_PLAINTEXT"):
        raise ConfigError('"Security Protocol" (delivery.security_protocol) has to be SASL_SSL or SASL_PLAINTEXT.')
    servers = _servers(text(raw, "bootstrap_servers", "Bootstrap Servers", default=KEEN_BOOTSTRAP_SERVERS))
    remote = [host for host, _ in servers if host not in LOOPBACK]
    if protocol == "SASL_PLAINTEXT" and remote:
        raise ConfigError(
            '"Security Protocol" (delivery.security_protocol) is SASL_PLAINTEXT, which would send the key to'
            f" {remote[0]} unencrypted. Choose SASL_SSL; SASL_PLAINTEXT is only for brokers on this machine."
        )
    return KafkaDelivery(servers, protocol, _certificate(raw.get("ca_certificate")))


def _servers(listed: str) -> tuple[tuple[str, int], ...]:
    servers = []
    for part in filter(None, (part.strip() for part in listed.split(","))):
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
