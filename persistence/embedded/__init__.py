"""The embedded MongoDB: the real server, under the data folder, for as long as its owner lives."""

from persistence.embedded.program import EmbeddedNotReady, EmbeddedUnavailable, find_mongod
from persistence.embedded.server import embedded_mongo

__all__ = ["EmbeddedNotReady", "EmbeddedUnavailable", "embedded_mongo", "find_mongod"]
