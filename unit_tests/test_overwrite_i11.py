"""I11 as a rule: whatever a collection holds, whatever arrives meanwhile, and however Keen fails."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from destination_keen.api import Answer
from destination_keen.catalog import Stream
from destination_keen.errors import TransientError
from unit_tests.fake_keen import LOST, SYNC, Event, FakeKeen, Request, overwrite, replacing


def _faults(plan: list[str]) -> Callable[[Request], Answer | None]:
    left = iter(plan)

    def before(_: Request) -> Answer | None:
        fault = next(left, "")
        if fault == "lost":
            raise LOST
        return Answer(int(fault), None) if fault else None

    return before


def _stays(event: Event, stream: Stream) -> bool:
    if stream.generation_id is None:
        return event.sync == stream.sync_id
    return event.generation is not None and event.generation >= stream.generation_id


class _Busy(FakeKeen):
    """A Keen with faults, in which events arrive while others are deleted. It knows which ones have to stay."""

    def __init__(self, stream: Stream, held: list[Event], late: list[Event], plan: list[str]) -> None:
        numbered = [
            event._replace(created_at=f"2024-05-02T00:00:{second:02}.000Z")
            for second, event in enumerate([*held, *late])
        ]
        super().__init__(_faults(plan), users=numbered[: len(held)])
        self._stream = stream
        self._late = numbered[len(held) :]
        self.staying = {event for event in self.collections["users"] if _stays(event, stream)}
        self.after = self._arrive

    def _arrive(self, request: Request) -> None:
        assert self.staying <= set(self.collections["users"])
        if request.method == "DELETE" and self._late:
            event = self._late.pop()
            self.collections["users"].append(event)
            self.staying |= {event} if _stays(event, self._stream) else set()


marked = st.builds(Event, st.none() | st.integers(0, 4), st.none() | st.integers(SYNC - 1, SYNC + 1))
moments = st.sampled_from(["0001-01-01T00:00:00.000Z", "2024-05-01T00:00:00.000Z", "2024-05-01T00:00:00.001Z"])
events = st.builds(lambda event, moment: event._replace(timestamp=moment), marked, moments)
faults = st.lists(st.sampled_from(["", "", "", "lost", "429", "503"]), max_size=30)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(events, max_size=12),
    st.lists(events, max_size=4),
    faults,
    st.sampled_from([replacing(3), replacing(None)]),
)
def test_i11_what_is_current_is_never_deleted_and_what_is_superseded_is_gone_at_the_end(
    held: list[Event], late: list[Event], plan: list[str], stream: Stream
) -> None:
    keen = _Busy(stream, held, late, plan)
    for _ in range(20):
        try:
            overwrite(keen, stream)
        except TransientError:
            continue
        break
    assert set(keen.collections["users"]) == keen.staying
