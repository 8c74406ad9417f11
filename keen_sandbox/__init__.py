"""A local Keen: the Kafka inbound cluster and the HTTP API of one project, to try a connector or one's data against."""

from __future__ import annotations

import sys


def main() -> int:
    """Run `keen-sandbox`; 2 and a sentence where the packages that it needs are not installed."""
    try:
        from keen_sandbox.cli import main as run
    except ModuleNotFoundError as missing:
        install = "pip install 'airbyte-destination-keen[sandbox]'"
        print(f"keen-sandbox: the package {missing.name} is not installed. Run: {install}", file=sys.stderr)
        return 2
    return run()
