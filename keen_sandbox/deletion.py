"""Deletes events as Keen does: what filters and a timeframe select or a whole collection, up to a size."""

from __future__ import annotations

from keen_sandbox.errors import KeenError
from keen_sandbox.query import Selection
from keen_sandbox.store import Store

MOST_OF_A_COLLECTION = 999_999
MOST_SELECTED = 100_000
"""How many events may go in one request (Keen's API reference): with the whole collection, and with a selection."""


def delete_events(store: Store, collection: str, selection: Selection) -> None:
    """Delete the events of a collection that are selected, together with their uniqueness tokens.

    Raises KeenError, and deletes nothing, where there are more than Keen deletes in one request. Keen documents the
    sizes, not its answer above them.
    """
    most = MOST_OF_A_COLLECTION if selection.everything else MOST_SELECTED
    found = store.delete(collection, selection.condition, selection.values.by_name, most)
    if found > most:
        what = (
            f"The collection '{collection}' holds {found:,} events, and whole only fewer than 1,000,000 can be deleted."
            if selection.everything
            else f"The filters and the timeframe select {found:,} events, and at most 100,000 can be deleted at once."
        )
        raise KeenError("TooManyEventsError", f"{what} Nothing was deleted.")
