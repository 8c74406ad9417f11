"""The Kafka client that reads a cluster: connected or refused with a sentence, and brief about its connections."""

from __future__ import annotations

import logging
import time

from kafka import KafkaConsumer
from kafka.errors import KafkaError, KafkaTimeoutError

from keen_sandbox.errors import RefusedError
from keen_sandbox.inbound.cluster import Cluster

CONNECT_SECONDS = 10.0
"""How long to try to reach a cluster before it is refused."""
QUIET_SECONDS = 10.0
"""How long nothing is said of a lost connection after something was said; the client tries again all the time."""

_FETCHED_RECORDS = 5_000

log = logging.getLogger(__name__)


def connect(cluster: Cluster) -> KafkaConsumer:
    """Log in to a cluster with a client that reads from the beginning and belongs to no consumer group.

    Raises RefusedError for a cluster that cannot be reached or does not let the client in.
    """
    watch = ConnectionWatch()
    library = logging.getLogger("kafka")
    library.handlers[:], library.propagate = [watch], False
    library.setLevel(logging.WARNING)
    try:
        return KafkaConsumer(
            client_id="keen-sandbox",
            bootstrap_servers=cluster.servers.split(","),
            bootstrap_timeout_ms=int(CONNECT_SECONDS * 1000),
            reconnect_backoff_max_ms=1_000,
            security_protocol=cluster.security_protocol,
            ssl_context=cluster.tls(),
            sasl_mechanism="PLAIN" if cluster.username else None,
            sasl_plain_username=cluster.username,
            sasl_plain_password=cluster.password,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            max_poll_records=_FETCHED_RECORDS,
            metrics_enabled=False,
        )
    except KafkaError as error:
        raise RefusedError(
            f"No broker of {cluster.servers} let the sandbox in within {CONNECT_SECONDS:g} seconds"
            f" ({watch.last or error}). Check --kafka, --kafka-security-protocol, user, password and certificate."
        ) from None


class ConnectionWatch(logging.Handler):
    """Hears what the client logs of its connections, passes it on once in a while, and remembers the last failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: Exception | None = None
        self._quiet_until = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record of the library's log."""
        arguments = record.args if isinstance(record.args, tuple) else ()
        failure = next((each for each in arguments if isinstance(each, Exception)), None)
        if failure is None or isinstance(failure, KafkaTimeoutError):
            return
        self.last = failure
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("inbound: a connection to the cluster failed and is tried again: %s", failure)
