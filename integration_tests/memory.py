"""The memory of another process, looked at every second until it ends."""

from __future__ import annotations

import statistics
import threading
import time
from pathlib import Path

_SECONDS = 1.0


class Memory:
    """What a process held, in MiB."""

    def __init__(self, pid: int) -> None:
        """Begin to look; the process runs."""
        self.peak_mib = 0.0
        """The most that it ever had, as the system counts it."""
        self._status = Path(f"/proc/{pid}/status")
        self._samples: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._thread.join()

    @property
    def growth_mib_per_minute(self) -> float:
        """The slope of a line through what was seen after the first third, since a start is no growth."""
        seconds, mib = zip(*self._samples[len(self._samples) // 3 :], strict=True)
        return statistics.linear_regression(seconds, mib).slope * 60

    def _follow(self) -> None:
        while sizes := self._sizes():
            self.peak_mib = sizes["VmHWM"]
            self._samples.append((time.monotonic(), sizes["VmRSS"]))
            time.sleep(_SECONDS)

    def _sizes(self) -> dict[str, float]:
        try:
            lines = [line.split() for line in self._status.read_text().splitlines()]
        except OSError:
            return {}
        # A process that has ended and was not waited for has no memory.
        return {line[0].rstrip(":"): int(line[1]) / 1024 for line in lines if line[0] in ("VmHWM:", "VmRSS:")}
