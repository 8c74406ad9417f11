"""How this local Keen reads what Keen's documentation leaves open: a question each, the usual answer and the other."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Readings:
    """The answers that a sandbox plays; the defaults are those that the documentation makes more likely."""

    forbidden_status: int = 403
    """Which status has a request with a key of the project that is not permitted there? 403, or 401."""

    missing_collection_status: int = 404
    """What does a query on a collection that does not exist get? An error with 404, or 200 with an empty result."""

    tokens_outlive_deletes: bool = False
    """Is an event with the uniqueness token of a deleted event still a repetition, for the rest of the 31 days?"""

    no_kafka_tokens: bool = False
    """Are uniqueness tokens ignored that come over Kafka? The page on the inbound cluster does not mention them."""

    string_units: str = "codepoints"
    """In what are the 9,999 characters of a string counted? Unicode `codepoints`, or `utf16` code units."""

    def length(self, text: str) -> int:
        """Count the characters of a string."""
        return len(text) if self.string_units == "codepoints" else len(text.encode("utf-16-le", "surrogatepass")) // 2

    @classmethod
    def of(cls, options: argparse.Namespace) -> Readings:
        """Take the readings from the options of `add_options`."""
        return cls(**{each.name: getattr(options, each.name) for each in fields(cls)})


USUAL = Readings()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer every reading as an option of a command."""
    group = parser.add_argument_group("readings", "what Keen's documentation leaves open, played the other way")
    for name, choices, text in (
        ("--forbidden-status", (401, 403), "the status for a valid key that is not permitted"),
        ("--missing-collection-status", (404, 200), "the status of a query on a collection that does not exist"),
        ("--string-units", ("codepoints", "utf16"), "in what the characters of a string are counted"),
    ):
        default = getattr(USUAL, name[2:].replace("-", "_"))
        group.add_argument(name, type=type(default), choices=choices, default=default, help=f"{text} (%(default)s)")
    group.add_argument(
        "--tokens-outlive-deletes", action="store_true", help="a uniqueness token is not forgotten with its event"
    )
    group.add_argument("--no-kafka-tokens", action="store_true", help="uniqueness tokens count over HTTP only")
