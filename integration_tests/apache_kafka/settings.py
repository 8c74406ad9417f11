"""What the test broker is told: listeners, users and certificate, in the manner of Keen's inbound cluster."""

import random
import socket
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

PROJECT_ID = "5f0c8e2ac9e77c00014bd301"
API_KEY = "3A9C1E5F7B2D4860A1C3E5F70918273645546372819"
OTHER_ID = "other"
OTHER_KEY = "other-key-0123456789"

_USERS = {PROJECT_ID: API_KEY, OTHER_ID: OTHER_KEY}

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:{controller}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://localhost:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=KEEN:SASL_SSL,PLAINSASL:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
sasl.enabled.mechanisms=PLAIN
listener.name.keen.plain.sasl.jaas.config={jaas}
listener.name.plainsasl.plain.sasl.jaas.config={jaas}
ssl.keystore.type=PEM
ssl.keystore.location={directory}/server.pem
ssl.client.auth=none
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=true
num.partitions=3
log.dirs={directory}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""


@dataclass(frozen=True)
class Ports:
    """TCP ports of the broker on localhost, the same ones after a restart."""

    sasl_ssl: int
    sasl_plaintext: int
    internal: int
    controller: int

    @classmethod
    def free(cls) -> "Ports":
        """Choose ports that nobody listens on.

        They lie below the range that systems give to outgoing connections: a client that reconnects while the
        broker is down could otherwise be given the broker's own port and connect to itself.
        """
        found: list[int] = []
        while len(found) < 4:
            port = random.randrange(20_000, 32_000)  # noqa: S311 - a port, not a secret
            with socket.socket() as probe:
                if port not in found and probe.connect_ex(("127.0.0.1", port)) != 0:
                    found.append(port)
        return cls(*found)


def write_settings(directory: Path, ports: Ports) -> Path:
    """Write all that the broker reads at its start, and the certificate that its clients trust.

    Args:
        directory: receives `server.properties`, `server.pem`, `ca.pem` and, in `data`, what the broker keeps.
        ports: where the broker will listen.

    Returns:
        The path of `server.properties`.
    """
    _write_certificates(directory)
    users = " ".join(f'user_{name}="{key}"' for name, key in _USERS.items())
    properties = directory / "server.properties"
    properties.write_text(
        _PROPERTIES.format(
            directory=directory,
            controller=ports.controller,
            listeners=f"KEEN://localhost:{ports.sasl_ssl},PLAINSASL://localhost:{ports.sasl_plaintext},"
            f"INTERNAL://localhost:{ports.internal}",
            jaas=f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};",
        )
    )
    return properties


def _write_certificates(directory: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    issued = authority.issue_cert("localhost")
    key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    # Kafka reads a private key in PKCS#8 only.
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(certificate.bytes() for certificate in issued.cert_chain_pems)
    (directory / "server.pem").write_bytes(pkcs8 + chain)
