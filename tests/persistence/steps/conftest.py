"""A database for each test, for the lease of the steps is the database's; and processes on it, by the test's own clock."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from domain.actors import Workspace
from persistence import steps
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Workspaces
from tests.persistence.steps.passing import Clock, MakeProcess, Process, process_of

_numbers = itertools.count(1)


@asynccontextmanager
async def database_of_its_own(uri: str) -> AsyncIterator[Mongo]:
    """A database that nobody else has, dropped in the end."""
    async with open_mongo(uri, f"steps-{next(_numbers)}") as mongo:
        yield mongo
        await mongo.client.drop_database(mongo.database.name)


@pytest.fixture
def clock() -> Clock:
    """The time of every process of the test."""
    return Clock()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few leads are several pages, of a transaction each: one is under way while another is made."""
    monkeypatch.setattr(steps, "BATCH", 2)
    monkeypatch.setattr(steps, "PAGE", 2)


@pytest.fixture
async def mongo(mongo_uri: str) -> AsyncIterator[Mongo]:
    async with database_of_its_own(mongo_uri) as mongo:
        yield mongo


@pytest.fixture
async def workspace(mongo: Mongo, clock: Clock) -> Workspace:
    return await Workspaces(mongo).named("test", clock())


@pytest.fixture
async def process(mongo: Mongo, clock: Clock) -> AsyncIterator[Process]:
    """The one process there is."""
    process = process_of(mongo, clock)
    yield process
    await process.house.ledger.close()


@pytest.fixture
async def make_process(mongo_uri: str, mongo: Mongo, clock: Clock) -> AsyncIterator[MakeProcess]:
    """Makes one more process, with a connection of its own."""
    async with AsyncExitStack() as stack:

        async def make() -> Process:
            own = await stack.enter_async_context(open_mongo(mongo_uri, mongo.database.name))
            made = process_of(own, clock)
            stack.push_async_callback(made.house.ledger.close)
            return made

        yield make
