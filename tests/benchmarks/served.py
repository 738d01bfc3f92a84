"""The processes of a benchmark, as `tierwire serve` has them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.app import furnished
from api.command.back_office import back_office
from api.context import House
from api.settings import Settings
from persistence.background import running
from persistence.feed import tail
from persistence.mongo import Mongo

DATABASE = "benchmark"


@asynccontextmanager
async def as_served(uri: str, mongo: Mongo) -> AsyncIterator[House]:
    """The house of this process, which answers and follows the feed, and a back office beside it."""
    os.environ.update(TIERWIRE_MONGO_URI=uri, TIERWIRE_MONGO_DATABASE=DATABASE)
    with back_office():
        async with furnished(mongo, Settings()) as house, running(house.hub.follow(tail(mongo))):
            yield house


async def written(mongo: Mongo) -> None:
    """Have the database write down what it was given, or it would do so meanwhile."""
    await mongo.client.admin.command("fsync")
