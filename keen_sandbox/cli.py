"""The command `keen-sandbox`: runs a local Keen, and says what is in one that runs."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import logging
import os
import secrets
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from keen_sandbox import inbound, readings
from keen_sandbox.announcement import announce, end_points
from keen_sandbox.certificate import make_certificate
from keen_sandbox.errors import RefusedError, StoreError
from keen_sandbox.http_api import make_app, serving
from keen_sandbox.ingest import Ingest
from keen_sandbox.limits import FAST_MINUTE, MINUTE, RateLimits
from keen_sandbox.project import Project
from keen_sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

KAFKA_PORT = 19092
HTTP_PORT = 18888
STATUS_SECONDS = 10.0
"""How long `status` waits for a sandbox that is busy."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the given arguments (default: those of the process) and give its exit code.

    0: done, as when a signal ended `serve`; 2: not possible, with one sentence on stderr.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="keen-sandbox: %(message)s")
    logging.getLogger("keen_sandbox").setLevel(logging.INFO)
    try:
        if options.command == "serve":
            asyncio.run(_serve(options))
        else:
            print(json.dumps(_status(options.url or f"http://localhost:{options.http_port}"), indent=2))
    except (RefusedError, StoreError) as reason:
        print(f"keen-sandbox: {reason}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keen-sandbox", description="A local Keen to try a connector against.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run until SIGTERM or SIGINT; one line of JSON when ready")
    serve.add_argument("--project-id", metavar="P", help="default: a random one")
    for key in ("master", "write", "read"):
        serve.add_argument(f"--{key}-key", metavar=key[0].upper(), help="default: a random one")
    serve.add_argument("--kafka-port", type=_port, default=KAFKA_PORT, metavar="N", help="default: %(default)s")
    serve.add_argument("--http-port", type=_port, default=HTTP_PORT, metavar="M", help="default: %(default)s")
    serve.add_argument("--data", metavar="FILE", help="keep events in this file (default: in memory)")
    serve.add_argument("--tls", action="store_true", help="Kafka with TLS, and a certificate made for this run")
    serve.add_argument("--ingest-delay", type=_seconds, default=0.0, metavar="S", help="seconds until an event is seen")
    serve.add_argument("--fast-limits", action="store_true", help="rate limits with a minute of half a second")
    readings.add_options(serve)
    inbound.add_options(serve)
    serve.add_argument("--config-out", type=Path, metavar="FILE", help="write the connector's configuration")
    status = commands.add_parser("status", help="print the counts of a running sandbox as JSON")
    status.add_argument("--http-port", type=_port, default=HTTP_PORT, metavar="M", help="default: %(default)s")
    status.add_argument("--url", metavar="URL", help="instead of the port: where its HTTP side is")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError("a port is a number up to 65535, and 0 takes any that is free")


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= (seconds := float(text)) < float("inf"):
            return seconds
    raise argparse.ArgumentTypeError("a delay is a number of seconds, 0 or more")


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    project = Project(
        options.project_id or secrets.token_hex(12),
        master_key=options.master_key or secrets.token_hex(32),
        write_key=options.write_key or secrets.token_hex(32),
        read_key=options.read_key or secrets.token_hex(32),
    )
    cluster = inbound.read_cluster(options) if options.kafka else None
    async with contextlib.AsyncExitStack() as opened:
        client = cluster and opened.enter_context(await asyncio.to_thread(inbound.connect, cluster))
        http_side = opened.enter_context(_bind(options.http_port, "--http-port"))
        played = readings.Readings.of(options)
        store = Store(options.data, tokens_outlive_events=played.tokens_outlive_deletes)
        opened.callback(store.close)
        ingest = Ingest(store, options.ingest_delay, played)
        opened.push_async_callback(ingest.close)
        storing = asyncio.create_task(ingest.run())
        limits = RateLimits(FAST_MINUTE if options.fast_limits else MINUTE)
        app = make_app(project, store, ingest, limits=limits, readings=played)
        await opened.enter_async_context(serving(app, http_side))
        if cluster is None:
            kafka_side = _listen(opened, options, project, ingest)
        else:
            opened.push_async_callback(inbound.Consumer(client, cluster.takes, ingest).close)
            kafka_side = cluster.end_point
        announce(end_points(project, kafka_side, http_side.getsockname()[1]), options.config_out)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({storing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if storing.done():
            await storing


def _listen(
    opened: contextlib.AsyncExitStack, options: argparse.Namespace, project: Project, ingest: Ingest
) -> dict[str, str]:
    bound = opened.enter_context(_bind(options.kafka_port, "--kafka-port"))
    certificate = make_certificate() if options.tls else None
    tls = certificate.server_context() if certificate else None
    listener = inbound.Listener(project, ingest, bound, tls, options.faults)
    opened.push_async_callback(listener.close)
    known = {
        "bootstrap_servers": f"localhost:{bound.getsockname()[1]}",
        "security_protocol": "SASL_SSL" if certificate else "SASL_PLAINTEXT",
    }
    return {**known, "ca_certificate": certificate.pem} if certificate else known


def _bind(port: int, option: str) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise RefusedError(
            f"port {port} cannot be opened ({reason}). Choose another with {option}; 0 takes any that is free."
        ) from None


def _status(url: str) -> Any:
    where = urlsplit(url)
    try:
        connection = http.client.HTTPConnection(where.netloc, timeout=STATUS_SECONDS)
        connection.request("GET", "/sandbox/status")
        response = connection.getresponse()
        if response.status == http.client.OK:
            return json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException):
        pass
    raise RefusedError(f"no sandbox answers at {url}. Give its port with --http-port, or its address with --url.")
