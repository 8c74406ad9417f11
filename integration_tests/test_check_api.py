"""`check`, the HTTP API's part: an API in trouble is a failure only where the configuration needs it."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from integration_tests.checks import api_that_answers, failure, free_port, verdict
from integration_tests.sandbox import WRITE_KEY, Sandbox


def test_a_key_that_is_not_a_master_key_is_enough_and_warned_of(sandbox: Sandbox) -> None:
    status = verdict(sandbox.config | {"api_key": WRITE_KEY})
    assert status["status"] == "SUCCEEDED"
    assert status["message"].startswith('The key in "Master API Key" is not a master key.')


def test_an_api_that_cannot_be_reached_is_warned_of(sandbox: Sandbox) -> None:
    status = verdict(sandbox.config | {"api_url": f"http://localhost:{free_port()}/3.0"})
    assert status["status"] == "SUCCEEDED"
    assert "could not be checked: it cannot be reached. Appending needs the Kafka cluster only" in status["message"]


def test_an_api_that_never_answers_is_warned_of(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        status = verdict(sandbox.config | {"api_url": f"http://localhost:{silent.getsockname()[1]}"})
    assert status["status"] == "SUCCEEDED"


def test_an_api_in_trouble_is_warned_of(sandbox: Sandbox) -> None:
    with api_that_answers(503, b"<html>") as url:
        status = verdict(sandbox.config | {"api_url": url})
    assert status["status"] == "SUCCEEDED"
    assert "it answered with status 503" in status["message"]


def test_a_key_that_the_api_refuses_fails(sandbox: Sandbox) -> None:
    with api_that_answers(401, b'{"error_code": "InvalidApiKeyError"}') as url:
        assert failure(sandbox.config | {"api_url": url}).startswith('Keen rejected the "Master API Key".')


def test_a_project_that_the_api_does_not_know_fails(sandbox: Sandbox) -> None:
    with api_that_answers(404) as url:
        assert failure(sandbox.config | {"api_url": url}).startswith('Keen has no project with this "Project ID".')


@pytest.mark.parametrize(("status", "code"), [(401, "AdminOnlyEndpointError"), (403, "AdminOnlyEndpointError")])
def test_both_statuses_for_a_key_that_is_not_a_master_key_are_understood(
    sandbox: Sandbox, status: int, code: str
) -> None:
    with api_that_answers(status, json.dumps({"error_code": code}).encode()) as url:
        answer = verdict(sandbox.config | {"api_url": url})
    assert answer["status"] == "SUCCEEDED"
    assert "is not a master key" in answer["message"]


@pytest.mark.parametrize("settings", [{"verify_delivery": True}, {"delivery": {"method": "http"}}])
def test_an_api_that_is_needed_has_to_answer(sandbox: Sandbox, settings: dict[str, Any]) -> None:
    message = failure(sandbox.config | {"api_url": f"http://localhost:{free_port()}/3.0"} | settings)
    assert "could not be checked: it cannot be reached." in message
    with api_that_answers(503) as url:
        assert "it answered with status 503" in failure(sandbox.config | {"api_url": url} | settings)
    assert verdict(sandbox.config | settings) == {"status": "SUCCEEDED"}


def test_http_delivery_needs_no_broker(sandbox: Sandbox) -> None:
    config = sandbox.config | {"delivery": {"method": "http", "bootstrap_servers": f"localhost:{free_port()}"}}
    assert verdict(config) == {"status": "SUCCEEDED"}


def test_verification_needs_a_key_that_may_count(sandbox: Sandbox) -> None:
    message = failure(sandbox.config | {"api_key": WRITE_KEY, "verify_delivery": True})
    assert '"Master API Key" may not count events' in message
