"""A race, forced: something is done while a command of the code under test is on its way to the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from persistence.documents import Document
from persistence.mongo import Mongo

PATIENCE = 30.0  # seconds; what is done meanwhile must end, or the test would hang without a word


class Meanwhile(CommandListener):
    """Does *action* once, when the *command* on *collection* has begun and before the database hears of it.

    A command that is of no collection is named with a 1. The first *passing* such commands are let pass.
    """

    def __init__(
        self,
        command: str,
        collection: str | int,
        action: Callable[[], Awaitable[object]],
        patience: float = PATIENCE,
        passing: int = 0,
    ) -> None:
        self.done = False
        self._patience = patience
        self._passing = passing
        self._wanted = (command, collection)
        self._action = action
        self._loop = asyncio.get_running_loop()

    def started(self, event: CommandStartedEvent) -> None:
        """Runs in the driver's own thread, which waits here."""
        if self.done or (event.command_name, event.command.get(event.command_name)) != self._wanted:
            return
        self._passing -= 1
        if self._passing < 0:
            self.done = True
            asyncio.run_coroutine_threadsafe(self._do(), self._loop).result(self._patience)

    async def _do(self) -> None:
        await self._action()

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@asynccontextmanager
async def heard_by(uri: str, database: str, listener: CommandListener) -> AsyncIterator[Mongo]:
    """The database, with every command told to *listener*; collections and indexes must be there."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri, tz_aware=True, w="majority", readConcernLevel="majority", event_listeners=[listener]
    )
    try:
        yield Mongo(client, database)
    finally:
        client.close()
