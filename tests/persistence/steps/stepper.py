"""A process that has time pass for leads, in small steps, for as long as it is left alive.

    python -m tests.persistence.steps.stepper URI DATABASE MOMENT

It says "passing" when it begins. Its clock stands at that moment.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from persistence import ledger
from persistence.mongo import open_mongo
from tests.persistence.sender import say
from tests.persistence.steps.passing import Clock, process_of

STEP = 5  # leads told in one transaction, so that there are many moments to be killed at


async def main(uri: str, database: str, moment: str) -> None:
    ledger.BATCH = STEP
    async with open_mongo(uri, database) as mongo:
        say("passing")
        await process_of(mongo, Clock(datetime.fromisoformat(moment))).steps.work()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
