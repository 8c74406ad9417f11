"""A Kafka destination as one writes it first: the CDK's loop over messages, json, dateutil, and a flush for each state.

It is there to compare with. It checks none of Keen's rules.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import timezone
from logging import Logger
from typing import Any

from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    Status,
    Type,
)
from dateutil import parser
from kafka import KafkaProducer


class StockConnector(Destination):
    """Sends each record's data, with a `keen.timestamp`, to the topic of its stream."""

    def spec(self, logger: Logger) -> ConnectorSpecification:
        """Any configuration will do."""
        return ConnectorSpecification(connectionSpecification={"type": "object"})

    def check(self, logger: Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Connect, and say that it worked."""
        _connect(config).close()
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterator[AirbyteMessage]:
        """Send records, and give each state back after everything before it was flushed."""
        producer = _connect(config)
        cursors = {each.stream.name: each.cursor_field for each in configured_catalog.streams}
        for message in input_messages:
            if message.type == Type.STATE:
                producer.flush()
                yield message
            elif message.record is not None:
                record = message.record
                cursor = (cursors[record.stream] or ["updated_at"])[0]
                moment = parser.parse(record.data[cursor]).astimezone(timezone.utc)
                event = {**record.data, "keen": {"timestamp": moment.isoformat()}}
                producer.send(record.stream, json.dumps(event).encode("utf-8"))
        producer.flush()
        producer.close()


def _connect(config: Mapping[str, Any]) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=config["delivery"]["bootstrap_servers"].split(","),
        security_protocol=config["delivery"]["security_protocol"],
        sasl_mechanism="PLAIN",
        sasl_plain_username=config["project_id"],
        sasl_plain_password=config["api_key"],
        acks="all",
        compression_type="lz4",
        linger_ms=50,
        batch_size=256 * 1024,
    )


if __name__ == "__main__":
    StockConnector().run(sys.argv[1:])
