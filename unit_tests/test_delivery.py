import ssl
from typing import Any

import pytest
import trustme

from destination_keen.delivery import HttpDelivery, KafkaDelivery, parse
from destination_keen.errors import ConfigError

CERTIFICATE = trustme.CA().cert_pem.bytes().decode()


def kafka(**settings: Any) -> KafkaDelivery:
    delivery = parse({"method": "kafka", **settings})
    assert isinstance(delivery, KafkaDelivery)
    return delivery


def refusal(**settings: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(settings)
    return caught.value.message


def test_kafka_is_meant_where_nothing_is_said() -> None:
    keen = KafkaDelivery(
        (("b1.kafka-in.keen.io", 9092), ("b2.kafka-in.keen.io", 9092), ("b3.kafka-in.keen.io", 9092)), "SASL_SSL", None
    )
    assert parse(None) == parse({}) == parse({"method": None}) == parse({"method": "kafka"}) == keen
    assert kafka(security_protocol=None, bootstrap_servers=None, ca_certificate=None) == keen


def test_http_has_no_settings_of_its_own_and_ignores_those_of_kafka() -> None:
    assert parse({"method": "http"}) == HttpDelivery()
    assert parse({"method": "http", "bootstrap_servers": 5}) == HttpDelivery()


@pytest.mark.parametrize("method", ["amqp", "HTTP", 5, ["kafka"]])
def test_another_method_is_refused(method: Any) -> None:
    assert refusal(method=method) == '"Delivery" (delivery.method) has to be "kafka" or "http".'


@pytest.mark.parametrize(("raw", "kind"), [("kafka", "a string"), ([], "an array"), (False, "a boolean")])
def test_a_delivery_that_is_no_object_is_refused(raw: Any, kind: str) -> None:
    with pytest.raises(ConfigError, match=rf'"Delivery" \(delivery\) has to be an object, not {kind}'):
        parse(raw)


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
    delivery = kafka(bootstrap_servers=text)
    assert delivery.bootstrap_servers == brokers
    assert delivery.servers == servers


@pytest.mark.parametrize(
    "server",
    ["b1.example.com", "a:", ":9092", "a:0", "a:65536", "a:-1", "a:x", "SASL_SSL://a:9092", "http://a:80", "a:²"],
)
def test_a_broker_that_is_not_host_and_port_is_refused_and_quoted(server: str) -> None:
    assert f'"{server}" is not of that form' in refusal(bootstrap_servers=f"ok:9092,{server}")


@pytest.mark.parametrize("text", ["a:1;b:2", "a:1\nb:2", "a:1 b:2", "a b:1", "user@a:1", "a:\uff19"])
def test_brokers_that_are_not_separated_by_commas_are_refused(text: str) -> None:
    assert "is not of that form" in refusal(bootstrap_servers=text)


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({"security_protocol": "SSL"}, '"Security Protocol" (delivery.security_protocol) has to be SASL_SSL'),
        ({"security_protocol": ["SASL_SSL"]}, '"Security Protocol" (delivery.security_protocol)'),
        ({"ca_certificate": 5}, '"CA Certificate" (delivery.ca_certificate) has to be PEM text'),
        ({"ca_certificate": "MIIB"}, '"CA Certificate" (delivery.ca_certificate) cannot be read'),
        ({"bootstrap_servers": " , "}, '"Bootstrap Servers" (delivery.bootstrap_servers) names no broker'),
        ({"bootstrap_servers": 9092}, '"Bootstrap Servers" ('),
    ],
)
def test_a_setting_that_is_wrong_is_named_as_the_form_shows_it(settings: dict[str, Any], title: str) -> None:
    assert title in refusal(**settings)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_brokers_of_this_machine_may_be_reached_without_encryption(host: str) -> None:
    assert not kafka(bootstrap_servers=f"{host}:9092", security_protocol="SASL_PLAINTEXT").encrypted


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_the_key_is_never_sent_to_brokers_elsewhere_unencrypted(host: str) -> None:
    message = refusal(bootstrap_servers=f"localhost:9092,{host}:9092", security_protocol="SASL_PLAINTEXT")
    assert '"Security Protocol"' in message
    assert f"to {host} unencrypted" in message


def test_tls_always_verifies_the_certificate_and_the_name_of_the_broker() -> None:
    for delivery in (kafka(), kafka(ca_certificate=CERTIFICATE), kafka(ca_certificate="")):
        context = delivery.tls()
        assert delivery.encrypted
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_only_the_authority_that_the_user_gave_is_trusted_where_there_is_one() -> None:
    [authority] = kafka(ca_certificate=CERTIFICATE).tls().get_ca_certs(binary_form=True)
    assert authority == ssl.PEM_cert_to_DER_cert(CERTIFICATE)


@pytest.mark.parametrize("certificate", ["\u2014BEGIN CERTIFICATE\u2014", "é", "\ud800"])
def test_a_certificate_that_an_editor_has_changed_is_refused(certificate: str) -> None:
    assert '"CA Certificate"' in refusal(ca_certificate=certificate)
