"""The options of `keen-sandbox serve` that are about Kafka."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import get_args

from keen_sandbox.errors import RefusedError
from keen_sandbox.inbound.cluster import PASSWORD_VARIABLE, SecurityProtocol
from keen_sandbox.inbound.faults import Script
from keen_sandbox.inbound.script import read_script


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `serve`. A script of faults is read with the command line."""
    parser.add_argument("--faults", type=_script, metavar="FILE", help="faults that Kafka clients meet, as JSON")
    group = parser.add_argument_group("an existing Kafka cluster", "read from its beginning instead of a listener")
    group.add_argument("--kafka", type=_servers, metavar="HOST:PORT[,HOST:PORT]", help="its brokers")
    group.add_argument(
        "--kafka-security-protocol",
        choices=get_args(SecurityProtocol),
        help="default: SASL_SSL with a user name, PLAINTEXT without",
    )
    group.add_argument("--kafka-username", metavar="U", help="who reads")
    group.add_argument(
        "--kafka-password-file", type=Path, metavar="FILE", help=f"or the environment variable {PASSWORD_VARIABLE}"
    )
    group.add_argument("--kafka-ca-file", type=Path, metavar="FILE", help="certificates to trust, in PEM")
    group.add_argument(
        "--kafka-topics", type=_pattern, metavar="REGEX", help="default: all that are names of collections"
    )


def _script(file: str) -> Script:
    try:
        return read_script(file)
    except RefusedError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _servers(text: str) -> str:
    if all(re.fullmatch(r"[^\s,]+:[0-9]{1,5}", server) for server in text.split(",")):
        return text
    raise argparse.ArgumentTypeError("brokers are given as host:port, with commas between them")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"not a regular expression: {error}") from None
