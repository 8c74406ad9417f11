"""`preview` as a process, on what airbyte-source-faker wrote."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from integration_tests import connector

_SAMPLE = Path(__file__).parent / "faker_sample"
_CATALOG = _SAMPLE / "catalog.json"
_SECONDS = 60
_KEY = "preview-never-reads-this-key"


def preview(stdin: bytes, *options: str, catalog: Path = _CATALOG) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*connector.COMMAND, "preview", "--catalog", str(catalog), *options],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=_SECONDS,
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"} | {"COLUMNS": "120"},
    )


def sample() -> bytes:
    return gzip.decompress((_SAMPLE / "messages.jsonl.gz").read_bytes())


def configuration(directory: Path, **settings: Any) -> str:
    path = directory / "config.json"
    path.write_text(json.dumps(settings))
    return str(path)


def test_what_faker_would_become_is_shown_without_an_account() -> None:
    ended = preview(sample(), "--json")
    assert (ended.returncode, ended.stderr) == (0, b"")
    streams = json.loads(ended.stdout)["streams"]
    counted = [(each["collection"], each["timestamp"], each["records"], each["mended"]) for each in streams]
    assert counted == [
        ("products", "updated_at", 100, 0),
        ("users", "updated_at", 1000, 0),
        ("purchases", "updated_at", 1000, 0),
    ]
    for each in streams:
        assert each["example"]["id"] == 1
        assert each["example"]["keen"]["timestamp"].endswith("Z")


def test_the_table_has_a_row_for_each_stream_and_an_example() -> None:
    ended = preview(sample())
    assert (ended.returncode, ended.stderr) == (0, b"")
    text = ended.stdout.decode()
    assert ["purchases", "purchases", "updated_at", "1,000", "0", "0"] in [line.split() for line in text.splitlines()]
    assert '"make": "Mazda"' in text


def test_the_settings_are_checked_as_for_a_sync_and_the_key_is_not_read(tmp_path: Path) -> None:
    off = configuration(tmp_path, api_key=_KEY, infer_timestamp=False)
    ended = preview(sample(), "--json", "--config", off)
    assert ended.returncode == 0
    assert {each["timestamp"] for each in json.loads(ended.stdout)["streams"]} == {"emitted_at"}
    wrong = preview(b"", "--config", configuration(tmp_path, api_key=_KEY, infer_timestamp="yes"))
    assert (wrong.returncode, wrong.stdout) == (1, b"")
    assert wrong.stderr == b'ERROR: "Infer Timestamp" (infer_timestamp) has to be true or false, not a string.\n'
    assert _KEY.encode() not in ended.stdout + ended.stderr + wrong.stderr


def test_a_wrong_line_ends_it_as_it_ends_a_sync_without_its_content() -> None:
    before, *_ = sample().splitlines(keepends=True)
    ended = preview(before + b'{"type": "RECORD", "record": "%b"}\n' % connector.CONTENT.encode(), "--json")
    assert ended.returncode == 1
    assert ended.stderr.startswith(b"ERROR: Line 2 of the input")
    assert connector.CONTENT.encode() not in ended.stdout + ended.stderr
    assert len(json.loads(ended.stdout)["streams"]) == 3


def test_without_rich_it_is_json_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "rich.py").write_text("raise ModuleNotFoundError")
    program = [*connector.COMMAND, "preview", "--catalog", str(_CATALOG)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(program, input=b"", capture_output=True, check=False, timeout=_SECONDS, env=environment)
    assert ended.returncode == 0
    assert ended.stderr.startswith(b"WARNING: This is JSON. For a table, install rich")
    assert [each["records"] for each in json.loads(ended.stdout)["streams"]] == [0, 0, 0]


def test_a_reader_that_goes_away_is_no_trouble() -> None:
    process = subprocess.Popen(
        [*connector.COMMAND, "preview", "--catalog", str(_CATALOG)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, complaints = process.communicate(b"", timeout=_SECONDS)
    assert (process.returncode, complaints) == (1, b"")
