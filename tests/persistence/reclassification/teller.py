"""A process that tells leads of edits, in small steps, for as long as it is left alive.

    python -m tests.persistence.reclassification.teller URI DATABASE SECONDS

It says "telling" when it begins. Its clock is so many seconds ahead, so that it need not wait for the leases of others.
"""

from __future__ import annotations

import asyncio
import sys

from api.app import build_house
from persistence import reclassification
from persistence.jobs import Jobs
from persistence.mongo import open_mongo
from tests.persistence.reclassification.telling import ahead_by, worker_of
from tests.persistence.sender import say

STEP = 5  # leads told in one transaction, so that there are many moments to be killed at


async def main(uri: str, database: str, seconds: str) -> None:
    reclassification.BATCH = STEP  # type: ignore[attr-defined] # it is the ledger's, and smaller only here
    async with open_mongo(uri, database) as mongo:
        say("telling")
        await worker_of(build_house(mongo), Jobs(mongo, ahead_by(float(seconds)))).work()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
