"""The recent past of the feed: what a process that has just begun can tell those who come back to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

import structlog
from bson import Timestamp
from pymongo.errors import PyMongoError

from persistence.feed import Committed, Opened, batches, to_event
from persistence.mongo import Mongo

REMEMBERED = 120  # seconds: who was away for longer reads afresh

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recent:
    """All that was committed after the token `begin`, up to another."""

    begin: str
    events: Sequence[Committed]


async def recent(mongo: Mongo, upto: str) -> Recent | None:
    """What was committed in the last REMEMBERED seconds, up to the token *upto*; None when that cannot be known."""
    try:
        answer = await mongo.client.admin.command("hello")
        since = Timestamp(answer["operationTime"].time - REMEMBERED, 1)
        return await _since(mongo, since, upto)
    except PyMongoError as error:
        # A young database's log may not reach back so far; whatever it is, boards that come back read afresh then.
        _log.info("the recent past of the feed is not known", why=str(error))
        return None


async def _since(mongo: Mongo, since: Timestamp, upto: str) -> Recent | None:
    begin, found = "", list[Committed]()
    async with aclosing(batches(mongo, {"startAtOperationTime": since})) as log:
        async for token, events in log:
            begin = begin or token
            for event in map(to_event, events):
                if isinstance(event, Opened):
                    return None  # something that cannot be read
                if event.token <= upto:
                    found.append(event)
            if token >= upto:
                return Recent(begin, found)
    return None
