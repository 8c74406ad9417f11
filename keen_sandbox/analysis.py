"""Answers queries: counts, sums, extractions and the like over the events that a query selects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from keen_sandbox.errors import KeenError
from keen_sandbox.expressions import Property, Values
from keen_sandbox.instants import write_instant
from keen_sandbox.json_text import write_json
from keen_sandbox.query import Query
from keen_sandbox.store import Store

_AGGREGATES: dict[str, Callable[[Property], str]] = {
    "count_unique": lambda target: f"count(DISTINCT {target.value})",
    "sum": lambda target: f"coalesce(sum({target.number}), 0)",
    "minimum": lambda target: f"min({target.number})",
    "maximum": lambda target: f"max({target.number})",
    "average": lambda target: f"avg({target.number})",
    "median": lambda target: f"median({target.number})",
    "select_unique": lambda target: f"list(DISTINCT {target.value}) FILTER ({target.present})",
}
ANALYSES = frozenset(_AGGREGATES) | {"count", "percentile", "extraction"}


def answer(analysis: str, query: Query, store: Store) -> str:
    """Run a query of one of `ANALYSES` over the store, and give Keen's answer as JSON text.

    A collection that does not exist is an empty one. Raises KeenError where the query lacks what the analysis needs.
    """
    if analysis == "extraction":
        return f'{{"result": [{", ".join(_extract(query, store))}]}}'
    values = query.selection.values
    aggregate = _aggregate(analysis, query, values)
    groups = [Property(name, values).value for name in query.group_by]
    rows = store.select(_statement(query, values, groups, aggregate), values.by_name)
    if query.intervals is None:
        return write_json({"result": _results(analysis, query, [row[1:] for row in rows])})
    by_start: dict[str, list[Any]] = {}
    for start, *row in rows:
        by_start.setdefault(start, []).append(row)
    parts = []
    for part in query.intervals:
        timeframe = part.as_json()
        value = _results(analysis, query, by_start.get(timeframe["start"], []))
        parts.append({"value": value, "timeframe": timeframe})
    return write_json({"result": parts})


def _extract(query: Query, store: Store) -> Iterable[str]:
    order = "timestamp, rowid"
    if query.latest:
        order = f"timestamp DESC, rowid DESC LIMIT {query.selection.values.add(query.latest)}"
    statement = f"SELECT body FROM events WHERE {_where(query)} ORDER BY {order}"  # noqa: S608 - texts are in values
    bodies = (body for (body,) in store.select(statement, query.selection.values.by_name))
    if not query.property_names:
        return bodies
    return (write_json(_only(json.loads(body), query.property_names)) for body in bodies)


def _only(event: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for path in paths:
        *parents, name = path.split(".")
        source: Any = event
        for parent in parents:
            source = source.get(parent) if isinstance(source, dict) else None
        if isinstance(source, dict) and name in source:
            place = kept
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = source[name]
    return kept


def _aggregate(analysis: str, query: Query, values: Values) -> str:
    if analysis == "count":
        return "count(*)"
    if query.target is None:
        raise _missing("target_property")
    target = Property(query.target, values)
    if analysis != "percentile":
        return _AGGREGATES[analysis](target)
    if query.percentile is None:
        raise _missing("percentile")
    return f"quantile_cont({target.number}, {query.percentile / 100})"


def _missing(name: str) -> KeenError:
    return KeenError("InvalidParameterError", f"The query lacks a required parameter: {name}.")


def _where(query: Query) -> str:
    return f"collection = {query.selection.values.add(query.collection)} AND {query.selection.condition}"


def _statement(query: Query, values: Values, groups: list[str], aggregate: str) -> str:
    """Select one row for each group: where its interval starts, the properties it is grouped by, and its result."""
    source, start = "events", "''"
    if query.intervals is not None:
        starts = values.add([write_instant(part.start) for part in query.intervals])
        source = (
            f"events ASOF JOIN (SELECT unnest({starts}::VARCHAR[]) AS start) AS part ON events.timestamp >= part.start"
        )
        start = "part.start"
    columns = ", ".join([start, *groups, aggregate])
    keys = ", ".join(str(number + 1) for number in range(len(groups) + 1))
    return f"SELECT {columns} FROM {source} WHERE {_where(query)} GROUP BY {keys} ORDER BY {keys}"  # noqa: S608 - texts are in values


def _results(analysis: str, query: Query, rows: list[Any]) -> Any:
    """Bring the rows of one timeframe to Keen's form: one result, or an object for each group."""
    if not query.group_by:
        return _result(analysis, rows[0][-1]) if rows else _result(analysis, None)
    results = []
    for *groups, result in rows:
        names = (None if group is None else json.loads(group) for group in groups)
        results.append({**dict(zip(query.group_by, names, strict=True)), "result": _result(analysis, result)})
    for ordering in reversed(query.order_by):
        results.sort(key=lambda row: _rank(row[ordering.property_name]), reverse=ordering.descending)
    return results[: query.limit]


def _result(analysis: str, result: Any) -> Any:
    if analysis == "select_unique":
        return sorted((json.loads(value) for value in result or []), key=_rank)
    if result is None and analysis in ("count", "count_unique", "sum"):
        return 0
    return int(result) if isinstance(result, float) and result.is_integer() else result


def _rank(value: Any) -> tuple[int, Any]:
    """Order values of different types: nothing, then numbers, then texts, then the rest as text."""
    if value is None:
        return 0, 0
    if isinstance(value, (int, float)):
        return 1, value
    return (2, value) if isinstance(value, str) else (3, write_json(value))
