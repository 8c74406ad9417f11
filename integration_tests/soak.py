"""A long sync into an Apache Kafka that is restarted again and again: what is missing, repeated or grown at the end?"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from integration_tests import UnavailableError, connector
from integration_tests.apache_kafka.broker import ApacheKafka
from integration_tests.connector import Running
from integration_tests.memory import Memory

COLLECTION = "soak"
RESULT = Path(__file__).parents[1] / "docs" / "soak.json"

_BLOCK = 1_000
_PAD = 40
_NUMBER = re.compile(rb'"i":(\d+)')
_MOST_PEAK_MIB = 250
_MOST_GROWTH_MIB_PER_MINUTE = 3
# The first restarts let the memory rise to what it then stays at: a run that ends before tells nothing of growth.
_SECONDS_UNTIL_SETTLED = 300


@dataclass
class Result:
    """What a soak came to; the memory is the connector's."""

    client: str
    records: int
    seconds: float
    restarts: int
    states: int
    missing: int
    repeats: int
    peak_mib: float
    growth_mib_per_minute: float
    exit_code: int

    @property
    def passed(self) -> bool:
        """Whether nothing is missing or repeated, every state came out, and memory was bounded."""
        complete = self.exit_code == 0 and self.states == self.records // _BLOCK
        stays = self.seconds < _SECONDS_UNTIL_SETTLED or self.growth_mib_per_minute < _MOST_GROWTH_MIB_PER_MINUTE
        return complete and self.missing == self.repeats == 0 and self.peak_mib < _MOST_PEAK_MIB and stays


def soak(seconds: float, records: int, pause: float, client: str) -> Result:
    """Send records, evenly over a time, while the broker is stopped and started again after every pause.

    Args:
        seconds: over how long the source spreads its records; what a restart held up follows as fast as it can.
        records: how many, rounded down to thousands.
        pause: seconds between a start of the broker and its next stop.
        client: `librdkafka`, used where it is installed, or `kafka-python`.

    Raises:
        UnavailableError: Java, Maven or kcat is missing.
    """
    blocks = records // _BLOCK
    with TemporaryDirectory(prefix="soak-") as name, ApacheKafka(_made(Path(name, "kafka"))) as broker:
        environment = {} if client == "librdkafka" else _without_librdkafka(Path(name, "hidden"))
        config, streams = broker.connector_config(), connector.catalog(COLLECTION)
        began = time.monotonic()
        with connector.started("write", config, streams, environment=environment) as running:
            memory = Memory(running.process.pid)
            source = threading.Thread(target=_feed, args=(running, blocks, seconds / blocks))
            source.start()
            restarts = _restart_until_fed(broker, source, pause)
            ended = running.wait()
            memory.wait()
        took = time.monotonic() - began
        seen, repeats = _read_back(broker, blocks * _BLOCK)
    return Result(
        client="kafka-python" if any("sending with kafka-python" in line for line in ended.logs) else "librdkafka",
        records=blocks * _BLOCK,
        seconds=round(took, 1),
        restarts=restarts,
        states=len(ended.states),
        missing=blocks * _BLOCK - seen,
        repeats=repeats,
        peak_mib=round(memory.peak_mib, 1),
        growth_mib_per_minute=round(memory.growth_mib_per_minute, 2),
        exit_code=ended.code,
    )


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _without_librdkafka(directory: Path) -> dict[str, str]:
    _made(directory).joinpath("confluent_kafka.py").write_text('raise ImportError("hidden by a test")\n')
    return {"PYTHONPATH": str(directory)}


def _feed(running: Running, blocks: int, seconds_a_block: float) -> None:
    began = time.monotonic()
    assert running.process.stdin is not None
    with running.process.stdin:
        for block in range(blocks):
            time.sleep(max(0.0, began + block * seconds_a_block - time.monotonic()))
            numbers = range(block * _BLOCK, (block + 1) * _BLOCK)
            lines = [connector.record(COLLECTION, i=i, pad=f"{i * 2_654_435_761:x}" * _PAD) for i in numbers]
            running.write(*lines, connector.state(block + 1, COLLECTION))


def _restart_until_fed(broker: ApacheKafka, source: threading.Thread, pause: float) -> int:
    restarts = 0
    source.join(pause)
    while source.is_alive():
        broker.stop()
        broker.start()
        restarts += 1
        source.join(pause)
    return restarts


def _read_back(broker: ApacheKafka, records: int) -> tuple[int, int]:
    """Count the records that are in the broker, and how many events repeat one, without holding them."""
    seen, repeats = bytearray(records), 0
    for i in _numbers(broker):
        repeats += seen[i]
        seen[i] = 1
    return sum(seen), repeats


def _numbers(broker: ApacheKafka) -> Iterator[int]:
    consume = ["kcat", "-C", "-q", "-e", "-o", "beginning", "-b", broker.internal, "-t", COLLECTION]
    with subprocess.Popen(consume, stdout=subprocess.PIPE) as consumer:
        assert consumer.stdout is not None
        for line in consumer.stdout:
            found = _NUMBER.search(line)
            assert found is not None
            yield int(found[1])
        assert consumer.wait() == 0


def main() -> int:
    """Run a soak as the options say, write its result and give 0 if it passed."""
    parser = argparse.ArgumentParser(prog="python -m integration_tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="default: %(default)s")
    parser.add_argument("--records", type=int, help="default: what makes 5,000,000 in ten minutes")
    parser.add_argument("--pause", type=float, default=30.0, help="seconds between restarts, default: %(default)s")
    parser.add_argument("--client", choices=["librdkafka", "kafka-python"], default="librdkafka")
    parser.add_argument("--result", type=Path, default=RESULT, help="a JSON file, default: %(default)s")
    options = parser.parse_args()
    records = options.records or int(options.seconds * 5_000_000 / 600)
    try:
        result = soak(options.seconds, records, options.pause, options.client)
    except UnavailableError as reason:
        sys.exit(str(reason))
    text = json.dumps(asdict(result) | {"passed": result.passed}, indent=2)
    options.result.write_text(text + "\n")
    print(text)
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
