"""Says that the sandbox is ready: a line of JSON for programs, and a configuration for the connector."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from keen_sandbox.errors import RefusedError
from keen_sandbox.project import Project


def end_points(project: Project, kafka_side: dict[str, str], http_port: int) -> dict[str, Any]:
    """Put together what clients have to know; `kafka_side` is what they need for Kafka, besides user and password."""
    http_url = f"http://localhost:{http_port}"
    return {
        "ready": True,
        "project_id": project.project_id,
        "master_key": project.master_key,
        "write_key": project.write_key,
        "read_key": project.read_key,
        **kafka_side,
        "api_url": f"{http_url}/3.0",
        "page": f"{http_url}/",
    }


def announce(ready: dict[str, Any], config_out: Path | None) -> None:
    """Print the end points, after the connector's configuration was written to a file that only its owner can read.

    Raises RefusedError where that file cannot be written.
    """
    if config_out is not None:
        names = ("bootstrap_servers", "security_protocol", "ca_certificate")
        configuration = {
            "project_id": ready["project_id"],
            "api_key": ready["master_key"],
            "delivery": {"method": "kafka", **{name: ready[name] for name in names if name in ready}},
            "api_url": ready["api_url"],
        }
        try:
            _write_secret(config_out, json.dumps(configuration, indent=2) + "\n")
        except OSError as error:
            raise RefusedError(f"{config_out} cannot be written ({error.strerror}).") from None
    print(json.dumps(ready), flush=True)


def _write_secret(file: Path, text: str) -> None:
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # for the user's eyes only
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
        Path(draft).replace(file)
    except OSError:
        Path(draft).unlink()
        raise
