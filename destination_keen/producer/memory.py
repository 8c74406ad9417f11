"""A producer that keeps what it is given: for tests, and for seeing what a sync would send."""

from __future__ import annotations

from collections import deque

from destination_keen.errors import DestinationError, UndeliverableError
from destination_keen.producer import Send, Tally


class MemoryProducer:
    """Delivers to `events`, (collection, value) in order of delivery.

    With `automatic` off, values stay in flight until `deliver` is called. At most `capacity` values are in flight.
    """

    def __init__(self, *, automatic: bool = True, capacity: int = 100_000) -> None:
        self.events: list[tuple[str, bytes]] = []
        self.closed = False
        self._automatic = automatic
        self._capacity = capacity
        self._waiting: deque[tuple[str, bytes, Tally]] = deque()
        self.failure: DestinationError | None = None

    def sender(self, collection: str, tally: Tally) -> Send:
        """Give what takes values of a collection until `capacity` is reached."""

        def send(value: bytes) -> bool:
            if len(self._waiting) >= self._capacity:
                return False
            self._waiting.append((collection, value, tally))
            return True

        return send

    def poll(self, seconds: float) -> None:  # noqa: ARG002 - a delivery takes no time here
        """Deliver all, if that is automatic."""
        if self._automatic:
            self.deliver(len(self._waiting))

    def deliver(self, count: int, *, skip: int = 0) -> None:
        """Deliver `count` values, passing over the `skip` oldest."""
        self._waiting.rotate(-skip)
        for _ in range(count):
            collection, value, tally = self._waiting.popleft()
            self.events.append((collection, value))
            tally.delivered += 1
        self._waiting.rotate(skip)

    def fail(self, failure: DestinationError) -> None:
        """Lose the oldest value in flight, as a broker that refuses it would."""
        self._waiting.popleft()
        self.failure = self.failure or failure

    def stalled(self, seconds: float) -> DestinationError:
        """Say that nothing was delivered."""
        return UndeliverableError(f"Nothing was delivered for {seconds:g} seconds.")

    @property
    def in_flight(self) -> int:
        """Values taken and neither delivered nor failed."""
        return len(self._waiting)

    def close(self) -> None:
        """Forget what is in flight."""
        self._waiting.clear()
        self.closed = True
