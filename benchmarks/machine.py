"""On what the figures were measured: the machine, and the versions of all that took part."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from integration_tests.apache_kafka.jars import jars

_PACKAGES = ("confluent-kafka", "kafka-python", "msgspec", "airbyte-cdk", "python-dateutil")


def describe() -> dict[str, str]:
    """Name and value of everything that a reader may want to compare with, in the order to show it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    machine = {
        "CPU": _found(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text()),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    for package in _PACKAGES:
        try:
            machine[package] = version(package)
        except PackageNotFoundError:
            machine[package] = "not installed"
    machine["Apache Kafka"] = _found(r"kafka-clients-(.+?)\.jar", " ".join(jar.name for jar in jars().iterdir()))
    machine["Java"] = _found(r'version "(.+?)"', _said("java", "-version"))
    machine["kcat"] = _found(r"Version (\S+)", _said("kcat", "-V"))
    machine["librdkafka in kcat"] = _found(r"librdkafka ([0-9.]+)", _said("kcat", "-V"))
    return machine


def _said(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "unknown"
