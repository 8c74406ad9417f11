"""Plays a script of faults on a broker: its work is done, and then what the client hears of it is what the script says.

Without a script, every request is answered as the broker answers it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from kafka.protocol.api_key import ApiKey
from kafka.protocol.producer import ProduceResponse

from keen_sandbox.inbound.broker import Broker
from keen_sandbox.inbound.faults import Fault, RequestName, Script, Strike
from keen_sandbox.inbound.login import Login
from keen_sandbox.inbound.wire import ProtocolError, Request

_NAMES: dict[int, RequestName] = {
    ApiKey.Produce: "produce",
    ApiKey.Metadata: "metadata",
    ApiKey.InitProducerId: "init_producer_id",
    ApiKey.SaslHandshake: "sasl_handshake",
    ApiKey.SaslAuthenticate: "sasl_authenticate",
    ApiKey.ApiVersions: "api_versions",
}
_NOWHERE = -1
"""How Kafka writes that records have no offset, and a client no producer id."""

_TopicResult = ProduceResponse.TopicProduceResponse
_PartitionResult = _TopicResult.PartitionProduceResponse

log = logging.getLogger(__name__)


class Rehearsal:
    """A broker whose clients meet the faults of a script."""

    def __init__(self, broker: Broker, script: Script) -> None:
        self._broker = broker
        self._script = script

    async def answer(self, request: Request, login: Login) -> Any:
        """Give the response to one request of a connection, or None for none, once the script's delay is over.

        Raises ProtocolError where the broker or the script ends the connection instead of answering.
        """
        name = _NAMES.get(request.api_key)
        strike = self._script.strike(name, _topics(request)) if name else Strike({})
        if not strike.numbers:
            return self._broker.answer(request, login)
        numbers = ", ".join(f"fault {number}" for number in strike.numbers)
        log.info("inbound: %s meets %s of the script", name, numbers)
        answer = self._work(request, login, strike)
        await asyncio.sleep(strike.delay)
        if strike.reply == "close":
            raise ProtocolError(f"{numbers} of the script")
        return answer if strike.reply == "sent" else None

    def _work(self, request: Request, login: Login, strike: Strike) -> Any:
        if request.api_key == ApiKey.Produce:
            return self._produce(request, login, strike)
        answer = self._broker.answer(request, login)
        if request.api_key == ApiKey.Metadata:
            for topic in answer.topics:
                if (fault := strike.error(topic.name)) is not None:
                    topic.error_code, topic.partitions = fault.code, []
        elif (fault := strike.error()) is not None:
            answer.error_code = fault.code
            if request.api_key == ApiKey.SaslAuthenticate:
                login.refuse()
                answer.error_message = fault.message
            elif request.api_key == ApiKey.InitProducerId:
                answer.producer_id = answer.producer_epoch = _NOWHERE
        return answer

    def _produce(self, request: Request, login: Login, strike: Strike) -> Any:
        sent = request.body.topic_data
        request.body.topic_data = [topic for topic in sent if strike.keeps(topic.name)]
        answer = self._broker.answer(request, login)
        if answer is None:
            if any(strike.error(topic.name) for topic in sent):
                raise ProtocolError("records were refused of a client that wants no acknowledgement")
            return None
        results = {topic.name: topic for topic in answer.responses}
        for topic in sent:
            if (fault := strike.error(topic.name)) is not None:
                results[topic.name] = _refused(topic, fault)
        answer.responses = list(results.values())
        return answer


def _topics(request: Request) -> list[str]:
    if request.api_key == ApiKey.Produce:
        return [topic.name for topic in request.body.topic_data]
    if request.api_key == ApiKey.Metadata:
        return [topic.name for topic in request.body.topics or ()]
    return []


def _refused(topic: Any, fault: Fault) -> Any:
    return _TopicResult(
        name=topic.name,
        partition_responses=[
            _PartitionResult(index=sent.index, error_code=fault.code, error_message=fault.message, base_offset=_NOWHERE)
            for sent in topic.partition_data
        ],
    )
