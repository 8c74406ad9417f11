import json
import stat
from pathlib import Path

import pytest

from keen_sandbox.announcement import announce, end_points
from keen_sandbox.errors import RefusedError
from keen_sandbox.project import Project

PROJECT = Project("p1", master_key="m", write_key="w", read_key="r")
KAFKA = {"bootstrap_servers": "localhost:9092", "security_protocol": "SASL_PLAINTEXT"}
READY = {
    "ready": True,
    "project_id": "p1",
    "master_key": "m",
    "write_key": "w",
    "read_key": "r",
    "bootstrap_servers": "localhost:9092",
    "security_protocol": "SASL_PLAINTEXT",
    "api_url": "http://localhost:8080/3.0",
    "page": "http://localhost:8080/",
}


def test_the_end_points_name_project_keys_and_addresses() -> None:
    assert end_points(PROJECT, KAFKA, 8080) == READY


def test_one_line_of_json_says_that_the_sandbox_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    announce(READY, None)
    assert capsys.readouterr().out == json.dumps(READY) + "\n"


def test_the_connectors_configuration_is_for_the_eyes_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    announce({**READY, "ca_certificate": "PEM"}, file)
    assert json.loads(file.read_text()) == {
        "project_id": "p1",
        "api_key": "m",
        "delivery": {"method": "kafka", **KAFKA, "ca_certificate": "PEM"},
        "api_url": "http://localhost:8080/3.0",
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_without_its_file_nothing_is_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RefusedError, match="cannot be written"):
        announce(READY, tmp_path / "nowhere" / "config.json")
    assert capsys.readouterr().out == ""
