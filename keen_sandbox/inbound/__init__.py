"""The Kafka side of a local Keen: a listener that takes events as Keen's inbound cluster does."""

from keen_sandbox.inbound.listener import Listener

__all__ = ["Listener"]
