"""Tests against real parts: Apache Kafka, airbyte-source-faker, and the connector as a process."""


class UnavailableError(Exception):
    """A real part cannot run on this machine. The message says what is missing and how to get it."""
