"""Kafka clients of a sandbox that are not the connector's: kafka-python, kcat, and the bare protocol."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Any

from kafka import KafkaProducer
from kafka.protocol.parser import KafkaProtocol
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

from integration_tests.sandbox import MASTER_KEY, PROJECT, SECONDS, WRITE_KEY, Sandbox


def producer(sandbox: Sandbox, **options: Any) -> KafkaProducer:
    """Give a producer of kafka-python that waits for acknowledgements; `options` are its own."""
    tls = {"ssl_cafile": str(authority(sandbox))} if "ca_certificate" in sandbox.ready else {}
    return KafkaProducer(
        bootstrap_servers=sandbox.ready["bootstrap_servers"],
        security_protocol=sandbox.ready["security_protocol"],
        sasl_mechanism="PLAIN",
        sasl_plain_username=PROJECT,
        sasl_plain_password=MASTER_KEY,
        **{"acks": "all", "linger_ms": 20, **tls, **options},
    )


def kcat(sandbox: Sandbox, lines: str, *options: str, key: str = WRITE_KEY) -> subprocess.CompletedProcess[str]:
    """Let kcat produce one event for each line into the topic `orders`; `options` are its own."""
    settings = {
        "security.protocol": sandbox.ready["security_protocol"],
        "sasl.mechanisms": "PLAIN",
        "sasl.username": PROJECT,
        "sasl.password": key,
        "message.timeout.ms": "5000",
    }
    if "ca_certificate" in sandbox.ready:
        settings["ssl.ca.location"] = str(authority(sandbox))
    given = [word for name, value in settings.items() for word in ("-X", f"{name}={value}")]
    command = ["kcat", "-P", "-b", sandbox.ready["bootstrap_servers"], "-t", "orders", *given, *options]
    return subprocess.run(command, input=lines, text=True, capture_output=True, timeout=SECONDS, check=False)


def authority(sandbox: Sandbox) -> Path:
    """Give the certificate of a sandbox with TLS as a file."""
    file = sandbox.log.with_name("ca.pem")
    file.write_text(sandbox.ready["ca_certificate"])
    return file


class Session:
    """A connection that speaks the protocol message by message, closed when the block is left."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._socket = socket.create_connection(("localhost", sandbox.kafka_port), SECONDS)
        self._protocol = KafkaProtocol()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: Any) -> Any:
        self._protocol.send_request(request)
        self._socket.sendall(self._protocol.send_bytes())
        while not (answers := self._protocol.receive_bytes(self._socket.recv(65536))):
            pass
        return answers[0][1]

    def log_in(self, user: str, key: str) -> Any:
        self.ask(SaslHandshakeRequest(version=1, mechanism="PLAIN"))
        token = f"\0{user}\0{key}".encode()
        return self.ask(SaslAuthenticateRequest(version=1, auth_bytes=token))
