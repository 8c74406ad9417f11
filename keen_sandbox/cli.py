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
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from keen_sandbox.certificate import Certificate, make_certificate
from keen_sandbox.errors import StoreError
from keen_sandbox.http_api import make_app, serving
from keen_sandbox.inbound import Listener
from keen_sandbox.ingest import Ingest
from keen_sandbox.project import Project
from keen_sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

KAFKA_PORT = 19092
HTTP_PORT = 18888
STATUS_SECONDS = 10.0
"""How long `status` waits for a sandbox that is busy."""


class RefusedError(Exception):
    """The command cannot do what it was asked for. The text says why, and what to do."""


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
        *(given or secrets.token_hex(32) for given in (options.master_key, options.write_key, options.read_key)),
    )
    certificate = make_certificate() if options.tls else None
    async with contextlib.AsyncExitStack() as opened:
        kafka_side = opened.enter_context(_bind(options.kafka_port, "--kafka-port"))
        http_side = opened.enter_context(_bind(options.http_port, "--http-port"))
        store = Store(options.data)
        opened.callback(store.close)
        ingest = Ingest(store, options.ingest_delay)
        opened.push_async_callback(ingest.close)
        storing = asyncio.create_task(ingest.run())
        await opened.enter_async_context(serving(make_app(project, store, ingest), http_side))
        tls = certificate.server_context() if certificate else None
        listener = Listener(project, ingest, kafka_side, tls)
        opened.push_async_callback(listener.close)
        _announce(_end_points(project, kafka_side, http_side, certificate), options.config_out)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({storing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if storing.done():
            await storing


def _bind(port: int, option: str) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise RefusedError(
            f"port {port} cannot be opened ({reason}). Choose another with {option}; 0 takes any that is free."
        ) from None


def _end_points(
    project: Project, kafka_side: socket.socket, http_side: socket.socket, certificate: Certificate | None
) -> dict[str, Any]:
    http_url = f"http://localhost:{http_side.getsockname()[1]}"
    end_points = {
        "ready": True,
        "project_id": project.project_id,
        "master_key": project.master_key,
        "write_key": project.write_key,
        "read_key": project.read_key,
        "bootstrap_servers": f"localhost:{kafka_side.getsockname()[1]}",
        "security_protocol": "SASL_SSL" if certificate else "SASL_PLAINTEXT",
        "api_url": f"{http_url}/3.0",
        "page": f"{http_url}/",
    }
    return {**end_points, "ca_certificate": certificate.pem} if certificate else end_points


def _announce(end_points: dict[str, Any], config_out: Path | None) -> None:
    if config_out is not None:
        names = ("bootstrap_servers", "security_protocol", "ca_certificate")
        configuration = {
            "project_id": end_points["project_id"],
            "api_key": end_points["master_key"],
            "delivery": {"method": "kafka", **{name: end_points[name] for name in names if name in end_points}},
            "api_url": end_points["api_url"],
        }
        try:
            _write_secret(config_out, json.dumps(configuration, indent=2) + "\n")
        except OSError as error:
            raise RefusedError(f"{config_out} cannot be written ({error.strerror}).") from None
    print(json.dumps(end_points), flush=True)


def _write_secret(file: Path, text: str) -> None:
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # for the user's eyes only
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
        Path(draft).replace(file)
    except OSError:
        Path(draft).unlink()
        raise


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
