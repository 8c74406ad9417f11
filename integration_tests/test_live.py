"""`make live` against the local Keen, which answers as the documentation says, and as it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import forms
from integration_tests.live.project import Project
from integration_tests.sandbox import MASTER_KEY, Sandbox

COMMAND = [sys.executable, "-m", "integration_tests.live"]
ROOT = Path(__file__).parents[1]
SECONDS = 240.0


def asked(directory: Path, config: dict[str, Any]) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run it, and give the answers by question."""
    (directory / "project.json").write_text(json.dumps(config))
    report = directory / "report.md"
    files = ["--config", str(directory / "project.json"), "--report", str(report)]
    times = ["--patience", "60", "--settle", "0.2", "--minute", "0.5"]
    ended = subprocess.run(
        [*COMMAND, *files, *times], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    text = report.read_text()
    assert not any(form in text + ended.stdout + ended.stderr for form in forms(MASTER_KEY))
    sections = text.split("\n## ")[1:]
    return ended, {section.partition("\n")[0]: section.partition("\n")[2].strip() for section in sections}


def remains(sandbox: Sandbox) -> dict[str, int]:
    return {name: events for name, (events, _) in sandbox.counts().items() if events}


def test_every_question_is_answered_and_nothing_is_left(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--fast-limits") as sandbox:
        ended, answers = asked(tmp_path, sandbox.config)
        assert remains(sandbox) == {}
        assert Project(sandbox.config, SECONDS, 0.0, 0.0).ask("GET", "keys").body == []
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(answers) == 26
    assert all(answers.values())
    assert answers["Can the Kafka cluster be used?"] == "Yes."
    assert answers["What could not be removed?"] == "Nothing is left."
    verdicts = answers["Which events are stored over Kafka, as what, and does a bad one block those behind it?"]
    assert "- plain: stored\n" in verdicts
    assert "- list at the root: acknowledged and dropped" in verdicts
    assert "- timestamp with an offset: stored as 2026-05-01T10:00:00.123Z" in verdicts
    for method in ("kafka", "http"):
        assert answers[f"A sync that appends, over {method}"].startswith(
            "exit code 0, 1 of 1 state, no error; 20 events"
        )
        assert answers[f"An overwrite, and another, over {method}"].endswith("generations that are left: ['2']")


def test_a_project_without_kafka_is_asked_what_it_can_be_asked(tmp_path: Path) -> None:
    readings = ["--forbidden-status", "401", "--missing-collection-status", "200", "--tokens-outlive-deletes"]
    unreachable = {"method": "http", "bootstrap_servers": "localhost:1", "security_protocol": "SASL_PLAINTEXT"}
    with Sandbox(tmp_path, "--fast-limits", *readings) as sandbox:
        ended, answers = asked(tmp_path, sandbox.config | {"delivery": unreachable})
        assert remains(sandbox) == {}
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(answers) == 26
    assert answers["Can the Kafka cluster be used?"].startswith("No connection to localhost:1")
    not_asked = [question for question, answer in answers.items() if answer.startswith("Not asked")]
    assert len(not_asked) == 12
    access = answers["What may keys with one permission do, and with which status are they refused?"]
    assert "count 401 (KeyNotPermittedError), record 200, delete 401 (AdminOnlyEndpointError)" in access
    missing = answers["What do requests on a collection that does not exist answer?"]
    assert missing.startswith("Count: 200, extraction: 200, DELETE: 404")
    tokens = answers["Are uniqueness tokens honoured over HTTP, and do they outlive a DELETE?"]
    assert tokens.endswith("the same token again: 0 stored.")


@pytest.mark.parametrize("content", [None, "{", "[]", '{"project_id":"p1"}'])
def test_without_a_configuration_it_says_what_it_needs(tmp_path: Path, content: str | None) -> None:
    config = tmp_path / "project.json"
    if content is not None:
        config.write_text(content)
    ended = subprocess.run(
        [*COMMAND, "--config", str(config)], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"needs the connector's configuration for it, with the Master Key, in {config}" in ended.stderr
