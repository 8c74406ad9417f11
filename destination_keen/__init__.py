"""An Airbyte destination for Keen: every record becomes an event, and no state leaves before its records are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from destination_keen.destination import DestinationKeen

__all__ = ["DestinationKeen"]


def __getattr__(name: str) -> Any:
    # The CDK takes a second or two to import, which the command line does not need.
    if name == "DestinationKeen":
        from destination_keen.destination import DestinationKeen

        return DestinationKeen
    raise AttributeError(name)
