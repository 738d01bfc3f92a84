"""Opening the feed of one process: with Redis or without."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from persistence.background import running
from persistence.feed import Event, tail
from persistence.mongo import Mongo
from persistence.relay.channel import Place
from persistence.relay.leader import lead
from persistence.relay.reader import Reader


class Feed(AsyncIterable[Event]):
    """What one process is told, event by event."""

    def __init__(self, events: AsyncIterator[Event], reader: Reader | None = None) -> None:
        self._events = events
        self._reader = reader

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events

    def is_relayed(self) -> bool | None:
        """Whether it comes through Redis now; None where it is not to."""
        return None if self._reader is None else self._reader.is_relayed


@asynccontextmanager
async def open_feed(mongo: Mongo, redis_url: str | None = None) -> AsyncIterator[Feed]:
    """Everything that is committed from now on; the first event is Opened.

    With a *redis_url*, one process tails the database's log for all of them; this one does for as long as the
    context is open and its turn comes. Whoever iterates the feed stops before the context is left.

    Raises ValueError when *redis_url* is not one; that Redis is away is no error.
    """
    if redis_url is None:
        async with aclosing(tail(mongo)) as events:
            yield Feed(events)
        return
    place = await Place.of(redis_url, mongo)
    reader = Reader(mongo, place)
    async with running(lead(mongo, place, reader.told)), aclosing(reader.events()) as events:
        yield Feed(events, reader)
