"""`DestinationKeen` called from Python, with messages of the CDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
    Status,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from destination_keen import DestinationKeen
from destination_keen.destination import line_of
from integration_tests import connector
from integration_tests.sandbox import Sandbox


def message(**content: Any) -> AirbyteMessage:
    return AirbyteMessageSerializer.load(content)


def record(stream: str, **data: Any) -> AirbyteMessage:
    return message(type="RECORD", record={"stream": stream, "data": data, "emitted_at": 1_760_000_000_000})


def state(stream: str, **stream_state: Any) -> AirbyteMessage:
    part = {"stream_descriptor": {"name": stream}, "stream_state": stream_state}
    return message(type="STATE", state={"type": "STREAM", "stream": part})


def catalog(*names: str) -> ConfiguredAirbyteCatalog:
    streams = connector.catalog(*names)["streams"]
    for each in streams:
        each["stream"]["supported_sync_modes"] = ["full_refresh"]
        each["sync_mode"] = "full_refresh"
    return ConfiguredAirbyteCatalogSerializer.load({"streams": streams})


def test_records_arrive_and_states_come_back(sandbox: Sandbox) -> None:
    messages = [record("python", i=1, note=None), record("python", i=2), state("python", cursor=2)]
    returned = list(DestinationKeen().write(sandbox.config, catalog("python"), messages))
    (left,) = returned
    assert left.state is not None
    assert left.state.stream == messages[-1].state.stream  # type: ignore[union-attr]
    assert left.state.destinationStats.recordCount == 2.0  # type: ignore[union-attr]
    events = sorted(sandbox.events("python"), key=lambda event: event["i"])
    assert [event["i"] for event in events] == [1, 2]
    assert events[0]["note"] is None


def test_a_state_comes_back_while_the_messages_go_on(sandbox: Sandbox) -> None:
    asked = []

    def messages() -> Iterator[AirbyteMessage]:
        yield record("lazy", i=0)
        yield state("lazy", cursor=0)
        for i in range(100_000):
            asked.append(i)
            yield record("lazy", i=i)

    returned = DestinationKeen().write(sandbox.config, catalog("lazy"), messages())
    assert next(iter(returned)).state is not None
    assert len(asked) < 100_000


def test_a_failure_is_an_exception_of_the_cdk(sandbox: Sandbox) -> None:
    with pytest.raises(AirbyteTracedException) as failure:
        list(DestinationKeen().write(sandbox.config | {"api_key": "wr0ng-key"}, catalog("python"), []))
    assert failure.value.failure_type is FailureType.config_error
    assert failure.value.message is not None
    assert "rejected" in failure.value.message


def test_check_succeeds_or_says_why_not(sandbox: Sandbox) -> None:
    logger: Any = None
    assert DestinationKeen().check(logger, sandbox.config).status is Status.SUCCEEDED
    failed = DestinationKeen().check(logger, {})
    assert failed.status is Status.FAILED
    assert failed.message == '"Project ID" (project_id) is missing. Enter it in the settings of the destination.'


def test_spec_is_the_one_of_the_command() -> None:
    logger: Any = None
    spec = DestinationKeen().spec(logger)
    assert list(spec.connectionSpecification["properties"]) == [
        "project_id",
        "api_key",
        "infer_timestamp",
        "delivery",
        "api_url",
        "deduplicate",
        "verify_delivery",
    ]


@pytest.mark.parametrize("kind", ["STREAM", "GLOBAL"])
def test_a_null_stream_state_stays_null_in_the_line_of_a_message(kind: str) -> None:
    part = {"stream_descriptor": {"name": "users"}, "stream_state": None}
    content = {"stream": part} if kind == "STREAM" else {"global": {"shared_state": {"a": 1}, "stream_states": [part]}}
    assert b'"stream_state": null' in line_of(message(type="STATE", state={"type": kind, **content}))


def test_nulls_of_a_record_stay_in_the_line_of_a_message() -> None:
    assert b'"data": {"a": null}' in line_of(record("users", a=None))
