"""Which states may leave: a state leaves when every record that came before it is delivered, and in the order it came.

The ledger is a queue of checkpoints. A checkpoint is the records since the previous state, together with the state that
closes them. It is settled when it is closed and as many of its records are delivered as were sent. Settled checkpoints
leave from the head only, so a state never overtakes a record. Records after the last state are a checkpoint too.

There is no lock: `sent` is written by the reader only, `delivered` by the producer only, and a checkpoint takes no more
records once it is closed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable


class Share:
    """The records of one stream in one checkpoint: how many were sent, and how many of these are delivered."""

    __slots__ = ("delivered", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.delivered = 0


class _Checkpoint:
    __slots__ = ("shares", "state")

    def __init__(self) -> None:
        self.shares: dict[Hashable, Share] = {}
        self.state: bytes | None = None

    @property
    def in_flight(self) -> int:
        return sum(share.sent - share.delivered for share in self.shares.values())

    def delivered(self) -> dict[Hashable, int]:
        return {stream: share.delivered for stream, share in self.shares.items()}


class Ledger:
    """The checkpoints of one run, of which only the last is open."""

    def __init__(self) -> None:
        self._checkpoints = deque([_Checkpoint()])
        self._released: Counter[Hashable] = Counter()
        self.waiting_states = 0
        self.waiting_bytes = 0

    def share(self, stream: Hashable) -> Share:
        """The open checkpoint's share of a stream: count a record there as sent before it is handed over."""
        shares = self._checkpoints[-1].shares
        share = shares.get(stream)
        if share is None:
            share = shares[stream] = Share()
        return share

    def close(self, state: bytes) -> None:
        """Close the open checkpoint with the line of its state, and open the next."""
        self._checkpoints[-1].state = state
        self._checkpoints.append(_Checkpoint())
        self.waiting_states += 1
        self.waiting_bytes += len(state)

    def release(self) -> list[bytes]:
        """Take the states that may leave now, oldest first."""
        states = []
        while (state := self._checkpoints[0].state) is not None and self._checkpoints[0].in_flight == 0:
            settled = self._checkpoints.popleft()
            self._released.update(settled.delivered())
            states.append(state)
            self.waiting_states -= 1
            self.waiting_bytes -= len(state)
        return states

    @property
    def in_flight(self) -> int:
        """Records sent and not delivered."""
        return sum(checkpoint.in_flight for checkpoint in self._checkpoints)

    def delivered(self) -> Counter[Hashable]:
        """Records delivered so far, by stream."""
        total = Counter(self._released)
        for checkpoint in self._checkpoints:
            total.update(checkpoint.delivered())
        return total
