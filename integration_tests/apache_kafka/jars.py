"""Apache Kafka's jars, fetched with Maven once and kept in the user's cache directory."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from integration_tests import UnavailableError

_POM = Path(__file__).with_name("pom.xml")
_MIN_JAVA = 17
_PAUSES = (2, 4, 8)  # seconds after each failed attempt


def jars() -> Path:
    """Give the folder of Kafka's jars, fetching them on the first call of a machine.

    The folder's name carries a digest of the pom, so changed versions are fetched anew. It appears only when
    complete, and one process at a time fetches.

    Raises:
        UnavailableError: Java 17, Maven or Maven's repository is missing.
    """
    _require_java()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "destination-keen"
    libs = cache / f"kafka-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]}"
    if libs.is_dir():
        return libs
    require_command("mvn", "fetches Apache Kafka from Maven's repository", "maven")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libs.is_dir():
            _fetch(libs)
    return libs


def require_command(command: str, purpose: str, package: str) -> None:
    """Make sure that a command is on the path.

    Args:
        command: the name to look for.
        purpose: what it does here, the words that follow "which".
        package: the Debian package that brings it.

    Raises:
        UnavailableError: it is not there.
    """
    if shutil.which(command) is None:
        raise UnavailableError(f"{command} is missing, which {purpose}. On Debian: apt-get install {package}")


def _require_java() -> None:
    require_command("java", "runs Apache Kafka", "default-jre-headless")
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', answer)
    if version is None or int(version[1]) < _MIN_JAVA:
        found = version[1] if version else "one that does not tell its version"
        raise UnavailableError(f"Apache Kafka needs Java {_MIN_JAVA} or newer; the java on the path is {found}")


def _fetch(libs: Path) -> None:
    with tempfile.TemporaryDirectory(dir=libs.parent, prefix="fetching-") as directory:
        fetched = Path(directory) / "libs"
        maven = ["mvn", "-q", "-B", "-Dstyle.color=never", "-f", str(_POM)]
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fetched}"]
        said = ""
        for pause in _PAUSES:
            run = subprocess.run([*maven, *goal], capture_output=True, text=True, check=False)
            if run.returncode == 0:
                fetched.rename(libs)
                return
            said = run.stdout[-2000:]
            time.sleep(pause)
        raise UnavailableError(f"Maven could not fetch Apache Kafka, {len(_PAUSES)} times: {said}")


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Apache Kafka is in {jars()}\n")
    except UnavailableError as reason:
        sys.stdout.write(f"Going on without Apache Kafka: {reason}\n")
