"""Opening the feed of one process: with Redis or without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from persistence.background import running
from persistence.feed import Event, tail
from persistence.mongo import Mongo
from persistence.relay.channel import Place
from persistence.relay.leader import lead
from persistence.relay.reader import Reader


@asynccontextmanager
async def open_feed(mongo: Mongo, redis_url: str | None = None) -> AsyncIterator[AsyncIterator[Event]]:
    """Everything that is committed from now on; the first event is Opened.

    With a *redis_url*, one process tails the database's log for all of them; this one does for as long as the
    context is open and its turn comes. Whoever iterates the feed stops before the context is left.

    Raises ValueError when *redis_url* is not one; that Redis is away is no error.
    """
    if redis_url is None:
        async with aclosing(tail(mongo)) as events:
            yield events
        return
    place = await Place.of(redis_url, mongo)
    reader = Reader(mongo, place)
    async with running(lead(mongo, place, reader.told)), aclosing(reader.events()) as events:
        yield events
