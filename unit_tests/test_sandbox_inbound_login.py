"""A connection may produce once it has shown the project id with its master or write key."""

from __future__ import annotations

import pytest

from keen_sandbox.inbound.login import Login
from keen_sandbox.project import Project

PROJECT = Project("project", "the-master-key", "the-write-key", "the-read-key")


def agreed(version: int = 1) -> Login:
    login = Login(PROJECT)
    login.handshake("PLAIN", version=version)
    return login


@pytest.mark.parametrize("key", [b"the-master-key", b"the-write-key"])
@pytest.mark.parametrize("authorization", [b"", b"project"])
def test_the_master_key_and_the_write_key_are_granted(key: bytes, authorization: bytes) -> None:
    login = agreed()
    answer = login.authenticate(authorization + b"\0project\0" + key)
    assert (answer.error_code, answer.error_message, answer.auth_bytes) == (0, None, b"")
    assert (login.granted, login.refused) == (True, False)


@pytest.mark.parametrize(
    ("token", "objection"),
    [
        (b"\0project\0wrong", "the project ID or the key is wrong"),
        (b"\0somebody\0the-master-key", "the project ID or the key is wrong"),
        (b"other\0project\0the-master-key", "the project ID or the key is wrong"),
        (b"\0project\0the-read-key", "a read key cannot write"),
        (b"\0somebody\0the-read-key", "the project ID or the key is wrong"),
        (b"project", "this is not a PLAIN token"),
        (b"\0project\0the-master-key\0", "this is not a PLAIN token"),
        (b"\xff\0project\0the-master-key", "this is not a PLAIN token"),
    ],
)
def test_everybody_else_is_refused_with_the_reason(token: bytes, objection: str) -> None:
    login = agreed()
    answer = login.authenticate(token)
    assert (answer.error_code, answer.error_message) == (58, f"Authentication failed: {objection}")
    assert (login.granted, login.refused) == (False, True)


def test_a_mechanism_that_is_not_spoken_may_be_followed_by_the_one_that_is() -> None:
    login = Login(PROJECT)
    answer = login.handshake("SCRAM-SHA-512", version=1)
    assert (answer.error_code, answer.mechanisms) == (33, ["PLAIN"])
    assert login.handshake("PLAIN", version=1).error_code == 0
    assert login.authenticate(b"\0project\0the-write-key").error_code == 0


def test_a_token_without_a_handshake_is_refused() -> None:
    login = Login(PROJECT)
    assert login.authenticate(b"\0project\0the-master-key").error_code == 34
    assert (login.granted, login.refused) == (False, True)


def test_a_client_that_is_logged_in_cannot_log_in_again() -> None:
    login = agreed()
    login.authenticate(b"\0project\0the-write-key")
    assert login.handshake("PLAIN", version=1).error_code == 34
    assert login.refused


def test_only_the_first_version_of_the_handshake_is_followed_by_a_bare_token() -> None:
    assert not agreed(version=1).bare_token
    login = agreed(version=0)
    assert login.bare_token
    login.authenticate(b"\0project\0the-write-key")
    assert not login.bare_token
