"""The Kafka side of a local Keen: a listener that takes events as Keen's inbound cluster does, or a reader of one."""

from keen_sandbox.inbound.client import connect
from keen_sandbox.inbound.cluster import read_cluster
from keen_sandbox.inbound.consumer import Consumer
from keen_sandbox.inbound.listener import Listener
from keen_sandbox.inbound.options import add_options

__all__ = ["Consumer", "Listener", "add_options", "connect", "read_cluster"]
