"""Apache Kafka, one node or several, with SASL and without limits, and what it uses and holds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from integration_tests.apache_kafka import settings
from integration_tests.apache_kafka.jars import jars
from integration_tests.fetched import require_command

PROJECT_ID, API_KEY = settings.PROJECT_ID, settings.API_KEY

_CLUSTER_ID = "a2Vlbi1iZW5jaG1hcmtzLg"
_START_SECONDS = 90.0
_STOP_SECONDS = 15.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PARTITIONS = range(3)

_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://localhost:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=SASL:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{key}";
num.partitions=3
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr=1
log.dirs={data}
"""


class Cluster:
    """Brokers on this machine, ready when the block begins and gone when it ends.

    Topics come into being when they are first written to, with three partitions and a replica on every node, up to
    three; a write is acknowledged by all but one of those.
    """

    def __init__(self, directory: Path, nodes: int = 1) -> None:
        """Prepare brokers; nothing is started yet.

        Args:
            directory: receives settings, logs and data.
            nodes: how many brokers.

        Raises:
            UnavailableError: Java, Maven or kcat is missing.
        """
        require_command("kcat", "asks Apache Kafka what it holds, and is measured itself", "kcat")
        self.libs = jars()
        self._nodes = [directory / f"node-{node}" for node in range(1, nodes + 1)]
        ports = [settings.Ports.free() for _ in self._nodes]
        self.address = ",".join(f"localhost:{each.sasl_plaintext}" for each in ports)
        self._internal = ",".join(f"localhost:{each.internal}" for each in ports)
        voters = ",".join(f"{node}@localhost:{each.controller}" for node, each in enumerate(ports, 1))
        for node, (folder, each) in enumerate(zip(self._nodes, ports, strict=True), 1):
            folder.mkdir()
            (folder / "server.properties").write_text(
                _PROPERTIES.format(
                    node=node,
                    voters=voters,
                    listeners=f"SASL://localhost:{each.sasl_plaintext},INTERNAL://localhost:{each.internal}",
                    controller=each.controller,
                    user=PROJECT_ID,
                    key=API_KEY,
                    replicas=min(3, nodes),
                    in_sync=max(1, min(3, nodes) - 1),
                    data=folder / "data",
                )
            )
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Cluster:
        format_data = ("kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID, "--config")
        formatting = [self._java(folder, *format_data) for folder in self._nodes]
        if sum(process.wait() for process in formatting):
            raise RuntimeError(self._log())
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end(signal.SIGTERM)

    def start(self) -> None:
        """Start all brokers on their data and wait until they form a cluster.

        Raises:
            RuntimeError: they do not within a minute and a half; carries the end of a log.
        """
        self._processes = [self._java(folder, "kafka.Kafka") for folder in self._nodes]
        deadline = time.monotonic() + _START_SECONDS
        while f" {len(self._nodes)} brokers:" not in self._kcat("-L", "-m", "2"):
            if time.monotonic() > deadline or any(process.poll() is not None for process in self._processes):
                raise RuntimeError(f"Apache Kafka did not start: {self._log()}")

    def kill(self) -> None:
        """End all brokers at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def config(self) -> dict[str, Any]:
        """A configuration of the connector for this cluster."""
        delivery = {"method": "kafka", "bootstrap_servers": self.address, "security_protocol": "SASL_PLAINTEXT"}
        return {"project_id": PROJECT_ID, "api_key": API_KEY, "delivery": delivery}

    def count(self, topics: Sequence[str]) -> int:
        """How many messages some topics hold; a topic that does not exist holds none."""
        total = 0
        for topic in topics:
            ask = [argument for partition in _PARTITIONS for argument in ("-t", f"{topic}:{partition}:-1")]
            answer = [line.rsplit(" ", 1) for line in self._kcat("-Q", *ask).splitlines()]
            total += sum(int(offset) for place, offset in answer if place.endswith(" offset"))
        return total

    def stored_bytes(self) -> int:
        """Size of the messages in all logs of all nodes, compressed as they were sent."""
        return sum(log.stat().st_size for folder in self._nodes for log in folder.glob("data/[!_]*/*.log"))

    def cpu_seconds(self) -> float:
        """CPU time that the brokers have used so far."""
        stats = [Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2] for process in self._processes]
        return sum(sum(map(int, each.split()[11:13])) for each in stats) / _TICKS

    def _kcat(self, *command: str) -> str:
        return subprocess.run(
            ["kcat", "-b", self._internal, *command], capture_output=True, text=True, check=False
        ).stdout

    def _java(self, folder: Path, *command: str) -> subprocess.Popen[bytes]:
        logging = f"-Dlog4j2.configurationFile={Path(settings.__file__).with_name('log4j2.properties')}"
        java = ["java", "-Xms256m", "-Xmx512m", logging, "-cp", f"{self.libs}/*"]
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*java, *command, str(folder / "server.properties")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _log(self) -> str:
        return (self._nodes[0] / "log").read_text()[-3000:]

    def _end(self, how: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(how)
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []
