"""The leader: the one process that reads the database's log for all and writes it to the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from secrets import token_hex

from persistence.background import running
from persistence.feed import Link, Opened, is_of_gate, links, thinned
from persistence.mongo import Mongo
from persistence.relay.channel import LEASE, Away, Channel, Place
from persistence.relay.condition import Condition

TRY = 0.25  # seconds between two tries to lead; what a graceful stop of the leader costs the others
BATCH = 50  # events written as one link, about 60 kB: far within the time that Redis has to answer
LINGER = 0.005  # seconds between two links of a burst: many events in one cost little more than one does


async def lead(mongo: Mongo, place: Place, told: Callable[[], str]) -> None:
    """Lead whenever nobody else does, for as long as this runs; cancelled, it hands over at once.

    *told* is the token up to which this process was told everything, empty as long as there is none.
    """
    holder = token_hex(16)
    condition = Condition("this process relays the feed", "this process does not relay the feed")
    while True:
        try:
            async with place.connect() as channel:
                while True:
                    if told() and await channel.take(holder):
                        await _serve(mongo, channel, holder, told(), condition)
                    await asyncio.sleep(TRY)
        except Away as away:
            condition.fails(str(away))
        await asyncio.sleep(TRY)


async def _serve(mongo: Mongo, channel: Channel, holder: str, told: str, condition: Condition) -> None:
    """Write the log to the stream, from where this process stands, for as long as the lease is the holder's.

    Not from where the stream ends: that may be any time ago, and to search hours of the log takes longer than the
    lease holds. What it repeats of the stream is dropped by the readers, and what is missing sends them to the log.
    """
    waiting: asyncio.Queue[Link] = asyncio.Queue(BATCH)
    try:
        async with running(_read(mongo, told, waiting)):
            while await channel.append(holder, link := await _next(waiting)):
                condition.works()
                await asyncio.sleep(LINGER if _may_linger(link) else 0)
        condition.fails("another process holds the lease")
    finally:
        await channel.release(holder)


async def _read(mongo: Mongo, after: str, waiting: asyncio.Queue[Link]) -> None:
    async with aclosing(links(mongo, after)) as log:
        async for link in log:
            if isinstance(link, Opened):
                return  # the log was lost, and the chain with it: whoever leads next begins another
            await waiting.put(link)


async def _next(waiting: asyncio.Queue[Link]) -> Link:
    """All that waits as one link, when something does."""
    try:
        async with asyncio.timeout(LEASE):
            first = last = await waiting.get()
    except TimeoutError:
        raise Away("the database's log is silent") from None
    events = list(first.events)
    while len(events) < BATCH and not waiting.empty():
        last = waiting.get_nowait()
        events += last.events
    return Link(first.prev, last.token, thinned(events))


def _may_linger(link: Link) -> bool:
    """Whether more of its kind is likely to come at once, or is not waited for to the millisecond."""
    return len(link.events) > 1 or any(map(is_of_gate, link.events))
