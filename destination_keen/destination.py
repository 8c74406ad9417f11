"""The connector as a class of Airbyte's Python CDK: for callers in Python, and for the CDK's own tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from logging import Logger
from typing import Any

from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
    Status,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from destination_keen import command
from destination_keen.config import Config, Limits
from destination_keen.errors import DestinationError
from destination_keen.interruption import Interruption
from destination_keen.lines import from_iterable
from destination_keen.probe import check
from destination_keen.sync import sync


class DestinationKeen(Destination):
    """Sends the records of an Airbyte sync to Keen as events."""

    def check(self, logger: Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Check a configuration against Keen, stage by stage, without sending or creating anything."""
        try:
            warning = check(Config.parse(config), Limits())
        except DestinationError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.message)
        if warning:
            logger.warning(warning)
        return AirbyteConnectionStatus(status=Status.SUCCEEDED, message=warning)

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterator[AirbyteMessage]:
        """Send the records among the messages and yield the states that they confirm.

        This is the same path as the `write` command's. The CDK's messages cannot hold the unknown keys of a state, so a
        state that has some (the platform's `id`, say) comes back unchanged only from the command.

        Raises:
            AirbyteTracedException: not everything was delivered. The states that could leave have been yielded.
        """
        catalog = json.dumps(ConfiguredAirbyteCatalogSerializer.dump(configured_catalog)).encode()
        chunks = from_iterable(map(line_of, input_messages))
        try:
            for states in sync(Config.parse(config), catalog, chunks, Limits(), Interruption()):
                for state in states:
                    yield AirbyteMessageSerializer.load(json.loads(state))
        except DestinationError as error:
            raise AirbyteTracedException(
                message=error.message,
                internal_message=error.internal_message,
                failure_type=FailureType(error.failure_type),
            ) from error

    def run(self, args: list[str]) -> None:
        """Run a command as the console script does, and exit with its code."""
        sys.exit(command.run(args))


def line_of(message: AirbyteMessage) -> bytes:
    """Write a message of the CDK as the line that it would be on standard input, nulls included."""
    dumped = AirbyteMessageSerializer.dump(message)
    if message.type is Type.RECORD and message.record is not None:
        # The CDK's serializer drops nulls from the data.
        dumped["record"]["data"] = message.record.data
    if message.type is Type.STATE and message.state is not None:
        for part in (dumped["state"].get("stream"), *(dumped["state"].get("global") or {}).get("stream_states", [])):
            if part is not None:
                part.setdefault("stream_state", None)
    return json.dumps(dumped, default=str).encode()
