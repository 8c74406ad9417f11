"""`check`: every stage that can fail has its own sentence, comes to it in under 10 s, and sends nothing."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trustme

from integration_tests.checks import SECONDS, failure, free_port, verdict
from integration_tests.sandbox import PROJECT, READ_KEY, Sandbox
from keen_sandbox.inbound import Listener
from keen_sandbox.project import Project


@pytest.fixture(scope="module")
def tls_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("tls"), "--tls") as sandbox:
        yield sandbox


@contextmanager
def tls_port(authority: trustme.CA, name: str, **validity: Any) -> Iterator[int]:
    """A port that completes TLS handshakes with a certificate for `name`, and says nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **validity).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(SECONDS)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                try:
                    context.wrap_socket(connection, server_side=True).recv(1)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def with_delivery(config: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return config | {"delivery": config["delivery"] | changes}


def tls_config(port: int, authority: trustme.CA | None, host: str = "localhost") -> dict[str, Any]:
    delivery = {"method": "kafka", "bootstrap_servers": f"{host}:{port}", "security_protocol": "SASL_SSL"}
    if authority is not None:
        delivery["ca_certificate"] = authority.cert_pem.bytes().decode()
    return {"project_id": PROJECT, "api_key": "k3y-of-the-check", "delivery": delivery}


def test_a_good_configuration_succeeds_and_nothing_is_created(sandbox: Sandbox) -> None:
    assert verdict(sandbox.config) == {"status": "SUCCEEDED"}
    assert sandbox.counts() == {}


def test_a_good_configuration_over_tls_succeeds(tls_sandbox: Sandbox) -> None:
    assert verdict(tls_sandbox.config) == {"status": "SUCCEEDED"}


def test_a_name_that_does_not_resolve(sandbox: Sandbox) -> None:
    config = with_delivery(sandbox.config, bootstrap_servers="no-such-host.invalid:9092", security_protocol="SASL_SSL")
    assert failure(config).startswith(
        'The name no-such-host.invalid in "Bootstrap Servers" cannot be resolved. Check its spelling'
    )


def test_one_good_broker_of_two_is_enough(sandbox: Sandbox) -> None:
    servers = f"localhost:{free_port()},{sandbox.ready['bootstrap_servers']}"
    assert verdict(with_delivery(sandbox.config, bootstrap_servers=servers))["status"] == "SUCCEEDED"


def test_a_port_where_nobody_listens(sandbox: Sandbox) -> None:
    port = free_port()
    assert failure(with_delivery(sandbox.config, bootstrap_servers=f"localhost:{port}")).startswith(
        f'No connection to localhost:{port} in "Bootstrap Servers" (Connection refused). Check the port'
    )


def test_http_is_proposed_where_only_the_api_can_be_reached(sandbox: Sandbox) -> None:
    closed = with_delivery(sandbox.config, bootstrap_servers=f"localhost:{free_port()}")
    proposal = 'Keen\'s HTTP API can be reached from here: "Delivery" HTTP sends the events that way.'
    assert failure(closed).endswith(proposal)
    assert proposal not in failure(closed | {"api_url": f"http://localhost:{free_port()}/3.0"})
    assert proposal not in failure(with_delivery(sandbox.config, security_protocol="SASL_SSL"))


def test_a_port_that_never_answers(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert failure(with_delivery(sandbox.config, bootstrap_servers=f"localhost:{port}")).startswith(
            f'localhost:{port} in "Bootstrap Servers" accepts connections but does not answer.'
        )


def test_a_port_that_never_answers_the_tls_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert failure(tls_config(port, None)).startswith(
            f'localhost:{port} in "Bootstrap Servers" does not answer the TLS handshake.'
        )


def test_a_certificate_of_an_untrusted_authority(tls_sandbox: Sandbox) -> None:
    message = failure(with_delivery(tls_sandbox.config, ca_certificate=None))
    assert "is not signed by an authority that this machine trusts" in message
    assert '"CA Certificate"' in message


def test_a_certificate_for_another_host() -> None:
    authority = trustme.CA()
    with tls_port(authority, "broker.example") as port:
        message = failure(tls_config(port, authority))
    assert "is for another host than localhost" in message


def test_a_certificate_that_has_expired() -> None:
    authority = trustme.CA()
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    with tls_port(authority, "localhost", not_after=yesterday) as port:
        message = failure(tls_config(port, authority))
    assert "has expired. Whoever runs the broker has to renew it." in message


def test_an_unencrypted_port_where_tls_is_configured(sandbox: Sandbox) -> None:
    message = failure(with_delivery(sandbox.config, security_protocol="SASL_SSL"))
    assert 'does not speak TLS. Check the port; "Security Protocol" SASL_SSL needs the encrypted one.' in message


def test_a_tls_port_where_none_is_configured(tls_sandbox: Sandbox) -> None:
    message = failure(with_delivery(tls_sandbox.config, security_protocol="SASL_PLAINTEXT"))
    assert 'does not answer as an unencrypted Kafka port does. Choose "Security Protocol" SASL_SSL' in message


@pytest.mark.parametrize("changes", [{"api_key": "wr0ng-key"}, {"api_key": READ_KEY}, {"project_id": "another"}])
def test_a_project_or_key_that_the_brokers_refuse(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    assert failure(sandbox.config | changes).startswith('Keen rejected the "Project ID" or the "Master API Key".')


class Elsewhere(socket.socket):
    """A listening socket that says it listens on another port, which a broker then gives as its address."""

    def getsockname(self) -> Any:
        return ("127.0.0.1", 1)


class Taken:
    """Where messages would go."""

    def accept(self, collection: str, value: bytes | None) -> None:
        raise AssertionError("a check sends nothing")

    async def room(self) -> None:
        return


def test_brokers_that_give_an_address_where_nobody_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        elsewhere = Elsewhere(fileno=bound.detach())
    project = Project(PROJECT, "m4ster-key", "w", "r")
    opened, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        listener = Listener(project, Taken(), elsewhere)  # type: ignore[arg-type]
        opened.set()
        await ended.wait()
        await listener.close()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    opened.wait()
    delivery = {"bootstrap_servers": f"localhost:{port}", "security_protocol": "SASL_PLAINTEXT"}
    try:
        message = failure({"project_id": PROJECT, "api_key": "m4ster-key", "delivery": delivery})
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
    assert message.startswith("The login works, but the brokers' own addresses (localhost:1) cannot be reached.")


def test_a_bad_configuration_is_a_failed_check(sandbox: Sandbox) -> None:
    assert failure({"api_key": "k"}).startswith('"Project ID" (project_id) is missing.')
    remote = with_delivery(sandbox.config, bootstrap_servers="b1.kafka-in.keen.io:9092")
    assert "would send the key to b1.kafka-in.keen.io unencrypted" in failure(remote)
