"""One node of Apache Kafka: a process with its own settings, data and log, started, stopped and frozen by the tests."""

import os
import signal
import subprocess
from pathlib import Path

_CLUSTER_ID = "a2Vlbi10ZXN0LWJyb2tlcg"
_STOP_SECONDS = 10.0


class Node:
    """A node whose data and ports survive `stop` and `kill`."""

    def __init__(self, properties: Path, libs: Path) -> None:
        """Prepare a node; nothing is started yet.

        Args:
            properties: its settings, in a folder of its own that receives its log.
            libs: the folder of Kafka's jars.
        """
        self._properties = properties
        self._libs = libs
        self._process: subprocess.Popen[bytes] | None = None

    def format(self) -> None:
        """Make its data directory."""
        subprocess.run(
            self._java("kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID, "--config"),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def change(self, old: str, new: str) -> None:
        """Replace a text in its settings, which it reads when it starts."""
        self._properties.write_text(self._properties.read_text().replace(old, new))

    def launch(self) -> None:
        """Start its process, without waiting for it. Does nothing where it is running."""
        if self.running:
            return
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text()[-3000:]

    def stop(self) -> None:
        """End it in good order, after ten seconds by force. Does nothing where it is not running."""
        self.signal(signal.SIGTERM)
        self.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would. Does nothing where it is not running."""
        self.signal(signal.SIGKILL)
        self.wait()

    def pause(self) -> None:
        """Freeze it: its connections stay, and nothing is answered."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process, if it is running."""
        if self._process is not None and self.running:
            os.killpg(self._process.pid, number)

    def wait(self) -> None:
        """Wait for its end, which comes by force after ten seconds."""
        if self._process is None:
            return
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    @property
    def _log(self) -> Path:
        return self._properties.with_name("broker.log")

    def _java(self, *command: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties')}"
        memory = ["-Xms128m", "-Xmx512m"]
        return ["java", *memory, logging, "-cp", f"{self._libs}/*", *command, str(self._properties)]
