"""Whatever happens, at random: every process is told everything once and in order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

import pytest

from persistence.mongo import Mongo
from tests.persistence.relay.conftest import Start, StartChild
from tests.persistence.relay.listeners import Child
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.writer import Writer

pytestmark = pytest.mark.slow

SEEDS = range(int(os.environ.get("TIERWIRE_TEST_SEEDS", "1")))  # more of them for a longer search


class Mischief:
    """What may go wrong, at random."""

    def __init__(self, random: Random, valkey: Valkey, mongo: Mongo, writer: Writer, child: Child) -> None:
        self._random = random
        self._valkey = valkey
        self._mongo = mongo
        self._writer = writer
        self._child = child

    def deeds(self) -> list[Callable[[], Awaitable[object]]]:
        redis = self._valkey.redis
        return [
            self.kill_redis,
            self.stop_redis,
            redis.flushall,
            self.trim,
            self.drop_the_stream,
            self.lose_the_lease,
            self.steal_the_lease,
            partial(redis.client_kill_filter, _type="normal", skipme=True),
            self.stop_the_child,
            self.interrupt_the_database,
        ]

    async def pause(self, longest: float) -> None:
        await asyncio.sleep(self._random.uniform(0, longest))

    async def kill_redis(self) -> None:
        await self._valkey.kill()
        await self.pause(0.5)
        await self._valkey.start()

    async def stop_redis(self) -> None:
        self._valkey.send(signal.SIGSTOP)
        await self.pause(1.5)
        self._valkey.send(signal.SIGCONT)

    async def trim(self) -> None:
        await self._valkey.redis.xtrim(await self._valkey.key("stream"), maxlen=0, approximate=False)

    async def drop_the_stream(self) -> None:
        await self._valkey.redis.delete(await self._valkey.key("stream"))

    async def lose_the_lease(self) -> None:
        await self._valkey.redis.delete(await self._valkey.key("lease"))

    async def steal_the_lease(self) -> None:
        await self._valkey.redis.set(
            await self._valkey.key("lease"), "a thief", px=self._random.randint(1, 500)
        )

    async def stop_the_child(self) -> None:
        self._child.send(signal.SIGSTOP)
        await self.pause(3)
        self._child.send(signal.SIGCONT)

    async def interrupt_the_database(self) -> None:
        async with self._writer.quiet:
            await self._mongo.client.admin.command("killAllSessions", [])


async def write_at_random(writer: Writer, random: Random, over: asyncio.Event) -> None:
    while not over.is_set():
        await writer.write(random.choice([1, 1, 2, 5, 30]), together=random.random() < 0.3)
        await asyncio.sleep(random.choice([0, 0, 0.01, 0.1]))


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_every_process_is_told_everything_once_and_in_order(
    valkey: Valkey, mongo: Mongo, start: Start, start_child: StartChild, writer: Writer, seed: int
) -> None:
    random, over = Random(seed), asyncio.Event()
    async with start_child() as child, start() as one, start() as two, start() as slow:
        deeds = Mischief(random, valkey, mongo, writer, child).deeds()
        writing = asyncio.create_task(write_at_random(writer, Random(f"{seed} writes"), over))
        for deed in random.sample(deeds, len(deeds)):
            async with start() as passing:
                slow.awake.clear()
                await deed()
                await asyncio.sleep(random.choice([0, 0.3, 0.6]))
                slow.awake.set()
            assert passing.numbers == list(range(passing.begin + 1, passing.begin + 1 + len(passing.numbers)))
        over.set()
        await writing
        await writer.write_until_read_by(4)
        await writer.is_told_by(child, one, two, slow)
