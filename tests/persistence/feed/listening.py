"""Somebody who listens to the feed, and leads that give it something to tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

from api.context import House
from domain.actors import Workspace
from domain.history import ScoreChange
from domain.leads import LeadRef
from domain.levels import Dimension, LevelSet
from persistence.feed import Event, LevelsChanged, Opened, TierChanged, tail
from persistence.mongo import Mongo
from tests.persistence.given import COLD, HOT, WARM, adjusted, entries_of, set_levels

PATIENCE = 20.0  # seconds; a feed that says nothing fails its test instead of holding all up


class Listener:
    """Everything a feed tells, from when it is open."""

    def __init__(self, mongo: Mongo) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._listen(tail(mongo)))

    async def _listen(self, feed: AsyncIterator[Event]) -> None:
        async for event in feed:
            self.events.append(event)
            self._more.set()

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not enough():
                await self._more.wait()
                self._more.clear()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    @property
    def opened(self) -> list[Opened]:
        return [event for event in self.events if isinstance(event, Opened)]

    def told(self, workspace: Workspace) -> list[ScoreChange | LevelSet]:
        """What is told of the workspace."""
        return [
            event.change if isinstance(event, TierChanged) else event.level_set
            for event in self.events
            if isinstance(event, TierChanged | LevelsChanged) and event.workspace == workspace.id
        ]


@asynccontextmanager
async def listening(mongo: Mongo) -> AsyncIterator[Listener]:
    listener = Listener(mongo)
    try:
        await listener.until(lambda: bool(listener.events))
        yield listener
    finally:
        await listener.close()


async def last_word(house: House, workspace: Workspace, listener: Listener) -> LevelSet:
    """A level set made now and waited for: what the feed has not told before it, it will not tell."""
    made = await set_levels(house, workspace.id, COLD, WARM, HOT, dimension=Dimension.PROFILE)
    await listener.until(lambda: made in listener.told(workspace))
    return made


def assert_rising(events: list[Event]) -> None:
    for earlier, later in pairwise(events):
        assert earlier.token < later.token, (earlier, later)


async def tier_changes(mongo: Mongo, workspace: Workspace) -> list[ScoreChange]:
    return [entry for entry in await entries_of(mongo, workspace.id) if entry.tier_changed]


async def jump(house: House, workspace: Workspace, ref: LeadRef, times: int) -> None:
    """Take a lead between its levels, down and up."""
    for number in range(times):
        await house.ledger.apply(workspace.id, ref, adjusted(-30 if number % 2 else 30))
