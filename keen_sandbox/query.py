"""The parameters of a query or a deletion, read and checked before anything is looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keen_sandbox.errors import KeenError
from keen_sandbox.expressions import Values
from keen_sandbox.filters import condition
from keen_sandbox.instants import write_instant
from keen_sandbox.timeframe import Timeframe, divide, read_timeframe, read_zone


@dataclass(frozen=True)
class Selection:
    """The events that a query or a deletion is about: an SQL condition over `events`, and the values in it.

    `everything` tells that nothing narrows it: neither a filter nor a timeframe.
    """

    condition: str
    values: Values
    everything: bool


@dataclass(frozen=True)
class Ordering:
    """One `order_by` of a grouped query: a property of `group_by` or `result`, upwards or downwards."""

    property_name: str
    descending: bool


@dataclass(frozen=True)
class Query:
    """A query as Keen's API reference describes it; what an analysis does not use is None or empty.

    `percentile` counts from 0 to 100; `intervals` are the parts of the timeframe, None for a query without interval.
    """

    collection: str
    selection: Selection
    target: str | None
    percentile: float | None
    group_by: list[str]
    intervals: list[Timeframe] | None
    order_by: list[Ordering]
    limit: int | None
    latest: int | None
    property_names: list[str]


def read_query_string(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Read the parameters of a URL: lists and objects are JSON in it, anything else is a text.

    Raises KeenError for a list or an object that is not valid JSON.
    """
    return {name: _parameter(name, text) for name, text in parameters.items()}


def read_selection(parameters: Mapping[str, Any], now: datetime) -> Selection:
    """Read `filters`, `timeframe` and `timezone`, each of which may be missing. Raises KeenError for a broken one."""
    return _selection(parameters, _timeframe(parameters, now))


def read_query(parameters: Mapping[str, Any], now: datetime, key_filters: Sequence[Any] = ()) -> Query:
    """Read all parameters of a query; `now` is what relative timeframes are relative to.

    The filters of the key that asks are added to those of the query. Raises KeenError for a parameter that is missing
    or broken.
    """
    collection = _text(parameters, "event_collection")
    timeframe = _timeframe(parameters, now)
    if collection is None or timeframe is None:
        missing = "event_collection" if collection is None else "timeframe"
        raise _refusal(f"The query lacks a required parameter: {missing}.")
    interval = parameters.get("interval")
    group_by = _names(parameters, "group_by")
    order_by = _orderings(parameters, group_by)
    limit = _count(parameters, "limit")
    if limit is not None and not order_by:
        raise _refusal("The parameter 'limit' needs an order_by.")
    return Query(
        collection=collection,
        selection=_selection(parameters, timeframe, key_filters),
        target=_text(parameters, "target_property"),
        percentile=_percentile(parameters),
        group_by=group_by,
        intervals=None if interval is None else divide(timeframe, interval),
        order_by=order_by,
        limit=limit,
        latest=_count(parameters, "latest"),
        property_names=_names(parameters, "property_names"),
    )


def _parameter(name: str, text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in ("[", "{") or name == "filters" else text
    except (ValueError, RecursionError) as error:
        raise _refusal(f"The parameter '{name}' is not valid JSON: {error}.") from error


def _timeframe(parameters: Mapping[str, Any], now: datetime) -> Timeframe | None:
    timeframe = parameters.get("timeframe")
    zone = parameters.get("timezone")
    return None if timeframe is None else read_timeframe(timeframe, read_zone("UTC" if zone is None else zone), now)


def _selection(
    parameters: Mapping[str, Any], timeframe: Timeframe | None, key_filters: Sequence[Any] = ()
) -> Selection:
    values = Values()
    filters = parameters.get("filters")
    sql = condition([] if filters is None else filters, values)
    if key_filters:
        sql += f" AND {condition(list(key_filters), values)}"
    if timeframe is not None:
        start, end = (values.add(write_instant(edge)) for edge in timeframe)
        sql += f" AND timestamp >= {start} AND timestamp < {end}"
    return Selection(sql, values, everything=not filters and timeframe is None)


def _text(parameters: Mapping[str, Any], name: str) -> str | None:
    text = parameters.get(name)
    if text is not None and (not isinstance(text, str) or not text):
        raise _refusal(f"The parameter '{name}' has to be a string.")
    return text


def _names(parameters: Mapping[str, Any], name: str) -> list[str]:
    given = parameters.get(name)
    names = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise _refusal(f"The parameter '{name}' has to be a property name or a list of them.")
    return names


def _count(parameters: Mapping[str, Any], name: str) -> int | None:
    given = parameters.get(name)
    if given is None:
        return None
    if not str(given).isdecimal() or int(given) < 1:
        raise _refusal(f"The parameter '{name}' has to be a whole number from 1 on.")
    return int(given)


def _percentile(parameters: Mapping[str, Any]) -> float | None:
    given = parameters.get("percentile")
    try:
        percentile = None if given is None else float(given)
    except (TypeError, ValueError):
        percentile = -1.0
    if percentile is not None and not 0 <= percentile <= 100:
        raise _refusal("The parameter 'percentile' has to be a number from 0 to 100.")
    return percentile


def _orderings(parameters: Mapping[str, Any], group_by: list[str]) -> list[Ordering]:
    given = parameters.get("order_by")
    orderings = []
    for each in [] if given is None else given if isinstance(given, list) else [given]:
        named = each if isinstance(each, dict) else {"property_name": each}
        name, direction = named.get("property_name"), named.get("direction", "ASC")
        if not group_by or name not in ("result", *group_by) or direction not in ("ASC", "DESC"):
            raise _refusal("The parameter 'order_by' needs a property of group_by or 'result', and ASC or DESC.")
        orderings.append(Ordering(name, direction == "DESC"))
    return orderings


def _refusal(message: str) -> KeenError:
    return KeenError("InvalidParameterError", message)
