"""The `filters` of a query or a deletion as a condition in SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keen_sandbox.errors import KeenError
from keen_sandbox.expressions import Property, Values
from keen_sandbox.instants import normalise_instant

_ORDER = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_INSTANTS = ("keen.timestamp", "keen.created_at")
_LEVELS = 100


def condition(filters: Any, values: Values) -> str:
    """Translate a list of filters, all of which have to hold, into SQL that is true or false for every event.

    A filter is `{property_name, operator, property_value}` or `{"operator": "or", "operands": [filters]}` (Keen's API
    reference). On an array, `eq`, `ne`, `in` and `contains` look at its elements. Raises KeenError for another shape,
    and for operands within operands of more than 100 levels.
    """
    if not isinstance(filters, list):
        raise _refusal("Filters have to be a list.")
    return " AND ".join(["true", *(_filter(each, values, _LEVELS) for each in filters)])


def _filter(given: Any, values: Values, levels: int) -> str:
    if not isinstance(given, dict):
        raise _refusal("A filter has to be an object.")
    if not levels:
        raise _refusal(f"Filters are nested deeper than {_LEVELS} levels.")
    name, operator = given.get("property_name"), str(given.get("operator"))
    if operator in ("or", "and"):
        operands = given.get("operands")
        if not isinstance(operands, list) or not operands:
            raise _refusal(f"The operator '{operator}' needs operands, a list of filters.")
        return "(" + f" {operator.upper()} ".join(_filter(each, values, levels - 1) for each in operands) + ")"
    if not isinstance(name, str) or operator not in _COMPARISONS or "property_value" not in given:
        raise _refusal("A filter needs a property_name, a known operator and a property_value.")
    operand = given["property_value"]
    if name in _INSTANTS:
        operand = [_instant(each) for each in operand] if isinstance(operand, list) else _instant(operand)
    return f"coalesce({_COMPARISONS[operator](Property(name, values), operator, operand, values)}, false)"


def _instant(operand: Any) -> Any:
    """Bring an operand to the form of the stored instants, with which it is compared as text."""
    try:
        return normalise_instant(operand) if isinstance(operand, str) else operand
    except ValueError as error:
        raise _refusal(f"'{operand}' is {error}.") from error


def _equal(subject: Property, _operator: str, operand: Any, values: Values) -> str:
    if operand is None:
        return f"NOT {subject.present}"
    if isinstance(operand, bool):
        mark = values.add(operand)
        return f"({subject.boolean} = {mark} OR list_contains({subject.elements('JSON')}, to_json({mark}::BOOLEAN)))"
    if isinstance(operand, str):
        mark = values.add(operand)
        return f"({subject.text} = {mark} OR list_contains({subject.elements('JSON')}, to_json({mark}::VARCHAR)))"
    if isinstance(operand, (int, float)):
        mark = values.add(_number(operand))
        return f"({subject.number} = {mark} OR list_contains({subject.elements('DOUBLE')}, {mark}))"
    raise _refusal("An operand of eq, ne, in and contains has to be a string, a number, a boolean or null.")


def _not_equal(subject: Property, operator: str, operand: Any, values: Values) -> str:
    return f"NOT coalesce({_equal(subject, operator, operand, values)}, false)"


def _one_of(subject: Property, operator: str, operand: Any, values: Values) -> str:
    if not isinstance(operand, list) or not operand:
        raise _refusal("The operator 'in' needs a list of values as property_value.")
    options = [f"coalesce({_equal(subject, operator, each, values)}, false)" for each in operand]
    return "(" + " OR ".join(options) + ")"


def _ordered(subject: Property, operator: str, operand: Any, values: Values) -> str:
    if isinstance(operand, str):
        return f"{subject.text} {_ORDER[operator]} {values.add(operand)}"
    if isinstance(operand, (int, float)) and not isinstance(operand, bool):
        return f"{subject.number} {_ORDER[operator]} {values.add(_number(operand))}"
    raise _refusal(f"The operator '{operator}' needs a string or a number as property_value.")


def _exists(subject: Property, _operator: str, operand: Any, _values: Values) -> str:
    if not isinstance(operand, bool):
        raise _refusal("The operator 'exists' needs true or false as property_value.")
    return subject.present if operand else f"NOT {subject.present}"


def _contains(subject: Property, operator: str, operand: Any, values: Values) -> str:
    within_text = f"contains({subject.text}, {values.add(operand)})" if isinstance(operand, str) else "false"
    return f"(coalesce({within_text}, false) OR {_equal(subject, operator, operand, values)})"


def _not_contains(subject: Property, operator: str, operand: Any, values: Values) -> str:
    return f"NOT coalesce({_contains(subject, operator, operand, values)}, false)"


def _matches(subject: Property, _operator: str, operand: Any, values: Values) -> str:
    if not isinstance(operand, str):
        raise _refusal("The operator 'regex' needs a pattern as property_value.")
    return f"regexp_matches({subject.text}, {values.add(operand)})"


def _within(subject: Property, _operator: str, operand: Any, values: Values) -> str:
    """Compare great-circle distances in miles on a sphere of the Earth's mean radius."""
    try:
        longitude, latitude = (float(degrees) for degrees in operand["coordinates"])
        miles = float(operand["max_distance_miles"])
    except (KeyError, TypeError, ValueError) as error:
        raise _refusal(
            "The operator 'within' needs coordinates [longitude, latitude] and max_distance_miles."
        ) from error
    east, north = f"{subject.elements('DOUBLE')}[1]", f"{subject.elements('DOUBLE')}[2]"
    x, y = values.add(longitude), values.add(latitude)
    half = (
        f"pow(sin(radians({north} - {y}) / 2), 2) + "
        f"cos(radians({north})) * cos(radians({y})) * pow(sin(radians({east} - {x}) / 2), 2)"
    )
    return f"2 * 3958.8 * asin(sqrt(least(1, {half}))) <= {values.add(miles)}"


def _number(operand: float) -> float:
    try:
        return float(operand)
    except OverflowError as error:
        raise _refusal("An operand is too large for a number.") from error


def _refusal(message: str) -> KeenError:
    return KeenError("InvalidFilterError", message)


_COMPARISONS: dict[str, Callable[[Property, str, Any, Values], str]] = {
    "eq": _equal,
    "ne": _not_equal,
    "in": _one_of,
    **dict.fromkeys(_ORDER, _ordered),
    "exists": _exists,
    "contains": _contains,
    "not_contains": _not_contains,
    "regex": _matches,
    "within": _within,
}
