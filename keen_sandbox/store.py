"""The events of a local Keen, and what it dropped, in one DuckDB file or in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import duckdb

from keen_sandbox.errors import KeenError, StoreError
from keen_sandbox.instants import read_instant, write_instant
from keen_sandbox.rules import KEPT_CHARACTERS, Dropped, Event

_FORMAT = 1
_TOKEN_MEMORY = timedelta(days=31)
_TABLES = """
CREATE TABLE format (version INTEGER);
CREATE TABLE events (
    collection VARCHAR, timestamp VARCHAR, token VARCHAR, body JSON
);
CREATE TABLE tokens (collection VARCHAR, token VARCHAR, created_at VARCHAR);
CREATE TABLE dropped (
    collection VARCHAR, reason VARCHAR, explanation VARCHAR, received_at VARCHAR, event VARCHAR
);
"""


class Store:
    """Keeps events; safe to use from several threads.

    `path` is a DuckDB file, created where it is missing; None keeps everything in memory. A uniqueness token is
    forgotten together with its event when that is deleted; with `tokens_outlive_events` it is not. What Keen does
    there is not documented. Raises StoreError for a file that is not a store of this version, or is in use.
    """

    def __init__(self, path: str | None, *, tokens_outlive_events: bool = False) -> None:
        self._tokens_outlive_events = tokens_outlive_events
        self._writing = threading.Lock()
        try:
            self._database = duckdb.connect(path or ":memory:")
        except duckdb.Error as error:
            raise StoreError(f"The event store {path} cannot be opened: {error}") from error
        try:
            self._prepare(path)
        except StoreError:
            self._database.close()
            raise

    def _prepare(self, path: str | None) -> None:
        tables = {name for (name,) in self.select("SELECT table_name FROM information_schema.tables")}
        if not tables:
            self._database.begin().execute(_TABLES).execute("INSERT INTO format VALUES (?)", [_FORMAT]).commit()
        elif "format" not in tables or self.select("SELECT version FROM format") != [(_FORMAT,)]:
            raise StoreError(
                f"{path} was not written by this version of the sandbox. Choose another file, or remove this one."
            )

    def close(self) -> None:
        """Write everything to the file and let go of it."""
        self._database.close()

    def add(self, events: Sequence[Event], dropped: Iterable[Dropped] = ()) -> None:
        """Store events, and keep aside what was dropped, in one transaction.

        Of events with the same uniqueness token in a collection, the first one within 31 days is stored; the others
        are kept aside. Raises StoreError, and stores nothing, where the disk is full or another reason forbids it.
        """
        with self._transaction() as cursor:
            fresh, repeated = self._split(cursor, events)
            _append(cursor, "events", [(e.collection, e.timestamp, e.token, e.body) for e in fresh])
            _append(cursor, "dropped", [*dropped, *repeated])
            _append(cursor, "tokens", [(e.collection, e.token, e.created_at) for e in fresh if e.token])

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._writing, self._database.cursor() as cursor:
            try:
                cursor.begin()
                yield cursor
                cursor.commit()
            except duckdb.Error as error:
                reason = str(error).partition("\n")[0]
                raise StoreError(
                    f"The event store cannot be written: {reason}. "
                    "Make room for it, on its disk or in memory, and start the sandbox again."
                ) from error

    def _split(self, cursor: duckdb.DuckDBPyConnection, events: Sequence[Event]) -> tuple[list[Event], list[Dropped]]:
        marked = [event for event in events if event.token]
        if not marked:
            return list(events), []
        oldest = min(event.created_at for event in marked)
        known = set(
            cursor.execute(
                "SELECT collection, token FROM tokens WHERE created_at > ? "
                "AND (collection, token) IN (SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))",
                [
                    write_instant(read_instant(oldest) - _TOKEN_MEMORY),
                    [event.collection for event in marked],
                    [event.token for event in marked],
                ],
            ).fetchall()
        )
        fresh, repeated = [], []
        for event in events:
            mark = (event.collection, event.token)
            if event.token and mark in known:
                repeated.append(_repetition(event))
            else:
                known.add(mark)
                fresh.append(event)
        return fresh, repeated

    def delete(self, collection: str, condition: str, values: Mapping[str, Any], most: int) -> int:
        """Delete the events of a collection for which an SQL condition over `events` holds, unless more than `most` do.

        Gives how many there are; where that is more than `most`, all of them are still there. Raises KeenError where a
        value is refused, as `select` does, and StoreError as `add` does.
        """
        with self._transaction() as cursor:
            doomed = f"SELECT rowid, token FROM events WHERE collection = $collection AND ({condition})"  # noqa: S608 - users' texts are in `values`
            _evaluate(cursor, f"CREATE TEMP TABLE doomed AS {doomed}", {**values, "collection": collection})
            [(found,)] = cursor.execute("SELECT count(*) FROM doomed").fetchall()
            if found <= most:
                if not self._tokens_outlive_events:
                    cursor.execute(
                        "DELETE FROM tokens WHERE collection = ? AND token IN (SELECT token FROM doomed)", [collection]
                    )
                cursor.execute("DELETE FROM events WHERE rowid IN (SELECT rowid FROM doomed)")
            cursor.execute("DROP TABLE doomed")
        return int(found)

    def select(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query and give its rows. Raises KeenError where a value is refused, such as a broken pattern."""
        with self._database.cursor() as cursor:
            return _evaluate(cursor, statement, values or {}).fetchall()

    def collections(self) -> list[str]:
        """Name the collections, those that hold an event, in alphabetical order."""
        return [name for (name,) in self.select("SELECT DISTINCT collection FROM events ORDER BY 1")]

    def holds(self, collection: str) -> bool:
        """Tell whether a collection exists, that is, holds an event."""
        values = {"collection": collection}
        return bool(self.select("SELECT 1 FROM events WHERE collection = $collection LIMIT 1", values))

    def require(self, collection: str, code: str = "ResourceNotFoundError") -> None:
        """Refuse a collection that does not exist with a KeenError of status 404 and this code."""
        if not self.holds(collection):
            raise KeenError(code, f"The collection '{collection}' does not exist.", 404)

    def dropped(self, collection: str | None, limit: int) -> list[Dropped]:
        """Give what was dropped, newest first, of one collection or of all."""
        rows = self.select(
            "SELECT * FROM dropped WHERE collection = coalesce($collection, collection) "
            "ORDER BY received_at DESC, rowid DESC LIMIT $limit",
            {"collection": collection, "limit": limit},
        )
        return [Dropped(*row) for row in rows]

    def summary(self) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
        """Count the events and the dropped messages of each collection, and the dropped messages of each reason."""
        collections: dict[str, dict[str, Any]] = {}
        for name, *counts in self.select(
            "SELECT coalesce(e.collection, d.collection) AS name, coalesce(e.events, 0), coalesce(d.dropped, 0), "
            "first_timestamp, last_timestamp FROM "
            "(SELECT collection, count(*) AS events, min(timestamp) AS first_timestamp, "
            "max(timestamp) AS last_timestamp FROM events GROUP BY collection) AS e FULL JOIN "
            "(SELECT collection, count(*) AS dropped FROM dropped GROUP BY collection) AS d "
            "ON e.collection = d.collection ORDER BY name"
        ):
            keys = ("events", "dropped", "first_timestamp", "last_timestamp")
            collections[name] = dict(zip(keys, counts, strict=True))
        reasons = self.select("SELECT reason, count(*) FROM dropped GROUP BY reason ORDER BY reason")
        return collections, dict(reasons)


def _append(cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cells = ", ".join("unnest(?::VARCHAR[])" for _ in columns)
        cursor.execute(f"INSERT INTO {table} SELECT {cells}", columns)


def _repetition(event: Event) -> Dropped:
    reason, explanation = "DuplicateUniquenessToken", "An event with this uniqueness token came before."
    return Dropped(event.collection, reason, explanation, event.created_at, event.body[:KEPT_CHARACTERS])


def _evaluate(
    cursor: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any]
) -> duckdb.DuckDBPyConnection:
    try:
        return cursor.execute(statement, values)
    except duckdb.InvalidInputException as error:
        raise KeenError("InvalidFilterError", f"A filter cannot be evaluated: {error}") from error
