"""What the test broker is told: listeners, users and certificate, in the manner of Keen's inbound cluster."""

import random
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
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
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://localhost:{controller}
advertised.listeners={advertised}
listener.security.protocol.map=KEEN:SASL_SSL,PLAINSASL:SASL_PLAINTEXT,PROXIED:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,\
CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
sasl.enabled.mechanisms=PLAIN
listener.name.keen.plain.sasl.jaas.config={jaas}
listener.name.plainsasl.plain.sasl.jaas.config={jaas}
listener.name.proxied.plain.sasl.jaas.config={jaas}
ssl.keystore.type=PEM
ssl.keystore.location={directory}/server.pem
ssl.client.auth=none
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=true
num.partitions=3
default.replication.factor={replicas}
min.insync.replicas={in_sync}
log.dirs={directory}/node-{node}/data
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""


@dataclass(frozen=True)
class Ports:
    """TCP ports of a broker on localhost, the same ones after a restart.

    Clients that came in by `proxied` are told to find the broker at `proxy`, where a test may put a proxy.
    """

    sasl_ssl: int
    sasl_plaintext: int
    internal: int
    controller: int
    proxied: int
    proxy: int

    @classmethod
    def free(cls) -> "Ports":
        """Choose ports that nobody listens on.

        They lie below the range that systems give to outgoing connections: a client that reconnects while the
        broker is down could otherwise be given the broker's own port and connect to itself.
        """
        found: list[int] = []
        while len(found) < len(fields(cls)):
            port = random.randrange(20_000, 32_000)  # noqa: S311 - a port, not a secret
            with socket.socket() as probe:
                if port not in found and probe.connect_ex(("127.0.0.1", port)) != 0:
                    found.append(port)
        return cls(*found)

    def listeners(self, proxied: int) -> str:
        """The listeners for clients and other brokers as properties name them, with a port for the proxied one."""
        ports = {"KEEN": self.sasl_ssl, "PLAINSASL": self.sasl_plaintext, "INTERNAL": self.internal, "PROXIED": proxied}
        return ",".join(f"{name}://localhost:{port}" for name, port in ports.items())


def write_settings(directory: Path, nodes: Sequence[Ports], extra: Mapping[str, str]) -> list[Path]:
    """Write all that the brokers of a cluster read at their start, and the certificate that their clients trust.

    Args:
        directory: receives `server.pem`, `ca.pem` and a folder per node with its `server.properties` and data.
        nodes: where each of them will listen. Topics have a replica on each, and one of those may be missing.
        extra: further properties of all nodes, or other values of those that they have.

    Returns:
        The paths of the `server.properties`.
    """
    _write_certificates(directory)
    voters = ",".join(f"{node}@localhost:{ports.controller}" for node, ports in enumerate(nodes, 1))
    files = []
    for node, ports in enumerate(nodes, 1):
        folder = directory / f"node-{node}"
        folder.mkdir()
        text = _PROPERTIES.format(
            directory=directory,
            node=node,
            voters=voters,
            controller=ports.controller,
            listeners=ports.listeners(ports.proxied),
            advertised=ports.listeners(ports.proxy),
            replicas=len(nodes),
            in_sync=max(1, len(nodes) - 1),
            jaas=jaas(_USERS),
        )
        files.append(folder / "server.properties")
        # Of a property that is there twice, the last one counts.
        files[-1].write_text(text + "".join(f"{name}={value}\n" for name, value in extra.items()))
    return files


def jaas(keys: Mapping[str, str]) -> str:
    """The login module that lets users in by their keys, as a broker's property."""
    users = " ".join(f'user_{name}="{key}"' for name, key in keys.items())
    return f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"


def _write_certificates(directory: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    issued = authority.issue_cert("localhost")
    key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    # Kafka reads a private key in PKCS#8 only.
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(certificate.bytes() for certificate in issued.cert_chain_pems)
    (directory / "server.pem").write_bytes(pkcs8 + chain)
