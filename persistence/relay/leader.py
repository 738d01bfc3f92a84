"""The leader: the one process that reads the database's log for all and writes it to the stream."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from secrets import token_hex

from persistence.feed import Link, Opened, links
from persistence.mongo import Mongo
from persistence.relay.background import running
from persistence.relay.channel import LEASE, Away, Channel, Place
from persistence.relay.condition import Condition

TRY = 0.25  # seconds between two tries to lead; what a graceful stop of the leader costs the others
BATCH = 200  # links written at once: about 200 kB, far within the time that Redis has to answer


async def lead(mongo: Mongo, place: Place) -> None:
    """Lead whenever nobody else does, for as long as this runs; cancelled, it hands over at once."""
    holder = token_hex(16)
    condition = Condition("this process relays the feed", "this process does not relay the feed")
    while True:
        try:
            async with place.connect() as channel:
                while not await channel.take(holder):
                    await asyncio.sleep(TRY)
                await _serve(mongo, channel, holder, condition)
        except Away as away:
            condition.fails(str(away))
        await asyncio.sleep(TRY)


async def _serve(mongo: Mongo, channel: Channel, holder: str, condition: Condition) -> None:
    """Write the log to the stream from where it ends, for as long as the lease is the holder's."""
    try:
        last = await channel.newest()
        waiting: asyncio.Queue[Link] = asyncio.Queue(BATCH)
        async with running(_read(mongo, last.token if last else None, waiting)):
            while await channel.append(holder, await _batch(waiting)):
                condition.works()
        raise Away("the lease is another's")
    finally:
        await channel.release(holder)


async def _read(mongo: Mongo, after: str | None, waiting: asyncio.Queue[Link]) -> None:
    async with aclosing(links(mongo, after)) as log:
        async for link in log:
            # Where the log opened is worth a link: it is where others may join.
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
