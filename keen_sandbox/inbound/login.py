"""Who may produce: SASL PLAIN, the project id as the user and its master or write key as the password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka.errors import (
    IllegalSaslStateError,
    NoError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
from kafka.protocol.sasl import SaslAuthenticateResponse, SaslHandshakeResponse

from keen_sandbox.keys import Scope
from keen_sandbox.project import Project

MECHANISM = "PLAIN"


class Login:
    """How far one connection has logged in to a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._agreed = False
        self.granted = False
        """Whether the client may produce."""
        self.refused = False
        """Whether the client was refused. The connection ends after the answer that says so."""
        self.bare_token = False
        """Whether the next frame is a PLAIN token alone, as after the first version of the handshake."""
        self.autofill: Mapping[str, Any] = {}
        """What the client's key adds to its events."""

    def handshake(self, mechanism: str, *, version: int) -> Any:
        """Answer whether the mechanism is spoken; a client that wants another is told so and may ask again."""
        if self.granted:
            self.refused = True
            return SaslHandshakeResponse(error_code=IllegalSaslStateError.errno, mechanisms=[MECHANISM])
        self._agreed = mechanism == MECHANISM
        self.bare_token = self._agreed and version == 0
        code = NoError.errno if self._agreed else UnsupportedSaslMechanismError.errno
        return SaslHandshakeResponse(error_code=code, mechanisms=[MECHANISM])

    def authenticate(self, token: bytes) -> Any:
        """Answer a PLAIN token (RFC 4616: authorization id, user and password, with NUL between them).

        The inbound cluster page names the master key and the write key as passwords, and not the read key.
        """
        code, message = NoError.errno, None
        if self.granted or not self._agreed:
            code, message = IllegalSaslStateError.errno, "the client has to agree on a mechanism first"
        elif (objection := self._objection(token)) is not None:
            code, message = SaslAuthenticationFailedError.errno, f"Authentication failed: {objection}"
        self.granted = message is None
        self.refused = not self.granted
        self.bare_token = False
        return SaslAuthenticateResponse(error_code=code, error_message=message, auth_bytes=b"")

    def refuse(self) -> None:
        """Refuse the client, whatever key it has shown."""
        self.granted, self.refused = False, True

    def _objection(self, token: bytes) -> str | None:
        try:
            authorization, user, password = token.decode().split("\0")
        except ValueError:
            return "this is not a PLAIN token"
        grant = self._project.grant_of(password)
        if user != self._project.project_id or authorization not in ("", user) or grant is None:
            return "the project ID or the key is wrong"
        self.autofill = grant.autofill
        return None if Scope.WRITES in grant.permitted else "a read key cannot write"
