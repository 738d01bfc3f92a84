"""A process that is killed in the middle of its work on leads."""

from __future__ import annotations

import sys

from persistence.mongo import Mongo
from tests.persistence.steps.passing import Process, until
from tests.processes import started


async def killed_after(
    module: str, uri: str, mongo: Mongo, process: Process, cause: str, enough: int
) -> None:
    """Run the module by the clock of *process*, and kill it when so many entries of that cause are there."""

    async def told_enough() -> bool:
        return await mongo.score_changes.count_documents({"cause": cause}) >= enough

    moment = process.clock().isoformat()
    async with started(sys.executable, "-m", module, uri, mongo.database.name, moment) as working:
        assert working.stdout
        assert await working.stdout.readline()
        await until(told_enough)
        working.kill()
