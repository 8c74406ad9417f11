"""Apache Kafka on this machine, one node or several, set up like Keen's inbound cluster and owned by the tests."""

import signal
import struct
import subprocess
import time
from pathlib import Path
from typing import Any, Literal

from integration_tests.apache_kafka.access import let_write
from integration_tests.apache_kafka.jars import jars
from integration_tests.apache_kafka.node import Node
from integration_tests.apache_kafka.settings import (
    API_KEY,
    OTHER_ID,
    OTHER_KEY,
    PROJECT_ID,
    Ports,
    write_settings,
)
from integration_tests.fetched import require_command

_START_SECONDS = 60.0
_READ_SECONDS = 30.0
_CONSUME = ("kcat", "-C", "-q", "-e", "-o", "beginning")
_LIST = ("kcat", "-L", "-m", "2", "-X", "security.protocol=SASL_SSL", "-X", "sasl.mechanism=PLAIN")
_NOBODY_LISTENS = "http://127.0.0.1:9"


class ApacheKafka:
    """A cluster with a SASL_SSL, a SASL_PLAINTEXT and, for the tests' own use, an open internal listener.

    Topics are created on demand with three partitions and a replica on every node; a write needs all but one of them.
    The project may create, describe and write any topic, the other user nothing. Data and ports survive `stop` and
    `kill`. As a context manager it is ready when the block begins, and its processes are gone when the block ends.
    A fourth listener at `proxied` tells clients that the broker is at `proxy`, for a test that puts a proxy there.
    """

    project_id = PROJECT_ID
    other_id = OTHER_ID
    other_key = OTHER_KEY

    def __init__(self, directory: Path, nodes: int = 1, **properties: str) -> None:
        """Prepare the nodes; nothing is started yet.

        Args:
            directory: an empty folder for their settings, data and logs.
            nodes: how many there are.
            properties: further properties of all nodes, with "_" for ".".

        Raises:
            UnavailableError: Java, Maven or kcat is missing.
        """
        require_command("kcat", "reads back what arrived in Apache Kafka", "kcat")
        self.libs = jars()
        ports = [Ports.free() for _ in range(nodes)]
        self.sasl_ssl = ",".join(f"localhost:{each.sasl_ssl}" for each in ports)
        self.sasl_plaintext = ",".join(f"localhost:{each.sasl_plaintext}" for each in ports)
        self.internal = ",".join(f"localhost:{each.internal}" for each in ports)
        self.proxied, self.proxy = ports[0].proxied, ports[0].proxy
        extra = {name.replace("_", "."): value for name, value in properties.items()}
        self.nodes = [Node(settings, self.libs) for settings in write_settings(directory, ports, extra)]
        self.api_key = API_KEY
        self.ca_file = directory / "ca.pem"
        self.ca_certificate = self.ca_file.read_text()

    def __enter__(self) -> "ApacheKafka":
        for node in self.nodes:
            node.format()
        try:
            self.start()
            let_write(PROJECT_ID, self.internal)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start what is not running on its data, and wait until all nodes are there for the project, over SASL_SSL.

        Raises:
            RuntimeError: a node ended, or does not answer within a minute; carries the end of a log.
        """
        for node in self.nodes:
            node.launch()
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            for node in self.nodes:
                if not node.running or time.monotonic() > deadline:
                    raise RuntimeError(f"Apache Kafka did not start: {node.said}")

    def stop(self) -> None:
        """End all nodes in good order, after ten seconds by force. Does nothing where none is running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End all nodes at once, as a power cut would. Does nothing where none is running."""
        self._end(signal.SIGKILL)

    def change_key(self, key: str) -> None:
        """Give the project another key, which counts from the next start on."""
        for node in self.nodes:
            node.change(self.api_key, key)
        self.api_key = key

    def connector_config(
        self,
        security_protocol: Literal["SASL_SSL", "SASL_PLAINTEXT"] = "SASL_SSL",
        api_url: str = _NOBODY_LISTENS,
    ) -> dict[str, Any]:
        """Give a configuration of the connector that writes to this cluster as the project.

        Args:
            security_protocol: which of the two listeners to use.
            api_url: base of Keen's HTTP API, by default an address where nobody listens.
        """
        delivery = {"method": "kafka", "security_protocol": security_protocol}
        if security_protocol == "SASL_SSL":
            delivery |= {"bootstrap_servers": self.sasl_ssl, "ca_certificate": self.ca_certificate}
        else:
            delivery |= {"bootstrap_servers": self.sasl_plaintext}
        return {"project_id": PROJECT_ID, "api_key": self.api_key, "api_url": api_url, "delivery": delivery}

    def read(self, topic: str, count: int = 0) -> list[bytes]:
        """Read all values of a topic with kcat, ordered within each partition.

        Args:
            topic: a topic that does not exist has no values.
            count: wait up to half a minute until there are this many.

        Returns:
            Every value there is, be it fewer or more than `count`.
        """
        deadline = time.monotonic() + _READ_SECONDS
        while len(values := self._read_once(topic)) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return values

    def _read_once(self, topic: str) -> list[bytes]:
        # %R is the length of %s in four bytes, so that values may hold line ends.
        consume = [*_CONSUME, "-b", self.internal, "-t", topic, "-f", "%R%s"]
        run = subprocess.run(consume, capture_output=True, check=False, timeout=_READ_SECONDS)
        if run.returncode != 0:
            if b"Unknown topic" in run.stderr:
                return []
            raise RuntimeError(f"kcat could not read {topic}: {run.stderr.decode()}")
        values, start = [], 4
        while start <= len(run.stdout):
            (size,) = struct.unpack_from(">i", run.stdout, start - 4)
            values.append(run.stdout[start : start + size])
            start += size + 4
        return values

    def _answers(self) -> bool:
        user = ["-X", f"sasl.username={PROJECT_ID}", "-X", f"sasl.password={self.api_key}"]
        ask = [*_LIST, "-b", self.sasl_ssl, "-X", f"ssl.ca.location={self.ca_file}", *user]
        # A broker that has not yet taken its place in the cluster lists none.
        there = f" {len(self.nodes)} brokers:".encode()
        return there in subprocess.run(ask, capture_output=True, check=False).stdout

    def _end(self, how: signal.Signals) -> None:
        # All at once: the last ones of a cluster cannot leave in good order.
        for node in self.nodes:
            node.signal(how)
        for node in self.nodes:
            node.wait()
