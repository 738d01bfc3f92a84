"""A process that scores leads anew, a few at a time, for as long as it is left alive.

    python -m tests.persistence.rescoring.rescorer URI DATABASE MOMENT

It says "scoring" when it begins. Its clock stands at that moment.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from api.app import build_worker
from persistence import rescoring
from persistence.mongo import open_mongo
from tests.persistence.sender import say
from tests.persistence.steps.passing import Clock, process_of

STEP = 5  # leads of one transaction, so that there are many moments to be killed at


async def main(uri: str, database: str, moment: str) -> None:
    rescoring.FIRST = rescoring.MOST = STEP
    async with open_mongo(uri, database) as mongo:
        process = process_of(mongo, Clock(datetime.fromisoformat(moment)))
        say("scoring")
        await build_worker(mongo, process.house).work()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
