"""SQL over the JSON text of events, in which names and values of users travel beside the text, never inside it."""

from __future__ import annotations

from typing import Any

_NUMBERS = "('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT')"


class Values:
    """The values of one SQL statement, each known in its text by a placeholder."""

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {}

    def add(self, value: Any) -> str:
        """Keep a value, and give the placeholder that stands for it."""
        name = f"v{len(self.by_name)}"
        self.by_name[name] = value
        return f"${name}"


class Property:
    """A property of the events of a statement, named by its path with dots, as SQL of each type.

    An expression of a type is NULL for an event in which the property is missing or of another type; `value` is the
    JSON text of any type, and NULL where the property is missing or null.
    """

    def __init__(self, path: str, values: Values) -> None:
        pointer = "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path.split("."))
        self.path = path
        self.json = f"json_extract(body, {values.add(pointer)})"
        self.type = f"json_type({self.json})"
        self.present = f"coalesce({self.type}, 'NULL') <> 'NULL'"
        self.value = f"CAST(nullif({self.json}, 'null') AS VARCHAR)"
        self.text = f"(CASE WHEN {self.type} = 'VARCHAR' THEN {self.json} ->> '$' END)"
        self.number = f"(CASE WHEN {self.type} IN {_NUMBERS} THEN TRY_CAST({self.json} AS DOUBLE) END)"
        self.boolean = f"(CASE WHEN {self.type} = 'BOOLEAN' THEN CAST({self.json} AS BOOLEAN) END)"

    def elements(self, sql_type: str) -> str:
        """SQL of the property's elements, where it is an array, as a list of an SQL type."""
        return f"(CASE WHEN {self.type} = 'ARRAY' THEN from_json({self.json}, '[\"{sql_type}\"]') END)"
