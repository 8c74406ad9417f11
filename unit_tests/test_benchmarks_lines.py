"""The input of the benchmarks is the same each time, and is what its kind says."""

import json

import pytest

from benchmarks.lines import KINDS, USUAL, write_block
from destination_keen import catalog
from destination_keen.protocol import Record, State, decode


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return write_block(USUAL, tmp_path_factory.mktemp("usual"))


def test_a_block_holds_20_000_records_with_a_state_after_every_5_000(usual):
    messages = [decode(line) for line in usual.path.read_bytes().splitlines()]
    assert [number for number, message in enumerate(messages) if isinstance(message, State)] == [
        5_000,
        10_001,
        15_002,
        20_003,
    ]
    assert sum(isinstance(message, Record) for message in messages) == 20_000
    assert usual.lines == 20_004


def test_a_record_is_as_large_as_its_kind_says(usual):
    assert 495 <= usual.data_bytes <= 510


def test_a_block_is_the_same_each_time(usual, tmp_path):
    assert write_block(USUAL, tmp_path).path.read_bytes() == usual.path.read_bytes()


def test_the_connector_takes_the_time_of_every_kind_from_its_cursor(tmp_path):
    for kind in KINDS[-2:]:
        streams = catalog.parse(write_block(kind, tmp_path).catalog.read_bytes(), infer_timestamp=True)
        assert {stream.timestamp for stream in streams.values()} == {"updated_at"}
        assert [name for _, name in streams] == list(kind.streams)


def test_the_streams_of_a_kind_take_turns(tmp_path):
    lines = write_block(KINDS[-1], tmp_path).path.read_text().splitlines()
    names = [json.loads(line)["record"]["stream"] for line in lines[:6]]
    assert names == ["orders", "nested", "small"] * 2
