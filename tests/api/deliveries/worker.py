"""A process that delivers, until it is killed: `python -m tests.api.deliveries.worker uri database`."""

from __future__ import annotations

import asyncio
import sys

from persistence.mongo import open_mongo
from tests.api.deliveries.conftest import Clock, process_of


async def main(uri: str, database: str) -> None:
    async with open_mongo(uri, database) as mongo:
        process = process_of(mongo, "", Clock())
        print("delivering", flush=True)  # noqa: T201 - its first word, by which the test knows
        await process.courier.work()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
