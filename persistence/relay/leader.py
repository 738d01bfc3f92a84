"""The leader: the one process that reads the database's log for all and writes it to the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from secrets import token_hex

from persistence.feed import Link, Opened, links
from persistence.mongo import Mongo
from persistence.relay.background import running
from persistence.relay.channel import LEASE, Away, Channel, Place
from persistence.relay.condition import Condition

TRY = 0.25  # seconds between two tries to lead; what a graceful stop of the leader costs the others
BATCH = 200  # links written at once: about 200 kB, far within the time that Redis has to answer


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
    """Write the log to the stream for as long as the lease is the holder's."""
    try:
        last = await channel.newest()
        # Not from an old end of the stream: to search hours of the log may take longer than the lease holds.
        after = max(told, last.token) if last else told
        waiting: asyncio.Queue[Link] = asyncio.Queue(BATCH)
        async with running(_read(mongo, after, waiting)):
            while await channel.append(holder, await _batch(waiting)):
                condition.works()
        condition.fails("another process holds the lease")
    finally:
        await channel.release(holder)


async def _read(mongo: Mongo, after: str, waiting: asyncio.Queue[Link]) -> None:
    async with aclosing(links(mongo, after)) as log:
        async for link in log:
            # Where the log opened anew is worth a link: it is where others may join.
            await waiting.put(Link(link.token, link.token, None) if isinstance(link, Opened) else link)


async def _batch(waiting: asyncio.Queue[Link]) -> list[Link]:
    """All that waits, when something does."""
    try:
        async with asyncio.timeout(LEASE):
            batch = [await waiting.get()]
    except TimeoutError:
        raise Away("the database's log is silent") from None
    while len(batch) < BATCH and not waiting.empty():
        batch.append(waiting.get_nowait())
    return batch
