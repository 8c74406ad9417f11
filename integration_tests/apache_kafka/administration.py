"""What an administrator does to the test brokers while clients are at work: topics, their settings, quotas."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kafka.admin import KafkaAdminClient


@contextmanager
def administrator(bootstrap_server: str) -> Iterator[KafkaAdminClient]:
    """Log in to a listener that is open to administrators, for the length of a block."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_server)
    try:
        yield admin
    finally:
        admin.close()


def create_topic(
    bootstrap_server: str, name: str, *, partitions: int = 1, settings: Mapping[str, str] | None = None
) -> None:
    """Make a topic with settings of its own; with one partition, what is read back has the order of sending."""
    with administrator(bootstrap_server) as admin:
        topic = {"num_partitions": partitions, "replication_factor": -1, "configs": dict(settings or {})}
        admin.create_topics({name: topic}, wait_for_metadata=True)


def add_partitions(bootstrap_server: str, name: str, total: int) -> None:
    """Give a topic more partitions, while clients know it with fewer."""
    with administrator(bootstrap_server) as admin:
        admin.create_partitions({name: total})


def delete_topic(bootstrap_server: str, name: str) -> None:
    """Remove a topic and what it holds."""
    with administrator(bootstrap_server) as admin:
        admin.delete_topics([name])


def leader(bootstrap_server: str, topic: str) -> int:
    """The number of the node that leads the first partition of a topic, from 1."""
    with administrator(bootstrap_server) as admin:
        (described,) = admin.describe_topics([topic])
        return int(described["partitions"][0]["leader_id"])


def set_quota(bootstrap_server: str, libs: Path, user: str, bytes_per_second: int) -> None:
    """Let the brokers slow a user down to so many bytes a second."""
    subprocess.run(
        [
            *("java", "-cp", f"{libs}/*", "kafka.admin.ConfigCommand", "--bootstrap-server", bootstrap_server),
            *("--alter", "--entity-type", "users", "--entity-name", user),
            *("--add-config", f"producer_byte_rate={bytes_per_second}"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
