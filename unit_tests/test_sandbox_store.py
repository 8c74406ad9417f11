import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from keen_sandbox.errors import KeenError, StoreError
from keen_sandbox.rules import Dropped, Event
from keen_sandbox.store import Store

DAY = "2024-01-01T00:00:00.000Z"


def _event(collection: str = "users", body: str = "{}", *, token: str | None = None, at: str = DAY) -> Event:
    return Event(collection, at, at, token, body)


def _bodies(store: Store) -> list[str]:
    return [body for (body,) in store.select("SELECT body FROM events ORDER BY rowid")]


def test_events_are_stored_with_their_text_as_it_is(store: Store) -> None:
    store.add([_event(body='{"a": 1.10}'), _event(body='{"b":"\\u0000é"}')])
    assert _bodies(store) == ['{"a": 1.10}', '{"b":"\\u0000é"}']


def test_a_collection_exists_while_it_holds_an_event(store: Store) -> None:
    store.add([_event("b"), _event("a"), _event("b")])
    assert store.collections() == ["a", "b"]
    assert store.holds("b")
    store.delete("b", "true", {}, 9)
    assert store.collections() == ["a"]
    assert not store.holds("b")


def test_only_what_the_condition_names_is_deleted(store: Store) -> None:
    store.add([_event(body='{"a":1}'), _event(body='{"a":2}'), _event("other", '{"a":1}')])
    store.delete("users", "body ->> '/a' = $v0", {"v0": "1"}, 9)
    assert _bodies(store) == ['{"a":2}', '{"a":1}']


def test_more_than_the_most_are_not_deleted_but_counted(store: Store) -> None:
    store.add([_event(token=str(n)) for n in range(3)])
    assert store.delete("users", "true", {}, 2) == 3
    assert len(_bodies(store)) == 3
    store.add([_event(token="0")])
    assert len(_bodies(store)) == 3
    assert store.delete("users", "true", {}, 3) == 3
    assert _bodies(store) == []


def test_a_collection_that_is_required_has_to_exist(store: Store) -> None:
    store.add([_event()])
    store.require("users")
    with pytest.raises(KeenError, match="The collection 'others' does not exist") as caught:
        store.require("others", "EventCollectionNotFoundError")
    assert (caught.value.code, caught.value.status) == ("EventCollectionNotFoundError", 404)


def test_what_was_dropped_is_kept_aside_newest_first(store: Store) -> None:
    first = Dropped("a", "InvalidEventError", "No.", "2024-01-01T00:00:00.000Z", "x")
    second = Dropped("b", "InvalidEventError", "No.", "2024-01-02T00:00:00.000Z", "y")
    third = Dropped("b", "NamespaceTypeError", "No.", "2024-01-02T00:00:00.000Z", "z")
    store.add([], [first, second, third])
    assert store.dropped(None, 10) == [third, second, first]
    assert store.dropped("b", 1) == [third]
    assert store.dropped("c", 10) == []


def test_the_summary_counts_by_collection_and_by_reason(store: Store) -> None:
    dropped = [Dropped("b", "R1", "", DAY, ""), Dropped("b", "R2", "", DAY, ""), Dropped("a", "R1", "", DAY, "")]
    store.add([_event("a", at="2024-01-02T00:00:00.000Z"), _event("a"), _event("c")], dropped)
    assert store.summary() == (
        {
            "a": {"events": 2, "dropped": 1, "first_timestamp": DAY, "last_timestamp": "2024-01-02T00:00:00.000Z"},
            "b": {"events": 0, "dropped": 2, "first_timestamp": None, "last_timestamp": None},
            "c": {"events": 1, "dropped": 0, "first_timestamp": DAY, "last_timestamp": DAY},
        },
        {"R1": 2, "R2": 1},
    )


def test_the_first_event_with_a_token_wins_within_its_collection(store: Store) -> None:
    store.add([_event(body='{"n":1}', token="t"), _event(body='{"n":2}', token="t")])
    store.add([_event(body='{"n":3}', token="t"), _event("other", '{"n":4}', token="t"), _event(body='{"n":5}')])
    assert _bodies(store) == ['{"n":1}', '{"n":4}', '{"n":5}']
    assert [(kept.reason, kept.event) for kept in store.dropped(None, 10)] == [
        ("DuplicateUniquenessToken", '{"n":3}'),
        ("DuplicateUniquenessToken", '{"n":2}'),
    ]


def test_a_token_is_forgotten_after_31_days(store: Store) -> None:
    store.add([_event(body='{"n":1}', token="t", at="2024-01-01T00:00:00.000Z")])
    store.add([_event(body='{"n":2}', token="t", at="2024-01-31T23:59:59.999Z")])
    store.add([_event(body='{"n":3}', token="t", at="2024-02-01T00:00:00.000Z")])
    store.add([_event(body='{"n":4}', token="t", at="2024-02-01T00:00:00.001Z")])
    assert _bodies(store) == ['{"n":1}', '{"n":3}']


def test_a_token_is_forgotten_with_its_event(store: Store) -> None:
    store.add([_event(token="t"), _event("other", token="t")])
    store.delete("users", "true", {}, 9)
    store.add([_event(token="t"), _event("other", token="t")])
    assert [store.holds("users"), len(_bodies(store))] == [True, 2]


def test_a_token_can_be_made_to_outlive_its_event() -> None:
    store = Store(None, tokens_outlive_events=True)
    store.add([_event(token="t")])
    store.delete("users", "true", {}, 9)
    store.add([_event(token="t")])
    assert _bodies(store) == []
    store.close()


def test_writers_in_several_threads_store_a_token_once(store: Store) -> None:
    threads = [threading.Thread(target=store.add, args=([_event(token=str(n)) for n in range(50)],)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_bodies(store)) == 50


def test_a_second_start_on_the_same_file_finds_everything(tmp_path: Path) -> None:
    path = str(tmp_path / "events.duckdb")
    store = Store(path)
    store.add([_event(body='{"n":1}', token="t")], [Dropped("a", "R", "E", DAY, "x")])
    store.close()
    store = Store(path)
    store.add([_event(body='{"n":2}', token="t")])
    assert _bodies(store) == ['{"n":1}']
    assert len(store.dropped(None, 10)) == 2
    store.close()


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "events.duckdb")
    Store(path).close()
    with duckdb.connect(path) as database:
        database.execute("UPDATE format SET version = 999")
    with pytest.raises(StoreError, match=r"events\.duckdb was not written by this version of the sandbox"):
        Store(path)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "other.duckdb")
    with duckdb.connect(path) as database:
        database.execute("CREATE TABLE other (a INTEGER)")
    with pytest.raises(StoreError, match="was not written by this version"):
        Store(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database" * 1_000)
    with pytest.raises(StoreError, match=r"The event store .*notes\.txt cannot be opened"):
        Store(str(path))


def test_a_value_that_cannot_be_evaluated_is_the_callers_fault(store: Store) -> None:
    with pytest.raises(KeenError) as caught:
        store.select("SELECT regexp_matches('a', $v0)", {"v0": "("})
    assert caught.value.code == "InvalidFilterError"
    store.add([_event()])
    with pytest.raises(KeenError) as caught:
        store.delete("users", "regexp_matches('a', $v0)", {"v0": "("}, 9)
    assert caught.value.code == "InvalidFilterError"
    assert store.holds("users")


def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(StoreError, match="The event store cannot be written: "):
        store.add([_event(body='{"n":1}')], [Dropped("a", "R", "E", None, object())])  # type: ignore[arg-type]
    assert _bodies(store) == []
    store.add([_event(body='{"n":2}')])
    assert _bodies(store) == ['{"n":2}']


def test_thirty_one_days_are_counted_from_the_first_event_that_was_stored(store: Store) -> None:
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    for day in (0, 20, 40, 60):
        at = (start + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        store.add([_event(body=f'{{"day":{day}}}', token="t", at=at)])
    assert _bodies(store) == ['{"day":0}', '{"day":40}']
