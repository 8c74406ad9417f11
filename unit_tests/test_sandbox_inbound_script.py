"""A script of faults is read whole, or refused with the entry that is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from keen_sandbox.errors import RefusedError
from keen_sandbox.inbound.script import read_script


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "faults.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_script_is_played_in_the_order_of_its_entries(tmp_path: Path) -> None:
    text = '{"faults": [{"request": "produce", "from": 2, "error": 19}, {"request": "produce", "delay": 0.5}]}'
    script = read_script(written(tmp_path, text))
    assert [script.strike("produce", ["a"]).numbers for _ in range(3)] == [[2], [1], []]
    assert script.advertised is None


@pytest.mark.parametrize(
    ("text", "address"),
    [("localhost:1", ("localhost", 1)), ("::1:9092", ("::1", 9092)), ("b.example:80", ("b.example", 80))],
)
def test_a_script_may_advertise_an_address(tmp_path: Path, text: str, address: tuple[str, int]) -> None:
    assert read_script(written(tmp_path, f'{{"advertise": "{text}"}}')).advertised == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"faults": [\n{"request" "produce"}]}', "is not JSON: Expecting ':' delimiter in line 2, column 12."),
        (b'{"advertise": "\xff"}', "is not a text in UTF-8."),
        ("[]", "the script: Expected `object`, got `array`."),
        ('{"fault": []}', "the script: Object contains unknown field `fault`."),
        ('{"faults": {}}', 'the script, "faults": Expected `array`, got `object`.'),
        ('{"advertise": "localhost"}', 'the script, "advertise": localhost is not of the form host:port.'),
        ('{"advertise": "localhost:0"}', 'the script, "advertise": localhost:0 is not of the form host:port.'),
        ('{"advertise": "localhost:65536"}', 'the script, "advertise": localhost:65536 is not of the form host:port.'),
        ('{"faults": [{"request": "produce", "delay": 1}, 7]}', "fault 2: Expected `object`, got `int`."),
        (
            '{"faults": [{"request": "product", "delay": 1}]}',
            "fault 1, \"request\": Invalid enum value 'product'; it can be produce, metadata, init_producer_id,"
            " sasl_handshake, sasl_authenticate, api_versions.",
        ),
        (
            '{"faults": [{"request": "produce", "delay": 1, "times": "ever"}]}',
            'fault 1, "times": Invalid enum value \'ever\'; it can be "all", a number from 1.',
        ),
        (
            '{"faults": [{"request": "produce", "delay": 1}, {"request": "produce", "error": "X"}]}',
            "fault 2: Kafka has no error of the name X; its number can be given instead.",
        ),
    ],
)
def test_a_script_that_cannot_be_played_is_refused(tmp_path: Path, text: str | bytes, reason: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(RefusedError) as refused:
        read_script(file)
    assert str(refused.value).removeprefix(str(file)).lstrip(": ") == reason


def test_a_script_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"faults\.json cannot be read \(No such file or directory\)"):
        read_script(tmp_path / "faults.json")


def test_the_example_of_the_documentation_can_be_played(tmp_path: Path) -> None:
    page = Path(__file__).parents[1].joinpath("docs", "sandbox.md").read_text(encoding="utf-8")
    (example,) = re.findall(r'```json\n(\{\s*"faults".*?)```', page, re.DOTALL)
    script = read_script(written(tmp_path, example))
    assert [script.strike("produce", ["users"]).numbers for _ in range(11)] == [[], [], [1], [1], *[[]] * 5, [2], []]
