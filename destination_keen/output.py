"""Everything on standard output: whole lines of Airbyte messages, written at once, without secrets."""

from __future__ import annotations

import base64
import json
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from destination_keen.errors import DestinationError

_LEVELS = {logging.CRITICAL: "FATAL", logging.ERROR: "ERROR", logging.WARNING: "WARN", logging.INFO: "INFO"}
_MASK = "****"
# What other threads may log before the writer has its turn.
_WAITING_LINES = 1_000


class Output(logging.Handler):
    """Writes to a file descriptor, unbuffered. As a log handler it makes LOG messages of log records.

    Only the thread that made it writes. What other threads log waits until that thread writes next.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._owner = threading.get_ident()
        self._waiting: deque[bytes] = deque(maxlen=_WAITING_LINES)
        self._secrets: list[str] = []

    def hide(self, secret: str) -> None:
        """Mask a secret in all that is logged from now on, also in the forms that URLs, SASL and error texts have."""
        if not secret:
            return
        secret = _encodable(secret)
        forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
        forms |= {repr(secret)[1:-1], repr(secret.encode())[2:-1], json.dumps(secret)[1:-1]}
        forms.add(base64.b64encode(secret.encode()).decode())
        # The longest first, so that no form is left over in pieces.
        self._secrets = sorted({*self._secrets, *forms}, key=len, reverse=True)

    def lines(self, lines: Iterable[bytes]) -> None:
        """Write lines as they are, after what other threads have logged.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        waiting = []
        while self._waiting:
            waiting.append(self._waiting.popleft())
        text = b"".join(line + b"\n" for line in (*waiting, *lines))
        while text:
            try:
                text = text[os.write(self._descriptor, text) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except BrokenPipeError:
                raise
            except OSError as error:
                # There is no other place to say it.
                sys.exit(f"destination-keen: standard output cannot be written: {error.strerror}.")

    def message(self, message: Mapping[str, Any]) -> None:
        """Write one Airbyte message."""
        self.lines([msgspec.json.encode(message)])

    def failure(self, error: DestinationError) -> None:
        """Write the TRACE ERROR of a failure."""
        details = {
            "message": self._masked(error.message),
            "internal_message": self._masked(error.internal_message),
            "failure_type": error.failure_type,
        }
        self.message({"type": "TRACE", "trace": {"type": "ERROR", "emitted_at": time.time() * 1000, "error": details}})

    def status(self, error: DestinationError | None, message: str | None = None) -> None:
        """Write the CONNECTION_STATUS of a check: FAILED with an error, else SUCCEEDED."""
        if error is not None:
            message = error.message
        status: dict[str, Any] = {"status": "SUCCEEDED" if error is None else "FAILED"}
        if message is not None:
            status["message"] = self._masked(message)
        self.message({"type": "CONNECTION_STATUS", "connectionStatus": status})

    def emit(self, record: logging.LogRecord) -> None:
        """Write a log record as a LOG message, or keep it if this is not the thread that writes."""
        level = _LEVELS.get(record.levelno, "DEBUG")
        log = {"level": level, "message": self._masked(record.getMessage())}
        line = msgspec.json.encode({"type": "LOG", "log": log})
        if threading.get_ident() == self._owner:
            self.lines([line])
        else:
            self._waiting.append(line)

    def _masked(self, text: str) -> str:
        text = _encodable(text)
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text


def _encodable(text: str) -> str:
    # Settings and names may hold halves of surrogate pairs, which UTF-8 cannot carry.
    return text.encode("utf-8", "replace").decode()
