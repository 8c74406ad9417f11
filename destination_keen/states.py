"""A state leaves as it came, but for the counts that the destination adds to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from destination_keen.protocol import State

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


def with_stats(state: State, stats: Mapping[str, Any]) -> bytes:
    """Give the line of a state as it came, unknown keys and nulls included, with its `destinationStats` set."""
    try:
        message = _members.decode(state.line)
    except msgspec.MsgspecError:
        return _again_with_stats(state.line, stats)
    body = _members.decode(message["state"])
    body["destinationStats"] = msgspec.Raw(_encode(stats))
    message["state"] = msgspec.Raw(_encode(body))
    return _encode(message)


def _again_with_stats(line: bytes, stats: Mapping[str, Any]) -> bytes:
    # NaN and halves of surrogate pairs are written as they came, numbers as Python does.
    message = json.loads(line, strict=False)
    message["state"]["destinationStats"] = dict(stats)
    return json.dumps(message).encode()
