"""Whether what a process leans on answers now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pymongo
from pymongo.errors import PyMongoError

from persistence.mongo import Mongo

ANSWER = 2.0  # seconds that the database has to answer: less than those commonly wait who ask for this


class Health:
    """The database's, and the relay's: whether the feed comes through Redis now; None where it is not to."""

    def __init__(self, mongo: Mongo, is_relayed: Callable[[], bool | None]) -> None:
        self._mongo = mongo
        self.is_relayed = is_relayed
        self._asking: asyncio.Task[bool] | None = None

    async def database_answers(self) -> bool:
        """Whether it does so in time; all who ask at once share one question."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> bool:
        try:
            # The driver waits in a thread, which must come to an end, too.
            async with asyncio.timeout(ANSWER):
                with pymongo.timeout(ANSWER):
                    await self._mongo.client.admin.command("ping")
        except (PyMongoError, TimeoutError):
            return False
        return True
