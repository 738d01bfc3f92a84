"""The relay: carries the feed between processes through Redis, so that one of them tails the database for all.

Each process tells every event once and in order, whatever Redis does: what comes through Redis is believed only
where it joins what was told, and everything else is read from the database's log.
"""

from persistence.relay.opening import Feed, open_feed

__all__ = ["Feed", "open_feed"]
