"""Processes that share the feed: some within this one, some of their own.

    python -m tests.persistence.relay.listeners URI DATABASE WORKSPACE REDIS

is one of its own: it says "opened", then the number of each tier change in the workspace.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterable

import structlog

from persistence.feed import Event, Opened, Reached, TierChanged
from persistence.mongo import open_mongo
from persistence.relay import open_feed
from tests.persistence.relay.waiting import until
from tests.persistence.sender import say


class Listener:
    """Is told numbers, the first after *begin*."""

    def __init__(self, begin: int = 0) -> None:
        self.begin = begin
        self.numbers: list[int] = []

    async def is_told(self, last: int) -> None:
        """Wait until it was told the *last*."""

        async def holds() -> bool:
            return bool(self.numbers) and self.numbers[-1] >= last

        await until(holds)


class Process(Listener):
    """The feed of one process of several, all in this one; it tells of one workspace."""

    def __init__(self, workspace: str, begin: int = 0) -> None:
        super().__init__(begin)
        self.told: list[Event] = []
        self.reached = ""
        self.opened = asyncio.Event()
        self.awake = asyncio.Event()
        self.awake.set()
        self._workspace = workspace

    async def follow(self, feed: AsyncIterable[Event]) -> None:
        async for event in feed:
            await self.awake.wait()
            if isinstance(event, Reached):
                self.reached = event.token
                continue
            if isinstance(event, Opened):
                self.opened.set()
            elif event.workspace != self._workspace:
                continue
            elif isinstance(event, TierChanged):
                self.numbers.append(event.change.version)
            self.told.append(event)

    async def reaches(self, token: str) -> None:
        """Wait until it was told that everything up to there was told."""

        async def holds() -> bool:
            return self.reached >= token

        await until(holds)


class Child(Listener):
    """A process of its own, which may be stopped and killed."""

    def __init__(self, process: asyncio.subprocess.Process, begin: int) -> None:
        super().__init__(begin)
        self._process = process

    async def listen(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            self.numbers.append(int(line))

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)


async def main(uri: str, database: str, workspace: str, redis: str) -> None:
    """A process of its own, for as long as it is left alive."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with open_mongo(uri, database) as mongo, open_feed(mongo, redis) as feed:
        async for event in feed:
            if isinstance(event, Opened):
                say("opened")
            elif isinstance(event, TierChanged) and event.workspace == workspace:
                say(str(event.change.version))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
