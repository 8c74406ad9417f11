"""Keen's official clients on npm, keen-tracking and keen-analysis, pointed at the sandbox."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration_tests import UnavailableError, do_without
from integration_tests.npm.packages import packages
from integration_tests.sandbox import MASTER_KEY, PROJECT, READ_KEY, SECONDS, WRITE_KEY, Sandbox

SCRIPT = Path(__file__).parent / "npm" / "clients.cjs"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the clients were told, by the name that the script gives to each of their requests."""
    try:
        folder = packages()
    except UnavailableError as reason:
        do_without(reason)
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        keys = {"projectId": PROJECT, "masterKey": MASTER_KEY, "writeKey": WRITE_KEY, "readKey": READ_KEY}
        project = json.dumps({"host": f"localhost:{sandbox.http_port}", **keys})
        command = ["node", str(SCRIPT), str(folder), project]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert ended.returncode == 0, ended.stderr
        yield json.loads(ended.stdout)


def test_events_are_recorded_one_by_one_and_in_bulk(told: dict[str, Any]) -> None:
    assert told["single"] == {"created": True}
    assert told["bulk"] == {"sales": [{"success": True}, {"success": True}]}


def test_of_a_batch_the_client_tells_which_event_was_refused(told: dict[str, Any]) -> None:
    fine, refused = told["partlyRefused"]["others"]
    assert fine == {"success": True}
    assert (refused["success"], refused["error"]["name"]) == (False, "InvalidPropertyNameError")


def test_what_was_recorded_reads_back(told: dict[str, Any]) -> None:
    assert told["count"] == 3
    events = told["extraction"]
    assert [(event["item"], event["price"]) for event in events] == [("pen", 2), ("pen", 3), ("book", 10.5)]
    assert all(set(event["keen"]) == {"timestamp", "created_at", "id"} for event in events)


def test_filters_groups_order_and_limit_reach_the_query(told: dict[str, Any]) -> None:
    assert told["sumOfPens"] == 5
    assert told["sumByItem"] == [{"item": "book", "result": 10.5}, {"item": "pen", "result": 5}]
    assert told["dearestFirst"] == [{"item": "book", "result": 10.5}]


def test_an_interval_gives_a_value_for_each_of_its_parts(told: dict[str, Any]) -> None:
    assert [set(day) for day in told["countByDay"]] == [{"value", "timeframe"}] * 2
    assert sum(day["value"] for day in told["countByDay"]) == 3


def test_a_refusal_reaches_the_caller_with_keens_code(told: dict[str, Any]) -> None:
    refusal = told["unknownCollection"]
    assert (refusal["status"], refusal["error_code"]) == (404, "EventCollectionNotFoundError")
    assert refusal["body"] == "The collection 'nothing' does not exist."


def test_a_deletion_with_filters_spares_the_rest(told: dict[str, Any]) -> None:
    assert told["deletion"] == {}
    assert told["countAfterDeletion"] == 1
