"""Everything that may go wrong, at random, on four fronts at once; each puts in order again what it broke."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

from tests.soak.boards import Board
from tests.soak.record import Record
from tests.soak.servers import Api, Servers
from tests.soak.sleepers import Sleepers

Deed = Callable[[Random], Awaitable[None]]


class Mischief:
    """Goes on until told that it is over; then it ends what it is at."""

    def __init__(
        self,
        servers: Servers,
        boards: Sequence[Board],
        sleepers: Sequence[Sleepers],
        record: Record,
        seed: str,
        over: asyncio.Event,
    ) -> None:
        self._servers = servers
        self._boards = boards
        self._sleepers = sleepers
        self._record = record
        self._seed = seed
        self._over = over

    async def make(self) -> None:
        fronts: dict[str, tuple[float, list[Deed]]] = {
            "processes": (1.5, [self.kill_one, self.kill_the_leader, self.stop_one, self.freeze_one]),
            "back offices": (3, [self.kill_a_back_office, self.freeze_a_back_office]),
            "valkey": (2.5, [self.kill_valkey, self.flush_valkey, self.freeze_valkey]),
            "database": (6, [self.step_down, self.kill_the_database]),
            "boards": (1, [self.cut_sockets, self.reload_pages, self.freeze_clients]),
        }
        if self._sleepers:
            fronts["sleepers"] = 5, [self.put_to_sleep]
        async with asyncio.TaskGroup() as group:
            for name, (rest, deeds) in fronts.items():
                group.create_task(self._front(Random(f"{self._seed} {name}"), rest, deeds))

    async def _front(self, random: Random, rest: float, deeds: list[Deed]) -> None:
        """Every deed in turn, in an order that changes from round to round."""
        while True:
            for deed in random.sample(deeds, len(deeds)):
                await self._pause(random.uniform(0, 2 * rest))
                if self._over.is_set():
                    return
                self._record.did(f"mischief: {deed.__name__.replace('_', ' ')}")
                await deed(random)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)

    async def kill_one(self, random: Random) -> None:
        api = self._servers.any_api(random)
        await api.kill()
        await self._restart(api, random)

    async def kill_the_leader(self, random: Random) -> None:
        """Between what was committed and what it has relayed of it: changes are committed all the time."""
        api = self._servers.leader(random)
        await api.kill()
        await asyncio.sleep(random.uniform(0, 3))
        await self._restart(api, random)

    async def stop_one(self, random: Random) -> None:
        api = self._servers.any_api(random)
        await api.end(signal.SIGTERM)
        await self._restart(api, random)

    async def _restart(self, api: Api, random: Random) -> None:
        """With boards that come to it while it remembers nothing yet."""
        await api.start()
        await self.cut_sockets(random)

    async def freeze_one(self, random: Random) -> None:
        """Longer, now and then, than it holds any lease."""
        api = self._servers.any_api(random)
        api.send(signal.SIGSTOP)
        await asyncio.sleep(random.uniform(0, 6))
        api.send(signal.SIGCONT)

    async def kill_a_back_office(self, random: Random) -> None:
        """Whoever began it begins it anew."""
        _send(self._servers.any_api(random).back_offices, signal.SIGKILL)

    async def freeze_a_back_office(self, random: Random) -> None:
        """Longer, now and then, than it holds any lease; also beyond the end of whoever began it."""
        frozen = self._servers.any_api(random).back_offices
        _send(frozen, signal.SIGSTOP)
        await asyncio.sleep(random.uniform(0, 12))
        _send(frozen, signal.SIGCONT)

    async def kill_valkey(self, random: Random) -> None:
        await self._servers.valkey.kill()
        await asyncio.sleep(random.uniform(0, 3))
        await self._servers.valkey.start()

    async def flush_valkey(self, _: Random) -> None:
        await self._servers.valkey.flush()

    async def freeze_valkey(self, random: Random) -> None:
        self._servers.valkey.send(signal.SIGSTOP)
        await asyncio.sleep(random.uniform(0, 2))
        self._servers.valkey.send(signal.SIGCONT)

    async def step_down(self, _: Random) -> None:
        await self._servers.mongod.step_down(2)

    async def kill_the_database(self, random: Random) -> None:
        await self._servers.mongod.kill()
        await asyncio.sleep(random.uniform(0, 1))
        await self._servers.mongod.start()

    async def cut_sockets(self, random: Random) -> None:
        for board in self._some_boards(random):
            board.cut()

    async def reload_pages(self, random: Random) -> None:
        for board in self._some_boards(random):
            board.reload()

    async def freeze_clients(self, random: Random) -> None:
        seconds = random.uniform(0, 6)
        await asyncio.gather(*(board.freeze(seconds) for board in self._some_boards(random)))

    async def put_to_sleep(self, random: Random) -> None:
        """A whole process of boards, as a laptop that is shut."""
        sleepers = random.choice(self._sleepers)
        sleepers.send(signal.SIGSTOP)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), random.uniform(0, 60))
        sleepers.send(signal.SIGCONT)

    def _some_boards(self, random: Random) -> list[Board]:
        return random.sample(self._boards, random.randint(1, max(1, len(self._boards) // 4)))


def _send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
