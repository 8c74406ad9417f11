"""Records are taken no faster than they can be delivered in time: recent deliveries bound what is in flight."""

from __future__ import annotations

import time
from collections import deque

# What may be in flight whatever was delivered: as much as a network carries in time that is hardly one.
_BYTES_A_SECOND = 256 * 1024
_SAMPLES = 100


class Pace:
    """Measures the deliveries of an eighth of the time in which a record has to be delivered (in seconds), and allows
    twice as much to be in flight.

    So a record waits for about a quarter of that time at most, however slow the network is; and while it is fast, the
    bound doubles with every delivery and is soon no bound.
    """

    def __init__(self, delivery_timeout: float) -> None:
        self._seconds = delivery_timeout / 8
        self._always = delivery_timeout * _BYTES_A_SECOND
        self._samples: deque[tuple[float, float]] = deque()

    def allows(self, taken: int, taken_bytes: int, in_flight: int) -> bool:
        """Whether more may be taken, after `taken` lines of `taken_bytes`, of which `in_flight` are not delivered."""
        now = time.monotonic()
        in_flight_bytes = taken_bytes * in_flight / max(taken, 1)
        delivered = taken_bytes - in_flight_bytes
        samples = self._samples
        if not samples or now - samples[-1][0] > self._seconds / _SAMPLES:
            samples.append((now, delivered))
        while samples[0][0] < now - self._seconds and len(samples) > 1:
            samples.popleft()
        return in_flight_bytes <= max(self._always, 2 * (delivered - samples[0][1]))
