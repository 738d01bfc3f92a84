"""A channel of numbers, and who listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from graphql import GraphQLError

from api.live.channels import Channels, Frame, Seat
from api.live.streams import Stream, these
from tests.api.sockets import PATIENCE


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0)


class Numbers:
    """A source of the numbers that the test tells it, which remembers them all: a position is how many there were."""

    def __init__(self, *told: int) -> None:
        self.told: list[int] = list(told)
        self.coming: asyncio.Queue[int | Exception | None] = asyncio.Queue()
        self.is_open = True

    async def frames(self) -> AsyncGenerator[int, None]:
        while (number := await self.coming.get()) is not None:
            if isinstance(number, Exception):
                raise number
            self.told.append(number)
            yield number

    def welcome(self, after: str | None) -> AsyncGenerator[int, None] | None:
        return None if after is None else these(*self.told[int(after) :])

    def again(self) -> AsyncGenerator[int, None]:
        return these(-len(self.told))

    async def reach(self, after: str) -> None:
        pass

    def cursor(self) -> str:
        return str(len(self.told))

    def close(self) -> None:
        self.is_open = False


class Ear:
    """A listener that notes what it hears, and is slow when the test says so."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.is_slow = False

    def tell(self, frame: Frame) -> bool:
        if not self.is_slow:
            self.heard.append(frame.payload.decode())
        return not self.is_slow

    def complete(self) -> None:
        self.heard.append("complete")

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        self.heard += [error.message for error in errors]

    async def hears(self, *expected: object) -> None:
        """Wait for exactly that to be all it ever heard."""
        wanted = [str(each) for each in expected]
        async with asyncio.timeout(PATIENCE):
            while self.heard != wanted:
                assert self.heard == wanted[: len(self.heard)]
                await asyncio.sleep(0)


class Scene:
    """A channel of numbers, and how often one was rendered; rendering waits while `gate` is closed."""

    def __init__(self, *told: int) -> None:
        self.source = Numbers(*told)
        self.rendered: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.channels = Channels()

    async def render(self, number: int) -> Frame:
        self.rendered.append(number)
        await self.gate.wait()
        return Frame(str(number).encode())

    def join(self, after: str | None = None) -> tuple[Ear, Seat]:
        ear = Ear()
        return ear, self.channels.join("key", Stream(lambda: self.source, after), self.render, ear)

    async def join_late(self) -> tuple[Ear, tuple[Ear, Seat]]:
        """One who has heard 1, and one who comes back to hear it and is held up before that by the gate."""
        first, _ = self.join()
        self.say(1)
        await first.hears(1)
        self.gate.clear()
        back = self.join(after="0")
        await asyncio.sleep(0)
        return first, back

    def say(self, *numbers: int | Exception | None) -> None:
        for number in numbers:
            self.source.coming.put_nowait(number)

    async def is_rendering(self, number: int) -> None:
        await until(lambda: number in self.rendered)
