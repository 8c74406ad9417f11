"""The command line that Airbyte calls: spec, check and write, answered in Airbyte messages on standard output.

Besides, `preview` for people: its result is on standard output, and what goes wrong is said as text on standard error.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from destination_keen.config import Config, Limits
from destination_keen.errors import ConfigError, DestinationError, InternalError
from destination_keen.interruption import Interruption
from destination_keen.lines import from_descriptor
from destination_keen.output import Output

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command in `sys.argv` and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], limits: Limits | None = None) -> int:
    """Run one command and give its exit code: 0 for success, and for every `check` that came to a verdict.

    `limits` is for tests and embedding code; users have none to set.
    """
    _hold_standard_streams()
    options = _parser().parse_args(arguments)
    output = Output(_STDOUT)
    limits = limits or Limits()
    try:
        if options.command == "preview":
            return _preview(options, limits, output)
        root = logging.getLogger()
        root.handlers[:] = [output]
        level = logging.getLevelName(os.environ.get("LOG_LEVEL", "INFO").upper())
        root.setLevel(level if isinstance(level, int) else logging.INFO)
        return _run(options, limits, output)
    except BrokenPipeError:
        return 1


def _hold_standard_streams() -> None:
    # The number of one that is closed would go to the next file or socket, and that would be taken for the input.
    for descriptor in (_STDIN, _STDOUT, _STDERR):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)


def _run(options: argparse.Namespace, limits: Limits, output: Output) -> int:
    try:
        if options.command == "spec":
            output.message({"type": "SPEC", "spec": specification()})
        elif options.command == "check":
            _check(options.config, limits, output)
        else:
            _write(options.config, options.catalog, limits, output)
    except BrokenPipeError:
        raise
    except Exception as error:
        failure = _failure_of(error)
        output.failure(failure)
        return failure.exit_code
    return 0


def _failure_of(error: Exception) -> DestinationError:
    return error if isinstance(error, DestinationError) else InternalError.unexpected(error)


def specification() -> dict[str, Any]:
    """The connector's specification, a `ConnectorSpecification` of the Airbyte protocol."""
    text = resources.files("destination_keen").joinpath("spec.json").read_text("utf-8")
    specification: dict[str, Any] = json.loads(text)
    return specification


def _check(config_path: str, limits: Limits, output: Output) -> None:
    from destination_keen.probe import check

    try:
        config = _config(config_path, output)
        warning = check(config, limits)
    except DestinationError as error:
        output.status(error)
    except Exception as error:
        output.status(InternalError.unexpected(error))
    else:
        if warning:
            logging.getLogger(__name__).warning(warning)
        output.status(None, warning)


def _write(config_path: str, catalog_path: str, limits: Limits, output: Output) -> None:
    from destination_keen.sync import sync

    config = _config(config_path, output)
    catalog = _read(catalog_path, "catalog")
    interruption = Interruption()
    # A sync makes millions of objects and hardly a cycle: to look for cycles as often as usual takes a tenth of it.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    with interruption.listening():
        for states in sync(config, catalog, from_descriptor(_STDIN, limits.line_bytes), limits, interruption):
            output.lines(states)


def _preview(options: argparse.Namespace, limits: Limits, output: Output) -> int:
    logging.basicConfig(format="%(levelname)s: %(message)s", force=True)
    try:
        failure = _show_preview(options, limits, output)
    except BrokenPipeError:
        raise
    except Exception as error:
        failure = _failure_of(error)
    if failure is None:
        return 0
    logging.getLogger(__name__).error(failure.message)
    return failure.exit_code


def _show_preview(options: argparse.Namespace, limits: Limits, output: Output) -> DestinationError | None:
    from destination_keen.preview import preview

    raw = {} if options.config is None else _json(options.config)
    # Nobody is asked for an account, and a key that is not read cannot be told.
    config = Config.parse({**raw, "project_id": "none", "api_key": "none"} if isinstance(raw, dict) else raw)
    catalog = _read(options.catalog, "catalog")
    interruption = Interruption()
    with interruption.listening():
        result = preview(config, catalog, from_descriptor(_STDIN, limits.line_bytes), limits, interruption)
    text = result.json()
    if not options.json:
        try:
            from destination_keen.display import displayed

            text = displayed(result).encode()
        except ModuleNotFoundError:
            logging.getLogger(__name__).warning(
                "This is JSON. For a table, install rich, or the connector with its extra: preview."
            )
    output.lines([text])
    return result.failure


def _json(path: str) -> Any:
    try:
        return json.loads(_read(path, "configuration"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"The configuration file {path} is not JSON in UTF-8.") from error


def _config(path: str, output: Output) -> Config:
    raw = _json(path)
    if isinstance(raw, dict) and isinstance(raw.get("api_key"), str) and raw["api_key"]:
        output.hide(raw["api_key"].strip())
    return Config.parse(raw)


def _read(path: str, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"The {what} file {path} cannot be read: {error.strerror}.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="destination-keen", description="Airbyte destination for Keen. Reads Airbyte messages on standard input."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("spec", help="print the connection specification")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument("--config", required=True, metavar="FILE", help="the configuration, as JSON")
    commands.add_parser("check", parents=[config], help="check the configuration against Keen, sending nothing")
    catalog = argparse.ArgumentParser(add_help=False)
    catalog.add_argument("--catalog", required=True, metavar="FILE", help="the configured catalog, as JSON")
    commands.add_parser("write", parents=[config, catalog], help="send the records on standard input to Keen")
    preview = commands.add_parser("preview", parents=[catalog], help="show what write would send, sending nothing")
    preview.add_argument("--config", metavar="FILE", help="the configuration, as JSON; its account is not used")
    preview.add_argument("--json", action="store_true", help="print JSON, not a table")
    return parser
