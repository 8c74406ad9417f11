"""A short conversation with one Kafka broker over an open connection: logging in, and asking what the cluster is.

No topic is named and nothing is sent.
"""

from __future__ import annotations

import logging
import socket
from typing import Any

from kafka import errors
from kafka.protocol.broker_version_data import BrokerVersionData
from kafka.protocol.metadata import ApiVersionsRequest, MetadataRequest
from kafka.protocol.parser import KafkaProtocol
from kafka.protocol.producer import InitProducerIdRequest
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

from destination_keen.errors import ConfigError
from destination_keen.producer import failures

_NO_PRODUCER_ID = -1
# Other errors pass, a coordinator that is still loading for example; the client waits for them to.
_NO_IDEMPOTENCE = {errors.ClusterAuthorizationFailedError.errno, errors.UnsupportedVersionError.errno}
# Far more than any answer to what is asked here; a peer that announces more does not speak Kafka.
_LARGEST_ANSWER = 16 * 1024 * 1024


# At DEBUG the library logs what it sends, the key and the records included.
library_log = logging.getLogger("kafka")
library_log.setLevel(logging.WARNING)
library_log.propagate = False


class NotKafkaError(Exception):
    """The peer's answer is not of Kafka's protocol."""


class Session:
    """A conversation over `connection`, whose time-out bounds each answer."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._protocol = KafkaProtocol(client_id="destination-keen", receive_message_max_bytes=_LARGEST_ANSWER)
        self._versions: BrokerVersionData | None = None

    def log_in(self, user: str, password: str) -> None:
        """Authenticate by SASL PLAIN.

        Raises:
            AuthenticationError: the broker refuses user or password.
            ConfigError: the broker does not offer SASL PLAIN.
            NotKafkaError, OSError: the peer does not answer, or not as a broker does.
        """
        answer = self._ask(ApiVersionsRequest(version=0))
        self._versions = BrokerVersionData(
            api_versions={each.api_key: (each.min_version, each.max_version) for each in answer.api_keys}
        )
        if self._ask(SaslHandshakeRequest(mechanism="PLAIN")).error_code:
            raise ConfigError(
                'The brokers in "Bootstrap Servers" do not offer the login by SASL PLAIN that Keen uses.'
                " Check that the addresses are those of Keen's Kafka inbound cluster."
            )
        credentials = "\0".join(("", user, password)).encode()
        answer = self._ask(SaslAuthenticateRequest(auth_bytes=credentials))
        if answer.error_code:
            raise failures.refused()

    def brokers(self) -> list[tuple[str, int]]:
        """The addresses under which the brokers of the cluster want to be reached."""
        answer = self._ask(MetadataRequest(topics=[], allow_auto_topic_creation=False))
        return [(broker.host, broker.port) for broker in answer.brokers]

    def allows_idempotence(self) -> bool:
        """Whether the cluster gives this user a producer id, with which it drops what a retry sent twice.

        The id is used up by the asking.
        """
        request = InitProducerIdRequest(
            transactional_id=None,
            transaction_timeout_ms=60_000,
            producer_id=_NO_PRODUCER_ID,
            producer_epoch=_NO_PRODUCER_ID,
        )
        try:
            return self._ask(request).error_code not in _NO_IDEMPOTENCE
        except errors.IncompatibleBrokerVersion:
            return False

    def _ask(self, request: Any) -> Any:
        if request.API_VERSION is None and self._versions is not None:
            request.API_VERSION = self._versions.api_version(request)
        self._protocol.send_request(request)
        self._connection.sendall(self._protocol.send_bytes())
        while True:
            received = self._connection.recv(65536)
            if not received:
                raise ConnectionResetError("the broker closed the connection")
            try:
                answers = self._protocol.receive_bytes(received)
            except errors.KafkaError as error:
                raise NotKafkaError(str(error)) from error
            for _, answer in answers:
                return answer
