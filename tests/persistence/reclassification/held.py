"""A process that is held at one of its steps, while something else is begun that may have to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from api.app import build_house
from api.context import House
from tests.persistence.meanwhile import Meanwhile, heard_by
from tests.persistence.reclassification.conftest import DATABASE

CREDIT = 0.15  # seconds for what is done meanwhile, where it has to wait for the one that is held

# A command, its collection or 1, and how many such commands come before the one that is meant.
Step = tuple[str, str | int, int]


class Held:
    """One who is held at a step while something else is begun, and given the chance to end."""

    def __init__(self, action: Callable[[], Awaitable[object]]) -> None:
        self._action = action
        self._task: asyncio.Task[None] | None = None

    async def meanwhile(self) -> None:
        self._task = asyncio.create_task(self._do())
        await asyncio.wait([self._task], timeout=CREDIT)

    async def _do(self) -> None:
        await self._action()

    async def over(self) -> None:
        assert self._task, "the step was never reached"
        await self._task


@asynccontextmanager
async def held_at(
    uri: str,
    step: Step,
    action: Callable[[], Awaitable[object]],
    prepare: Callable[[House], Awaitable[object]] | None = None,
) -> AsyncIterator[House]:
    """The parts of a process that is held when it comes to *step*, while *action* is done.

    *prepare* is what it does before, unhindered.
    """
    held = Held(action)
    command, collection, passing = step
    meanwhile = Meanwhile(command, collection, held.meanwhile, passing=passing)
    meanwhile.done = True
    async with heard_by(uri, DATABASE, meanwhile) as mongo:
        house = build_house(mongo)
        if prepare:
            await prepare(house)
        meanwhile.done = False
        yield house
        await house.ledger.close()
        await held.over()
