"""The certificate of a TLS listener on this machine: made at start, known to nobody who is not given it."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "localhost"
ADDRESSES = ("127.0.0.1", "::1")
VALID_DAYS = 30
"""For longer than any sandbox runs; a certificate that leaks is soon worth nothing."""

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A certificate that clients trust when they are given it as their only authority."""

    pem: str
    """The certificate in PEM, which is no secret."""
    key_pem: bytes = field(repr=False)
    """Its private key in PEM."""

    def server_context(self) -> ssl.SSLContext:
        """Give the context of a server that shows this certificate and asks clients for none."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with tempfile.TemporaryDirectory() as folder:  # ssl reads a key from a file only; the folder is private
            file = Path(folder, "server.pem")
            file.write_bytes(self.key_pem + self.pem.encode())
            context.load_cert_chain(file)
        return context


def make_certificate() -> Certificate:
    """Make a certificate of its own for `localhost` and its addresses, valid from yesterday for `VALID_DAYS`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "keen-sandbox")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + VALID_DAYS * _DAY)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(HOST), *(x509.IPAddress(ipaddress.ip_address(one)) for one in ADDRESSES)]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _key_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
