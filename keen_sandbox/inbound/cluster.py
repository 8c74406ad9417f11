"""An existing Kafka cluster to read from instead of listening: its settings, checked and frozen."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from keen_sandbox.errors import KeenError, RefusedError
from keen_sandbox.rules import check_collection

PASSWORD_VARIABLE = "KEEN_SANDBOX_KAFKA_PASSWORD"  # noqa: S105 - the name of a variable, not a password
"""Where the password may be instead of in a file. On a command line it could be seen by everybody on the machine."""

SecurityProtocol = Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"]


@dataclass(frozen=True)
class Cluster:
    """Where a cluster is, how to log in to it, and which of its topics are read."""

    servers: str
    """Brokers to begin with, as `host:port,host:port`."""
    security_protocol: SecurityProtocol
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    """The certificates in PEM that are trusted for TLS; None: those that the system trusts."""
    topics: re.Pattern[str] | None = None
    """Topics whose whole name matches are read; None: those whose name is that of a Keen collection."""

    @property
    def end_point(self) -> dict[str, str]:
        """What clients have to know to write to the cluster, besides user and password."""
        known = {"bootstrap_servers": self.servers, "security_protocol": self.security_protocol}
        return known | ({"ca_certificate": self.ca} if self.ca else {})

    def takes(self, topic: str) -> bool:
        """Whether a topic is read."""
        if self.topics is not None:
            return self.topics.fullmatch(topic) is not None
        try:
            check_collection(topic)
        except KeenError:
            return False
        return True

    def tls(self) -> ssl.SSLContext | None:
        """Make the context of a client that verifies certificate and host name, or None without TLS."""
        return ssl.create_default_context(cadata=self.ca) if self.security_protocol == "SASL_SSL" else None


def read_cluster(options: Any, environment: Mapping[str, str] = os.environ) -> Cluster:
    """Take a cluster from the options of `serve` and the environment, which may hold the password.

    Without a security protocol it is SASL_SSL for a user name, and PLAINTEXT without. Raises RefusedError for
    options that contradict one another, and for files that cannot be read.
    """
    security: SecurityProtocol = options.kafka_security_protocol or (
        "SASL_SSL" if options.kafka_username else "PLAINTEXT"
    )
    _refuse_contradictions(options, security)
    password = None
    if options.kafka_username:
        password = environment.get(PASSWORD_VARIABLE)
        if options.kafka_password_file:
            password = _text(options.kafka_password_file, "--kafka-password-file").rstrip("\r\n")
        if not password:
            raise RefusedError(
                f"--kafka-username needs a password: give --kafka-password-file, or set {PASSWORD_VARIABLE}."
            )
    ca = _text(options.kafka_ca_file, "--kafka-ca-file") if options.kafka_ca_file else None
    cluster = Cluster(options.kafka, security, options.kafka_username, password, ca, options.kafka_topics)
    try:
        cluster.tls()
    except ssl.SSLError:
        raise RefusedError(f"--kafka-ca-file: {options.kafka_ca_file} holds no certificate in PEM.") from None
    return cluster


def _refuse_contradictions(options: Any, security: str) -> None:
    for wrong, sentence in (
        (options.tls, "--tls is for the sandbox's own listener; with --kafka there is none."),
        (options.faults, "--faults are played by the sandbox's own listener; with --kafka there is none."),
        (options.kafka_username and security == "PLAINTEXT", "--kafka-username needs SASL_SSL or SASL_PLAINTEXT."),
        (security != "PLAINTEXT" and not options.kafka_username, f"{security} needs --kafka-username."),
        (options.kafka_ca_file and security != "SASL_SSL", "--kafka-ca-file is for SASL_SSL."),
        (
            options.data and Path(options.data).exists(),
            f"{options.data} is there already, and --kafka reads the cluster from its beginning, so events would be"
            " stored again. Give --data a new file.",
        ),
    ):
        if wrong:
            raise RefusedError(sentence)


def _text(file: Path, option: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise RefusedError(f"{option}: {file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise RefusedError(f"{option}: {file} is not a text in UTF-8.") from None
