"""Who may write to the test broker: its authorizer refuses whatever is not allowed here."""

import time

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
)

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
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_server)
    try:
        admin.create_acls(rules)
        deadline = time.monotonic() + _SECONDS
        applied = ACLFilter(principal, "*", ACLOperation.ANY, allow, every_topic)
        while len(admin.describe_acls(applied)[0]) < len(rules):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Apache Kafka does not apply the access rules of {user}")
            time.sleep(0.02)
    finally:
        admin.close()
