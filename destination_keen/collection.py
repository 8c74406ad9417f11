"""A stream's name becomes a name that both Keen and Kafka accept, the same one in every sync.

The rule: accents are stripped, white space becomes `_`, every other character that is not an ASCII letter, a digit,
`.`, `_` or `-` is dropped. Keen's data modelling guide forbids a leading `_` or `.`, a trailing `.` and more than 64
characters. The collection is a Kafka topic, and Kafka refuses two topics that differ only by `.` and `_`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from destination_keen.errors import ConfigError
from destination_keen.protocol import Descriptor

LONGEST = 64

_DIGEST = 8
_WHITE_SPACE = re.compile(r"\s")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]")


def collection_name(stream: str) -> str:
    """Give the collection of a stream: 1 to 64 characters of `[A-Za-z0-9._-]`.

    A name that is too long keeps its beginning, one of which nothing is left (in Chinese, say) becomes `stream_`; both
    end in a digest of the whole name, so that they stay apart and the next sync finds them again.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", stream) if not unicodedata.combining(c))
    name = _FORBIDDEN.sub("", _WHITE_SPACE.sub("_", plain)).lstrip("_.").rstrip(".")
    if not name:
        return f"stream_{_digest(stream)}"
    if len(name) > LONGEST:
        return f"{name[: LONGEST - _DIGEST - 1]}_{_digest(stream)}"
    return name


def collections_of(descriptors: Iterable[Descriptor]) -> dict[Descriptor, str]:
    """Name the collection of each stream of a catalog.

    Raises:
        ConfigError: two streams would share a collection. Keen has no namespaces, so equal names in two of them do.
    """
    names: dict[Descriptor, str] = {}
    owners: dict[str, Descriptor] = {}
    for descriptor in descriptors:
        name = collection_name(descriptor[1])
        other = owners.setdefault(name.replace(".", "_"), descriptor)
        if other != descriptor:
            raise ConfigError(_collision(other, names[other], descriptor, name))
        names[descriptor] = name
    return names


def shown(descriptor: Descriptor) -> str:
    """Write a stream as users know it: its name, with the namespace in front where there is one."""
    namespace, name = descriptor
    return name if namespace is None else f"{namespace}.{name}"


def _digest(stream: str) -> str:
    return hashlib.sha256(stream.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]


def _collision(first: Descriptor, name: str, second: Descriptor, twin: str) -> str:
    what = f'both become the Keen collection "{name}"'
    if name != twin:
        what = f'become the Keen collections "{name}" and "{twin}", and Kafka takes . and _ for the same'
    return (
        f'The streams "{shown(first)}" and "{shown(second)}" {what}. Give one of them'
        " another name: deselect it here and sync it in a connection with a stream prefix, or rename it at the source."
    )
