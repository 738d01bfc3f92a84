"""A board whose feed and whose pages a test makes up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any

from api.context import House
from api.live.boards import Board, Update, Viewing
from domain.boards import Page
from persistence.background import running
from persistence.boards import Question
from persistence.feed import Event, LeadsChanged, Opened
from tests.api.live.watching import PATIENCE, everything

HERE = "here"
Read = Callable[[], Awaitable[Page]]


class Script:
    """What the feed tells, event by event, and one who watches a board."""

    def __init__(self, house: House, read: Read) -> None:
        self.reads = 0
        self._read = read
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._tokens = 0
        self.board = Board(house.hub, everything(HERE), self._look)

    async def feed(self) -> AsyncIterator[Event]:
        while True:
            yield await self._events.get()
            self._events.task_done()

    async def _look(self, _: Question, __: Page) -> Page:
        self.reads += 1
        return await self._read()

    async def tell(self, *workspaces: str) -> str:
        """Leads of these workspaces changed, one after the other; the token of the last."""
        for workspace in workspaces:
            self._events.put_nowait(LeadsChanged(self._token(), workspace))
        await self._events.join()
        return f"{self._tokens:04}"

    async def lose(self) -> str:
        """The feed was interrupted for too long; the token where it goes on."""
        self._events.put_nowait(Opened(self._token()))
        await self._events.join()
        return f"{self._tokens:04}"

    def _token(self) -> str:
        self._tokens += 1
        return f"{self._tokens:04}"

    @asynccontextmanager
    async def updates(self) -> AsyncIterator[Callable[[], Coroutine[Any, Any, Update]]]:
        """Waits for the next thing that one who watches is told."""
        updates: AsyncGenerator[Update, None] = Viewing(self.board).updates()

        async def following() -> Update:
            return await asyncio.wait_for(anext(updates), PATIENCE)

        async with aclosing(updates):
            yield following


@asynccontextmanager
async def scripted(house: House, read: Read) -> AsyncIterator[Script]:
    """A board that is kept for as long as the context lasts."""
    script = Script(house, read)
    async with running(house.hub.follow(script.feed())):
        await script.lose()
        async with running(script.board.keep()):
            yield script
