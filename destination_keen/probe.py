"""The connection check, one stage after the other: name, TCP, TLS, login, cluster, then the HTTP API.

Each failure is one sentence that names the field and what to do. Nothing is created and nothing is sent.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from destination_keen.config import Config, Limits
from destination_keen.deadline import Deadline, within
from destination_keen.delivery import HttpDelivery, KafkaDelivery
from destination_keen.errors import AuthenticationError, ConfigError, DestinationError, TransientError
from destination_keen.producer.kafka_session import NotKafkaError, Session
from destination_keen.settings import LOOPBACK

T = TypeVar("T")

_SERVERS = '"Bootstrap Servers"'
_OVER_HTTP = 'Keen\'s HTTP API can be reached from here: "Delivery" HTTP sends the events that way.'
_LEAST_SECONDS = 0.5
# Verification codes of OpenSSL (x509_vfy.h).
_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64


def check(config: Config, limits: Limits) -> str | None:
    """Probe Kafka and the HTTP API in less than 10 s; give a warning, or None where all is well.

    Raises:
        DestinationError: a sync with this configuration would fail.
    """
    # Imported here because only a check needs HTTP, and the import takes a fifth of a second.
    from destination_keen.access import check_access

    if isinstance(config.delivery, KafkaDelivery):
        try:
            probe_kafka(config, limits.probe_timeout)
        except TransientError as error:
            try:
                check_access(replace(config, delivery=HttpDelivery()), limits.api_timeout)
            except DestinationError:
                raise error from None
            raise TransientError(f"{error.message} {_OVER_HTTP}", error.internal_message) from error
    return check_access(config, limits.api_timeout)


def probe_kafka(config: Config, seconds: float) -> None:
    """Log in to the first of the brokers that can be reached, and see that the cluster's own addresses can be.

    Raises:
        ConfigError: a setting is wrong; AuthenticationError where it is the project ID or the key.
        TransientError: no broker answers, or none as it should.
    """
    _ask_first(config, seconds, lambda _: None)


def probe_idempotence(config: Config, seconds: float) -> bool:
    """Probe Kafka, and give whether the project may send idempotently. Takes a producer id: for syncs only.

    Raises:
        DestinationError: as `probe_kafka`.
    """
    return _ask_first(config, seconds, Session.allows_idempotence)


def _ask_first(config: Config, seconds: float, ask: Callable[[Session], T]) -> T:
    deadline = Deadline(seconds)
    servers = config.kafka.bootstrap_servers
    failures: list[DestinationError] = []
    for i, (host, port) in enumerate(servers):
        share = Deadline(deadline.remaining / (len(servers) - i))
        try:
            with _connected(config.kafka, host, port, share) as connection:
                session = Session(connection)
                session.log_in(config.project_id, config.api_key)
                brokers, answer = session.brokers(), ask(session)
            _check_advertised(config.kafka, brokers, deadline)
        except AuthenticationError:
            raise
        except DestinationError as failure:
            failures.append(failure)
        except (NotKafkaError, OSError) as error:
            failures.append(_no_login(config.kafka, host, port, error))
        else:
            return answer
    # The brokers of a cluster are alike: a setting that one of them proves wrong says more than a silent one.
    failures.sort(key=lambda failure: not isinstance(failure, ConfigError))
    raise type(failures[0])(failures[0].message, " ".join(failure.internal_message for failure in failures))


@contextmanager
def _connected(delivery: KafkaDelivery, host: str, port: int, deadline: Deadline) -> Iterator[socket.socket]:
    with _tcp(host, port, deadline) as plain:
        plain.settimeout(max(deadline.remaining, 0.1))
        if not delivery.encrypted:
            yield plain
            return
        with _tls(delivery, host, port, plain) as encrypted:
            yield encrypted


def _tcp(host: str, port: int, deadline: Deadline) -> socket.socket:
    try:
        within(deadline.remaining / 2, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        raise TransientError(
            f"The name {host} in {_SERVERS} cannot be resolved. Check its spelling, and that this machine has DNS."
        ) from error
    try:
        return within(deadline.remaining, lambda: socket.create_connection((host, port), deadline.remaining))
    except OSError as error:
        raise TransientError(
            f"No connection to {host}:{port} in {_SERVERS} ({_said(error)}). Check the port, and that the network and"
            " its firewalls let this machine reach it."
        ) from error


def _tls(delivery: KafkaDelivery, host: str, port: int, plain: socket.socket) -> ssl.SSLSocket:
    where = f"{host}:{port} in {_SERVERS}"
    try:
        return delivery.tls().wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise ConfigError(_certificate_refused(where, host, error), f"{where}: {error.verify_message}") from error
    except TimeoutError as error:
        raise TransientError(f"{where} does not answer the TLS handshake. Check that the port is right.") from error
    except OSError as error:
        raise ConfigError(
            f'{where} does not speak TLS. Check the port; "Security Protocol" SASL_SSL needs the encrypted one.',
            f"{where}: {_said(error)}",
        ) from error


def _certificate_refused(where: str, host: str, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in (_OTHER_HOST, _OTHER_ADDRESS):
        return f"The certificate of {where} is for another host than {host}. Enter the name that the certificate has."
    if error.verify_code == _EXPIRED:
        return f"The certificate of {where} has expired. Whoever runs the broker has to renew it."
    if error.verify_code == _NOT_YET_VALID:
        return f"The certificate of {where} is not valid yet. Check the clock of this machine."
    return (
        f"The certificate of {where} is not signed by an authority that this machine trusts. Check the address; for a"
        ' private authority, paste its certificate into "CA Certificate".'
    )


def _no_login(delivery: KafkaDelivery, host: str, port: int, error: Exception) -> DestinationError:
    where = f"{host}:{port} in {_SERVERS}"
    if isinstance(error, TimeoutError):
        return TransientError(f"{where} accepts connections but does not answer. Check that it is a Kafka broker.")
    if delivery.encrypted:
        return TransientError(
            f"{where} broke off the login ({_said(error)}). Check that it is a Kafka broker of Keen's."
        )
    return ConfigError(
        f'{where} does not answer as an unencrypted Kafka port does. Choose "Security Protocol" SASL_SSL, or check the'
        " port.",
        f"{where}: {_said(error)}",
    )


def _check_advertised(delivery: KafkaDelivery, brokers: list[tuple[str, int]], deadline: Deadline) -> None:
    remote = [host for host, _ in brokers if host not in LOOPBACK]
    if remote and not delivery.encrypted:
        raise ConfigError(
            f"The brokers in {_SERVERS} send clients on to {remote[0]}, where SASL_PLAINTEXT would carry the key"
            ' unencrypted. Choose "Security Protocol" SASL_SSL.'
        )
    if deadline.remaining < _LEAST_SECONDS:
        # The network is slow, and the login has taken all the time: a name that was not asked for is not a wrong name.
        return
    failure: DestinationError | None = None
    for i, (host, port) in enumerate(brokers):
        share = Deadline(deadline.remaining / (len(brokers) - i))
        try:
            with _connected(delivery, host, port, share):
                return
        except DestinationError as error:
            failure = failure or error
    if failure is not None:
        addresses = ", ".join(f"{host}:{port}" for host, port in brokers)
        raise TransientError(
            f"The login works, but the brokers' own addresses ({addresses}) cannot be reached. Check that the network"
            " and its firewalls let this machine reach them.",
            failure.internal_message,
        ) from failure


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
