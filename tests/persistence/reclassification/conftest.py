"""A database of their own, in which no other test leaves jobs, and no other process takes them up."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from persistence.mongo import Mongo, open_mongo

DATABASE = "reclassification"


@pytest.fixture(scope="package")
async def mongo(mongo_uri: str) -> AsyncIterator[Mongo]:
    async with open_mongo(mongo_uri, DATABASE) as mongo:
        yield mongo
        await mongo.client.drop_database(DATABASE)


@pytest.fixture(autouse=True)
async def no_jobs_of_others(mongo: Mongo) -> None:
    await mongo.jobs.delete_many({})
