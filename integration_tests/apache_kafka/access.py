"""Who may write to the test broker: its authorizer refuses whatever is not allowed here."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from integration_tests.apache_kafka.administration import administrator

_SECONDS = 30.0


def let_write(user: str, bootstrap_server: str) -> None:
    """Let a user create, describe and write every topic, from now on.

    Args:
        user: the name that it authenticates with.
        bootstrap_server: `host:port` of a listener that is open to the administrator.

    Raises:
        RuntimeError: the broker did not take the rules, or does not apply them within half a minute.
    """
    every_topic = ResourcePattern(ResourceType.TOPIC, "*", ACLResourcePatternType.LITERAL)
    principal, allow = f"User:{user}", ACLPermissionType.ALLOW
    rules = [
        ACL(principal, "*", operation, allow, every_topic)
        for operation in (ACLOperation.CREATE, ACLOperation.DESCRIBE, ACLOperation.WRITE)
    ]
    _apply(rules, bootstrap_server)


@contextmanager
def forbidden(user: str, topic: str, bootstrap_server: str) -> Iterator[None]:
    """Keep a user from writing to one topic for the length of a block, whatever else allows it."""
    place = ResourcePattern(ResourceType.TOPIC, topic, ACLResourcePatternType.LITERAL)
    rule = ACL(f"User:{user}", "*", ACLOperation.WRITE, ACLPermissionType.DENY, place)
    _apply([rule], bootstrap_server)
    try:
        yield
    finally:
        with administrator(bootstrap_server) as admin:
            admin.delete_acls([rule])


def _apply(rules: list[ACL], bootstrap_server: str) -> None:
    with administrator(bootstrap_server) as admin:
        admin.create_acls(rules)
        deadline = time.monotonic() + _SECONDS
        applied = ACLFilter(
            rules[0].principal, "*", ACLOperation.ANY, rules[0].permission_type, rules[0].resource_pattern
        )
        while len(admin.describe_acls(applied)[0]) < len(rules):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Apache Kafka does not apply the access rules of {rules[0].principal}")
            time.sleep(0.02)
