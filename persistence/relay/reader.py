"""The reader: one process's feed, from the stream while that joins, else from the database's log itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

from persistence.background import running
from persistence.feed import Event, Link, Opened, links, news
from persistence.mongo import Mongo
from persistence.relay.channel import Away, Channel, Entry, Place
from persistence.relay.condition import Condition

SILENCE = 1.5  # seconds without an entry, thrice what a leader leaves between two, after which nobody leads
PAUSE = 0.5  # seconds between two tries to reach Redis
LAG = 0.25  # seconds that the stream may be behind the log when it is joined: as long as an answer may take


class Reader:
    """Tells every event once and in order.

    `_token` is the one truth: everything up to it was told, and nothing after it. A link that begins there or
    earlier is followed as far as it is new; one that begins later shows that the stream misses something.
    """

    def __init__(self, mongo: Mongo, place: Place) -> None:
        self._mongo = mongo
        self._place = place
        self._token = ""  # none yet: the log is not open
        self._position = ""  # in the stream, up to which it was read; known once it is joined
        self._condition = Condition("the feed is read through Redis", "the feed is read from the database")

    def told(self) -> str:
        """The token up to which everything was told; empty before the first event."""
        return self._token

    @property
    def is_relayed(self) -> bool:
        """Whether it reads the stream now, and not the log."""
        return self._condition.is_working

    async def events(self) -> AsyncGenerator[Event, None]:
        """Every event from now on; it never ends by itself. As of tail(), the first is Opened."""
        while True:
            for source in (self._from_log, self._from_stream):
                async with aclosing(source()) as events:
                    async for event in events:
                        yield event

    async def _from_log(self) -> AsyncGenerator[Event, None]:
        """What the database's own log holds, until the stream is known to go on from there."""
        async with running(self._joint()) as joint, aclosing(links(self._mongo, self._token or None)) as log:
            async for link in log:
                if isinstance(link, Opened):
                    self._token = link.token
                    yield link
                    continue
                for event in self._follow(link):
                    yield event
                if joint.done() and joint.result().token <= self._token:
                    self._position = joint.result().id
                    return

    async def _from_stream(self) -> AsyncGenerator[Event, None]:
        """What the stream holds, until it is away, silent, or misses something."""
        try:
            async with (
                self._place.connect() as channel,
                aclosing(self._entries(channel)) as entries,
            ):
                self._condition.works()
                async for entry in entries:
                    for event in self._follow(entry.link(self._mongo)):
                        yield event
        except Away as away:
            self._condition.fails(str(away))

    async def _entries(self, channel: Channel) -> AsyncGenerator[Entry, None]:
        heard = monotonic()
        while True:
            entries = await channel.after(self._position)
            if not entries and monotonic() - heard > SILENCE:
                raise Away("nobody relays the feed")
            for entry in entries:
                heard = monotonic()
                self._position = entry.id
                yield entry
                await asyncio.sleep(0)  # an entry may hold many events, and others have work, too

    def _follow(self, link: Link) -> list[Event]:
        """What is new in the link. Raises Away when the link does not join what was told."""
        if link.prev > self._token:
            raise Away("the stream misses something")
        events = [*news(link, self._token)]
        self._token = max(self._token, link.token)
        return events

    async def _joint(self) -> Entry:
        """An entry after which to go on with the stream, once that was told; waits for as long as it takes."""
        while True:
            try:
                async with self._place.connect() as channel:
                    return await self._living(channel)
            except Away as away:
                self._condition.fails(str(away))
            await asyncio.sleep(PAUSE)

    async def _living(self, channel: Channel) -> Entry:
        """An entry that somebody wrote just now, and who is not far behind the log."""
        entry = await channel.newest()
        while True:
            known, stood = entry, self._token
            await asyncio.sleep(LAG)
            entry = await channel.newest()
            # A link without events was written by one who had read all there is.
            if entry and entry != known and stood and (entry.token >= stood or not entry.packed):
                return entry
