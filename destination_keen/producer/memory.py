"""A producer that keeps what it is given: for tests, and for seeing what a sync would send."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from destination_keen.errors import DestinationError, UndeliverableError


class MemoryProducer:
    """Delivers to `events`, (collection, value) in order of delivery.

    With `automatic` off, values stay in flight until `deliver` is called. At most `capacity` values are in flight.
    """

    def __init__(self, *, automatic: bool = True, capacity: int = 100_000) -> None:
        self.events: list[tuple[str, bytes]] = []
        self.closed = False
        self._automatic = automatic
        self._capacity = capacity
        self._waiting: deque[tuple[str, bytes, Callable[[], None]]] = deque()
        self.failure: DestinationError | None = None
        self._delivered_bytes = 0

    def send(self, collection: str, value: bytes, on_delivery: Callable[[], None]) -> bool:
        """Take a value unless `capacity` is reached."""
        if len(self._waiting) >= self._capacity:
            return False
        self._waiting.append((collection, value, on_delivery))
        return True

    def poll(self, seconds: float) -> None:  # noqa: ARG002 - a delivery takes no time here
        """Deliver all, if that is automatic."""
        if self._automatic:
            self.deliver(len(self._waiting))

    def deliver(self, count: int, *, skip: int = 0) -> None:
        """Deliver `count` values, passing over the `skip` oldest."""
        self._waiting.rotate(-skip)
        for _ in range(count):
            collection, value, on_delivery = self._waiting.popleft()
            self.events.append((collection, value))
            self._delivered_bytes += len(value)
            on_delivery()
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

    @property
    def delivered_bytes(self) -> int:
        """Size of all values delivered."""
        return self._delivered_bytes

    def close(self) -> None:
        """Forget what is in flight."""
        self._waiting.clear()
        self.closed = True
