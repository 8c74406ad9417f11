import ssl

import pytest
import trustme

from destination_keen.config import Config
from destination_keen.errors import ConfigError
from unit_tests.settings import parsed, parsed_delivery, refusal

CERTIFICATE = trustme.CA().cert_pem.bytes().decode()


@pytest.mark.parametrize(
    ("text", "brokers", "servers"),
    [
        ("b1.example.com:9092", (("b1.example.com", 9092),), ["b1.example.com:9092"]),
        (" a:1 ,\n b:65535, ", (("a", 1), ("b", 65_535)), ["a:1", "b:65535"]),
        ("10.0.0.1:9092", (("10.0.0.1", 9092),), ["10.0.0.1:9092"]),
        ("[2001:db8::1]:9092", (("2001:db8::1", 9092),), ["[2001:db8::1]:9092"]),
    ],
)
def test_brokers_are_read_as_host_and_port_and_written_as_clients_want_them(
    text: str, brokers: tuple[tuple[str, int], ...], servers: list[str]
) -> None:
    delivery = parsed_delivery(bootstrap_servers=text)
    assert delivery.bootstrap_servers == brokers
    assert delivery.servers == servers


@pytest.mark.parametrize(
    "server",
    ["b1.example.com", "a:", ":9092", "a:0", "a:65536", "a:-1", "a:x", "SASL_SSL://a:9092", "http://a:80", "a:²"],
)
def test_a_broker_that_is_not_host_and_port_is_refused_and_quoted(server: str) -> None:
    message = refusal({"project_id": "p1", "api_key": "k1", "delivery": {"bootstrap_servers": f"ok:9092,{server}"}})
    assert f'"{server}" is not of that form' in message


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_may_be_reached_without_encryption(host: str) -> None:
    delivery = parsed_delivery(bootstrap_servers=f"{host}:9092", security_protocol="SASL_PLAINTEXT")
    assert not delivery.encrypted
    assert parsed(api_url=f"http://{host}:8080").api_url == f"http://{host}:8080"


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_the_key_is_never_sent_to_another_machine_unencrypted(host: str) -> None:
    base = {"project_id": "p1", "api_key": "k1"}
    plaintext = {"bootstrap_servers": f"localhost:9092,{host}:9092", "security_protocol": "SASL_PLAINTEXT"}
    message = refusal({**base, "delivery": plaintext})
    assert '"Security Protocol"' in message
    assert f"to {host} unencrypted" in message
    assert f"would send the key to {host} unencrypted" in refusal({**base, "api_url": f"http://{host}/3.0"})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.keen.io/3.0",
        "ftp://api.keen.io",
        "https://",
        "https:///3.0",
        "https://user:pw@api.keen.io/3.0",
        "https://api.keen.io/3.0?x=1",
        "https://api.keen.io/3.0#x",
        "https://api.keen.io:port/3.0",
        "https://api.keen.io:99999/3.0",
        "https://[api.keen.io/3.0",
        "http://localhost@example.com",
    ],
)
def test_an_address_of_the_api_that_cannot_be_is_refused(url: str) -> None:
    assert '"API URL" (api_url)' in refusal({"project_id": "p1", "api_key": "k1", "api_url": url})


def test_tls_always_verifies_the_certificate_and_the_name_of_the_broker() -> None:
    for delivery in (
        parsed_delivery(),
        parsed_delivery(ca_certificate=CERTIFICATE),
        parsed_delivery(ca_certificate=""),
    ):
        context = delivery.tls()
        assert delivery.encrypted
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_only_the_authority_that_the_user_gave_is_trusted_where_there_is_one() -> None:
    [authority] = parsed_delivery(ca_certificate=CERTIFICATE).tls().get_ca_certs(binary_form=True)
    assert authority == ssl.PEM_cert_to_DER_cert(CERTIFICATE)


@pytest.mark.parametrize("text", ["a:1;b:2", "a:1\nb:2", "a:1 b:2", "a b:1", "user@a:1", "a:\uff19"])
def test_brokers_that_are_not_separated_by_commas_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not of that form"):
        Config.parse({"project_id": "p", "api_key": "k", "delivery": {"bootstrap_servers": text}})


@pytest.mark.parametrize("url", ["https://:pw@h/3.0", "https://h/3.0?", "https://h/3.0#", "https://ex ample/3.0"])
def test_an_address_with_a_password_or_a_blank_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match='"API URL"'):
        Config.parse({"project_id": "p", "api_key": "k", "api_url": url})


@pytest.mark.parametrize("certificate", ["\u2014BEGIN CERTIFICATE\u2014", "é", "\ud800"])
def test_a_certificate_that_an_editor_has_changed_is_refused(certificate: str) -> None:
    with pytest.raises(ConfigError, match='"CA Certificate"'):
        Config.parse({"project_id": "p", "api_key": "k", "delivery": {"ca_certificate": certificate}})


@pytest.mark.parametrize("delivery", [{"method": None}, {"security_protocol": None}])
def test_null_is_as_good_as_missing_in_the_delivery_too(delivery: dict[str, None]) -> None:
    raw = {"project_id": "p", "api_key": "k"}
    assert Config.parse({**raw, "delivery": delivery}) == Config.parse(raw)
