"""Leases: which process does what needs doing once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from persistence.mongo import Mongo, new_id

TERM = timedelta(seconds=5)  # after which the work of a process that died is taken up by another


class Lease:
    """The right of one process at a time to do the work of that name, for TERM and as long as it is renewed.

    Who is slow may lose it without noticing: the work itself must bear being done by two.
    """

    def __init__(self, mongo: Mongo, name: str, clock: Callable[[], datetime]) -> None:
        self._mongo = mongo
        self._name = name
        self._clock = clock
        self._owner = new_id()

    async def take(self) -> bool:
        """Take or renew it; False when another process has it."""
        now = self._clock()
        free = {"_id": self._name, "$or": [{"owner": self._owner}, {"until": {"$lte": now}}]}
        try:
            await self._mongo.leases.update_one(
                free, {"$set": {"owner": self._owner, "until": now + TERM}}, upsert=True
            )
        except DuplicateKeyError:
            return False
        return True

    async def release(self) -> None:
        """Let another process have it at once."""
        await self._mongo.leases.update_one(
            {"_id": self._name, "owner": self._owner}, {"$set": {"until": self._clock()}}
        )
