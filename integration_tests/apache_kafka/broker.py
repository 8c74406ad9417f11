"""One Apache Kafka broker on this machine, set up like Keen's inbound cluster and owned by the tests."""

import os
import signal
import struct
import subprocess
import time
from pathlib import Path
from typing import Any, Literal

from integration_tests.apache_kafka.access import let_write
from integration_tests.apache_kafka.jars import jars
from integration_tests.apache_kafka.settings import (
    API_KEY,
    OTHER_ID,
    OTHER_KEY,
    PROJECT_ID,
    Ports,
    write_settings,
)
from integration_tests.fetched import require_command

_CLUSTER_ID = "a2Vlbi10ZXN0LWJyb2tlcg"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_READ_SECONDS = 30.0
_CONSUME = ("kcat", "-C", "-q", "-e", "-o", "beginning")
_LIST = ("kcat", "-L", "-m", "2", "-X", "security.protocol=SASL_SSL", "-X", "sasl.mechanism=PLAIN")
_NOBODY_LISTENS = "http://127.0.0.1:9"


class ApacheKafka:
    """A broker with a SASL_SSL, a SASL_PLAINTEXT and, for the tests' own use, an open internal listener.

    Topics are created on demand with three partitions. The project may create, describe and write any topic,
    the other user nothing. Data and ports survive `stop` and `kill`. As a context manager it is ready when
    the block begins, and its process is gone when the block ends.
    """

    project_id = PROJECT_ID
    api_key = API_KEY
    other_id = OTHER_ID
    other_key = OTHER_KEY

    def __init__(self, directory: Path) -> None:
        """Prepare a broker; nothing is started yet.

        Args:
            directory: an empty folder for its settings, data and log.

        Raises:
            UnavailableError: Java, Maven or kcat is missing.
        """
        require_command("kcat", "reads back what arrived in Apache Kafka", "kcat")
        self._libs = jars()
        self._directory = directory
        ports = Ports.free()
        self.sasl_ssl = f"localhost:{ports.sasl_ssl}"
        self.sasl_plaintext = f"localhost:{ports.sasl_plaintext}"
        self.internal = f"localhost:{ports.internal}"
        self._properties = write_settings(directory, ports)
        self.ca_file = directory / "ca.pem"
        self.ca_certificate = self.ca_file.read_text()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ApacheKafka":
        subprocess.run(
            self._java("kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID, "--config"),
            check=True,
            stdout=subprocess.DEVNULL,
        )
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
        """Start the broker on its data and wait until it answers the project over SASL_SSL.

        Raises:
            RuntimeError: it ended, or does not answer within a minute; carries the end of its log.
        """
        log = self._directory / "broker.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Apache Kafka did not start: {log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End the broker in good order, after ten seconds by force. Does nothing where it is not running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker at once, as a power cut would. Does nothing where it is not running."""
        self._end(signal.SIGKILL)

    def connector_config(
        self,
        security_protocol: Literal["SASL_SSL", "SASL_PLAINTEXT"] = "SASL_SSL",
        api_url: str = _NOBODY_LISTENS,
    ) -> dict[str, Any]:
        """Give a configuration of the connector that writes to this broker as the project.

        Args:
            security_protocol: which of the two listeners to use.
            api_url: base of Keen's HTTP API, by default an address where nobody listens.
        """
        delivery = {"method": "kafka", "security_protocol": security_protocol}
        if security_protocol == "SASL_SSL":
            delivery |= {"bootstrap_servers": self.sasl_ssl, "ca_certificate": self.ca_certificate}
        else:
            delivery |= {"bootstrap_servers": self.sasl_plaintext}
        return {"project_id": PROJECT_ID, "api_key": API_KEY, "api_url": api_url, "delivery": delivery}

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
        user = ["-X", f"sasl.username={PROJECT_ID}", "-X", f"sasl.password={API_KEY}"]
        ask = [*_LIST, "-b", self.sasl_ssl, "-X", f"ssl.ca.location={self.ca_file}", *user]
        # A broker that has not yet taken its place in the cluster lists none.
        return b" 1 brokers:" in subprocess.run(ask, capture_output=True, check=False).stdout

    def _java(self, *command: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties')}"
        memory = ["-Xms128m", "-Xmx512m"]
        return ["java", *memory, logging, "-cp", f"{self._libs}/*", *command, str(self._properties)]

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None
