"""Runs one command and writes down what it cost: `meter.py RESULT SECONDS COMMAND...`.

It is a program of its own, run on a bare Python, because the system counts into a process's peak memory what its parent
held at the moment of starting it. That leaves a floor of about 10 MB.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def run(command: list[str], seconds: float) -> dict[str, float]:
    """Run a command on the standard streams of this process, to its end or for so many seconds (0: to its end).

    Returns:
        `code` (negative: the signal that ended it), wall `seconds`, `cpu_seconds` of all its threads, user and system,
        and `peak_bytes`, its largest resident set.
    """
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    if seconds:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - began
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": took,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
    }


if __name__ == "__main__":
    result, limit, *rest = sys.argv[1:]
    measured = run(rest, float(limit))
    with open(result, "w") as file:  # noqa: PTH123 - pathlib would triple the memory of this process
        json.dump(measured, file)
