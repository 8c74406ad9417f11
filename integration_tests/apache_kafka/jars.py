"""Apache Kafka's jars, fetched with Maven."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from integration_tests import UnavailableError
from integration_tests.fetched import fetched, require_command

_POM = Path(__file__).with_name("pom.xml")
_MIN_JAVA = 17


def jars() -> Path:
    """Give the folder of Kafka's jars, fetching them on the first call of a machine.

    Raises:
        UnavailableError: Java 17, Maven or Maven's repository is missing.
    """
    _require_java()
    return fetched("kafka", [_POM], _maven)


def _maven(folder: Path) -> list[str]:
    require_command("mvn", "fetches Apache Kafka from Maven's repository", "maven")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    return ["mvn", "-q", "-B", "-Dstyle.color=never", *goal]


def _require_java() -> None:
    require_command("java", "runs Apache Kafka", "default-jre-headless")
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', answer)
    if version is None or int(version[1]) < _MIN_JAVA:
        found = version[1] if version else "one that does not tell its version"
        raise UnavailableError(f"Apache Kafka needs Java {_MIN_JAVA} or newer; the java on the path is {found}")


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Apache Kafka is in {jars()}\n")
    except UnavailableError as reason:
        sys.stdout.write(f"Going on without Apache Kafka: {reason}\n")
