"""A sync by PyAirbyte's Python API, run by the Python of .venv-pyairbyte.

Takes one argument, a JSON object, and prints one: the records that PyAirbyte believes delivered.
"""

import json
import sys
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache


def main() -> None:
    """Sync from a `source` to a `destination`, `cached` or not, with the folder `caches` for PyAirbyte's files."""
    order = json.loads(sys.argv[1])
    source = airbyte.get_source(**order["source"])
    destination = airbyte.get_destination(**order["destination"])
    caches = Path(order["caches"])
    # One file for both the data and the states is locked against itself at times.
    result = destination.write(
        source,
        cache=DuckDBCache(db_path=caches / "data.duckdb") if order["cached"] else False,
        state_cache=DuckDBCache(db_path=caches / "states.duckdb"),
    )
    print(json.dumps({"records": result.processed_records}))


if __name__ == "__main__":
    main()
