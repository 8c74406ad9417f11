"""Who is measured, and the command of each: it reads lines on standard input and ends when all are acknowledged."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.cluster import API_KEY, PROJECT_ID, Cluster
from benchmarks.lines import Block

RAW_TOPIC = "raw"

LIBRDKAFKA = "destination-keen, librdkafka"
KAFKA_PYTHON = "destination-keen, kafka-python"
MEMORY = "destination-keen, sending nowhere"
KCAT = "kcat -P, raw lines"
JAVA = "Kafka's performance producer, raw lines"
STOCK = "stock connector"

LANES = (LIBRDKAFKA, KAFKA_PYTHON)
"""The connector with each of its clients, the faster one first."""

_CONNECTOR = str(Path(sys.executable).with_name("destination-keen"))
# The command as it is where confluent-kafka is not installed.
_WITHOUT_CONFLUENT_KAFKA = (
    "import sys; sys.modules['confluent_kafka'] = None; from destination_keen.command import main; main()"
)
_JAVA_SETTINGS = """\
bootstrap.servers={address}
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="{user}" password="{key}";
acks=all
compression.type=lz4
linger.ms=50
batch.size=262144
buffer.memory=67108864
"""


@dataclass(frozen=True)
class Task:
    """What a contender is to do: send so many lines of a block to a cluster, with settings files in `directory`."""

    cluster: Cluster
    block: Block
    directory: Path
    lines: int

    def file(self, name: str, text: str) -> str:
        """Write a settings file and give its path."""
        path = self.directory / name
        path.write_text(text)
        return str(path)


@dataclass(frozen=True)
class Contender:
    """A program to measure.

    `share` is how much of the input it gets, so that slow ones do not take forever. `sends` is what arrives: nothing,
    the raw lines, or an event for each record.
    """

    name: str
    command: Callable[[Task], list[str]]
    share: float
    sends: str = "events"


def lane() -> str:
    """The client that the connector uses as it is installed here."""
    return LIBRDKAFKA if find_spec("confluent_kafka") else KAFKA_PYTHON


def contenders() -> list[Contender]:
    """All that can run here."""
    everyone = [
        Contender(LIBRDKAFKA, _librdkafka, share=1.0),
        Contender(KAFKA_PYTHON, _kafka_python, share=0.25),
        Contender(MEMORY, _memory, share=1.0, sends="nothing"),
        Contender(KCAT, _kcat, share=1.0, sends="lines"),
        Contender(JAVA, _java, share=1.0, sends="lines"),
        Contender(STOCK, _stock, share=0.08),
    ]
    return [each for each in everyone if each.name != LIBRDKAFKA or lane() == LIBRDKAFKA]


def _write(task: Task) -> list[str]:
    config = task.file("config.json", json.dumps(task.cluster.config()))
    return ["write", "--config", config, "--catalog", str(task.block.catalog)]


def _librdkafka(task: Task) -> list[str]:
    return [_CONNECTOR, *_write(task)]


def _kafka_python(task: Task) -> list[str]:
    return [sys.executable, "-c", _WITHOUT_CONFLUENT_KAFKA, *_write(task)]


def _memory(task: Task) -> list[str]:
    return [sys.executable, "-m", "benchmarks.nowhere", str(task.block.catalog)]


def _stock(task: Task) -> list[str]:
    return [sys.executable, "-m", "benchmarks.stock_connector", *_write(task)]


def _kcat(task: Task) -> list[str]:
    settings = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": PROJECT_ID,
        "sasl.password": API_KEY,
        "acks": "all",
        "compression.codec": "lz4",
        "linger.ms": "50",
        "batch.size": "1000000",
        "queue.buffering.max.messages": "100000",
    }
    options = [argument for name, value in settings.items() for argument in ("-X", f"{name}={value}")]
    return ["kcat", "-P", "-b", task.cluster.address, "-t", RAW_TOPIC, *options]


def _java(task: Task) -> list[str]:
    settings = _JAVA_SETTINGS.format(address=task.cluster.address, user=PROJECT_ID, key=API_KEY)
    quiet = f"-Dlog4j2.configurationFile={task.file('log4j2.properties', 'rootLogger.level=OFF')}"
    java = ["java", "-Xms256m", "-Xmx512m", quiet, "-cp", f"{task.cluster.libs}/*"]
    # It refuses to send nothing.
    count = str(max(1, task.lines))
    source = ["--payload-file", str(task.block.path), "--num-records", count, "--throughput", "-1"]
    target = ["--topic", RAW_TOPIC, "--producer.config", task.file("java.properties", settings)]
    return [*java, "org.apache.kafka.tools.ProducerPerformance", *target, *source]
