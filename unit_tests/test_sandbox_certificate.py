"""The certificate is good for this machine, for a while, and for those who were given it."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading

import pytest
from cryptography import x509

from keen_sandbox.certificate import Certificate, make_certificate

CERTIFICATE = make_certificate()


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """Give the protocol version that a client and a server agree on over a real connection."""

    def serve(side: socket.socket) -> None:
        try:
            server.wrap_socket(side, server_side=True).close()
        except OSError:
            side.close()

    near, far = socket.socketpair()
    other = threading.Thread(target=serve, args=(far,))
    other.start()
    try:
        with client.wrap_socket(near, server_hostname=name) as channel:
            return channel.version()
    finally:
        near.close()
        other.join()


def trusting(pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=pem)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13
    return context


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_client_that_was_given_the_certificate_trusts_this_machine(name: str) -> None:
    assert shake_hands(CERTIFICATE.server_context(), trusting(CERTIFICATE.pem), name) == "TLSv1.3"


def test_a_client_that_was_given_another_one_does_not() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(CERTIFICATE.server_context(), trusting(make_certificate().pem), "localhost")


def test_another_name_is_not_trusted() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(CERTIFICATE.server_context(), trusting(CERTIFICATE.pem), "b1.kafka-in.keen.io")


def test_it_is_valid_from_yesterday_for_thirty_days() -> None:
    certificate = x509.load_pem_x509_certificate(CERTIFICATE.pem.encode())
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    assert abs(certificate.not_valid_before_utc + datetime.timedelta(days=1) - now) < hour
    assert abs(certificate.not_valid_after_utc - datetime.timedelta(days=30) - now) < hour


def test_the_private_key_is_neither_in_the_certificate_nor_in_its_repr() -> None:
    assert "PRIVATE" not in CERTIFICATE.pem
    assert "PRIVATE" not in repr(Certificate(CERTIFICATE.pem, CERTIFICATE.key_pem))
