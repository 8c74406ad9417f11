from datetime import datetime, timezone
from typing import Any

from keen_sandbox.deletion import delete_events
from keen_sandbox.errors import KeenError
from keen_sandbox.query import read_selection
from keen_sandbox.rules import Event
from keen_sandbox.store import Store

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
DAY = "2024-01-01T00:00:00.000Z"


def _fill(store: Store, events: int, collection: str = "users") -> None:
    store.add([Event(collection, DAY, DAY, str(n), f'{{"n":{n}}}') for n in range(events)])


def _delete(store: Store, **parameters: Any) -> str | None:
    try:
        delete_events(store, "users", read_selection(parameters, NOW))
    except KeenError as error:
        return f"{error.status} {error.code}: {error.message}"
    return None


def _count(store: Store) -> int:
    [(count,)] = store.select("SELECT count(*) FROM events")
    return int(count)


def _below(number: int) -> list[dict[str, Any]]:
    return [{"property_name": "n", "operator": "lt", "property_value": number}]


def test_filters_and_a_timeframe_may_select_100_000_events(store: Store) -> None:
    _fill(store, 100_003)
    assert _delete(store, filters=_below(100_001)) == (
        "400 TooManyEventsError: The filters and the timeframe select 100,001 events, "
        "and at most 100,000 can be deleted at once. Nothing was deleted."
    )
    assert _delete(store, timeframe={"start": DAY, "end": "2024-01-02T00:00:00Z"}) is not None
    assert _count(store) == 100_003
    assert _delete(store, filters=_below(100_000)) is None
    assert _count(store) == 3


def test_a_collection_may_go_whole_below_a_million_events(store: Store) -> None:
    store.select(
        "INSERT INTO events SELECT 'users', $day, NULL, '{\"n\":' || range || '}' FROM range(1000000)", {"day": DAY}
    )
    _fill(store, 1, "others")
    assert _delete(store) == (
        "400 TooManyEventsError: The collection 'users' holds 1,000,000 events, "
        "and whole only fewer than 1,000,000 can be deleted. Nothing was deleted."
    )
    assert _count(store) == 1_000_001
    assert _delete(store, filters=_below(1)) is None
    assert _delete(store, filters=[]) is None
    assert store.collections() == ["others"]


def test_what_was_selected_takes_its_uniqueness_tokens_with_it(store: Store) -> None:
    _fill(store, 3)
    assert _delete(store, filters=_below(2)) is None
    _fill(store, 3)
    assert _count(store) == 3
    assert [row.reason for row in store.dropped(None, 10)] == ["DuplicateUniquenessToken"]
