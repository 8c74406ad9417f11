"""Reads a script of faults: a file of JSON becomes a Script, or one sentence that names the entry that is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec

from keen_sandbox.errors import RefusedError
from keen_sandbox.inbound.faults import Fault, Reply, RequestName, Script

_LARGEST_PORT = 65_535
_CHOICES = {"request": get_args(RequestName), "reply": get_args(Reply), "times": ('"all"', "a number from 1")}

_located = re.compile(r"(?P<what>.*) - at `\$\.(?P<where>\w+)`").fullmatch


class _File(msgspec.Struct, forbid_unknown_fields=True):
    faults: list[Any] = []
    advertise: str | None = None


def read_script(file: Path | str) -> Script:
    """Read and check a script: an object with a list `faults` and, where wanted, `advertise` ("host:port").

    Raises RefusedError for a file that cannot be read, is no JSON, or has an entry that is not a Fault.
    """
    try:
        content = _convert(json.loads(Path(file).read_text(encoding="utf-8")), _File, "the script")
        faults = [_convert(entry, Fault, f"fault {number}") for number, entry in enumerate(content.faults, 1)]
        return Script(faults, None if content.advertise is None else _address(content.advertise))
    except OSError as error:
        raise RefusedError(f"{file} cannot be read ({error.strerror}).") from None
    except json.JSONDecodeError as error:
        raise RefusedError(f"{file} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except UnicodeDecodeError:
        raise RefusedError(f"{file} is not a text in UTF-8.") from None
    except ValueError as error:
        raise RefusedError(f"{file}: {error}.") from None


def _convert(content: Any, kind: Any, name: str) -> Any:
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        located = _located(str(error))
        if located is None:
            raise ValueError(f"{name}: {error}") from None
        what, where = located["what"], located["where"]
        if what.startswith("Invalid enum") and where in _CHOICES:
            what = f"{what}; it can be {', '.join(_CHOICES[where])}"
        raise ValueError(f'{name}, "{where}": {what}') from None


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _LARGEST_PORT:
        raise ValueError(f'the script, "advertise": {text} is not of the form host:port')
    return host, int(port)
