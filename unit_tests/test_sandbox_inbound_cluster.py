"""The options about an existing cluster become a cluster, or a sentence where they contradict one another."""

from __future__ import annotations

import argparse
import ssl
from pathlib import Path
from typing import Any

import pytest

from keen_sandbox.certificate import make_certificate
from keen_sandbox.errors import RefusedError
from keen_sandbox.inbound import add_options
from keen_sandbox.inbound.cluster import Cluster, read_cluster

NO_PASSWORD: dict[str, str] = {}


def options(*given: str) -> Any:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--tls", action="store_true")
    add_options(parser)
    return parser.parse_args(["--kafka", "b1:9092,b2:9092", *given])


def test_without_a_user_the_cluster_is_read_in_the_clear() -> None:
    cluster = read_cluster(options(), NO_PASSWORD)
    assert cluster == Cluster("b1:9092,b2:9092", "PLAINTEXT")
    assert cluster.end_point == {"bootstrap_servers": "b1:9092,b2:9092", "security_protocol": "PLAINTEXT"}
    assert cluster.tls() is None


def test_a_user_is_encrypted_unless_the_options_say_otherwise() -> None:
    environment = {"KEEN_SANDBOX_KAFKA_PASSWORD": "secret"}
    cluster = read_cluster(options("--kafka-username", "u"), environment)
    assert (cluster.security_protocol, cluster.username, cluster.password) == ("SASL_SSL", "u", "secret")
    context = cluster.tls()
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    plain = ("--kafka-security-protocol", "SASL_PLAINTEXT")
    assert read_cluster(options("--kafka-username", "u", *plain), environment).tls() is None


def test_the_password_in_a_file_comes_before_that_of_the_environment_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file \n")
    given = options("--kafka-username", "u", "--kafka-password-file", str(file))
    cluster = read_cluster(given, {"KEEN_SANDBOX_KAFKA_PASSWORD": "secret"})
    assert cluster.password == "from the file "
    assert "from the file" not in repr(cluster)


def test_a_certificate_is_trusted_and_told_to_clients(tmp_path: Path) -> None:
    pem = make_certificate().pem
    (tmp_path / "ca.pem").write_text(pem)
    given = options("--kafka-username", "u", "--kafka-ca-file", str(tmp_path / "ca.pem"))
    cluster = read_cluster(given, {"KEEN_SANDBOX_KAFKA_PASSWORD": "secret"})
    assert cluster.end_point["ca_certificate"] == pem
    context = cluster.tls()
    assert context is not None
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("topic", "taken"), [("users", True), ("a.b-c_d", True), ("__consumer_offsets", False), ("x" * 65, False)]
)
def test_topics_with_the_name_of_a_collection_are_read(topic: str, taken: bool) -> None:
    assert read_cluster(options(), NO_PASSWORD).takes(topic) is taken


@pytest.mark.parametrize(("topic", "taken"), [("orders", True), ("orders_2", False), ("_orders", True)])
def test_with_a_pattern_the_topics_are_read_that_match_it_as_a_whole(topic: str, taken: bool) -> None:
    assert read_cluster(options("--kafka-topics", "_?orders"), NO_PASSWORD).takes(topic) is taken


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["--tls"], "--tls is for the sandbox's own listener"),
        (["--faults", "{faults}"], "--faults are played by the sandbox's own listener"),
        (["--kafka-username", "u"], "needs a password: give --kafka-password-file, or set KEEN_SANDBOX_KAFKA_PASSWORD"),
        (["--kafka-username", "u", "--kafka-security-protocol", "PLAINTEXT"], "needs SASL_SSL or SASL_PLAINTEXT"),
        (["--kafka-security-protocol", "SASL_SSL"], "SASL_SSL needs --kafka-username"),
        (["--kafka-ca-file", "ca.pem"], "--kafka-ca-file is for SASL_SSL"),
        (["--kafka-username", "u", "--kafka-password-file", "no/file"], "no/file cannot be read"),
        (["--kafka-username", "u", "--kafka-password-file", "{empty}"], "needs a password"),
        (["--kafka-username", "u", "--kafka-password-file", "{key}", "--kafka-ca-file", "{key}"], "no certificate"),
        (["--data", "{key}"], "is there already, and --kafka reads the cluster from its beginning"),
    ],
)
def test_options_that_contradict_one_another_are_refused(tmp_path: Path, given: list[str], reason: str) -> None:
    files = {"faults": '{"faults": []}', "empty": "\n", "key": "not a certificate"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    places = {name: str(tmp_path / name) for name in files}
    with pytest.raises(RefusedError, match=reason):
        read_cluster(options(*[each.format(**places) for each in given]), NO_PASSWORD)


@pytest.mark.parametrize("given", [["--kafka", "b1"], ["--kafka", "b1:9092,"], ["--kafka-topics", "("]])
def test_an_option_that_cannot_be_read_ends_the_command(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(*given)
    assert f"argument {given[0]}: " in capsys.readouterr().err


def test_a_script_of_faults_that_cannot_be_read_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options("--faults", "no/file")
    assert "argument --faults: no/file cannot be read (No such file or directory)." in capsys.readouterr().err
