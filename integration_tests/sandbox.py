"""A local Keen as a process of its own, and what it says of what it got."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

COMMAND = str(Path(sys.executable).with_name("keen-sandbox"))
FREE_PORTS = ("--kafka-port", "0", "--http-port", "0")
PROJECT = "5f2c0e7cb2d1e40001a3c9d4"
MASTER_KEY = "M4ster/key+with%signs and 'quotes\""
WRITE_KEY = "wr1te-key-of-the-project"
READ_KEY = "r3ad-key-of-the-project"
SECONDS = 30.0


class Sandbox:
    """`keen-sandbox serve` on free ports, killed when the block is left."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.config_file = directory / "config.json"
        self.log = directory / "sandbox.log"
        command = [COMMAND, "serve", *FREE_PORTS, "--config-out", str(self.config_file)]
        keys = ["--project-id", PROJECT, "--master-key", MASTER_KEY, "--write-key", WRITE_KEY, "--read-key", READ_KEY]
        with self.log.open("a") as log:
            self.process = subprocess.Popen([*command, *keys, *options], stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.ready: dict[str, Any] = json.loads(line)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration that the sandbox wrote for the connector."""
        config: dict[str, Any] = json.loads(self.config_file.read_text())
        return config

    @property
    def kafka_port(self) -> int:
        return int(self.ready["bootstrap_servers"].rpartition(":")[2])

    @property
    def http_port(self) -> int:
        return int(self.ready["page"].rstrip("/").rpartition(":")[2])

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def pause(self) -> None:
        """Stop answering without closing a connection."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and give its exit code."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def status(self) -> dict[str, Any]:
        """What it tells about itself right now."""
        status: dict[str, Any] = self._get(f"{self.ready['page']}sandbox/status")
        return status

    def stored(self, collection: str) -> int:
        """Events of a collection so far, while more may be on their way."""
        return int(self.status()["collections"].get(collection, {}).get("events", 0))

    def spans(self) -> dict[str, tuple[str, str]]:
        """First and last `keen.timestamp` by collection."""
        collections = self.status()["collections"]
        return {name: (each["first_timestamp"], each["last_timestamp"]) for name, each in collections.items()}

    def counts(self) -> dict[str, tuple[int, int]]:
        """Events and dropped events by collection, once everything that was accepted has been looked at."""
        end = time.monotonic() + SECONDS
        while (status := self.status())["backlog"]:
            assert time.monotonic() < end, "the backlog does not shrink"
            time.sleep(0.02)
        return {name: (each["events"], each["dropped"]) for name, each in status["collections"].items()}

    def events(self, collection: str) -> list[dict[str, Any]]:
        """All events of a collection, by an extraction over the HTTP API."""
        self.counts()
        result: list[dict[str, Any]] = self._query("extraction", collection)
        return result

    def count(self, collection: str) -> int:
        """How many events a collection has, by a count over the HTTP API."""
        return int(self._query("count", collection))

    def _query(self, kind: str, collection: str) -> Any:
        frame = quote(json.dumps({"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T23:59:59Z"}))
        query = f"queries/{kind}?event_collection={quote(collection)}&timeframe={frame}"
        return self._get(f"{self.ready['api_url']}/projects/{PROJECT}/{query}")["result"]

    def _get(self, url: str) -> Any:
        request = urllib.request.Request(url, headers={"Authorization": MASTER_KEY})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)
