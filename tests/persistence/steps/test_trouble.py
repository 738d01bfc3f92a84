"""The database goes away, and one lead is in the way: time goes on when it can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.actors import Workspace
from persistence.background import running
from persistence.mongo import Mongo
from tests.persistence.conftest import Fail
from tests.persistence.given import assert_explained
from tests.persistence.steps.conftest import database_of_its_own
from tests.persistence.steps.passing import BEGINNING, DAY, HALVING, Process, assert_timed, until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small_pages")]

LEADS = 40
COMMANDS = ["find", "getMore", "update", "insert", "commitTransaction"]


@pytest.fixture
async def mongo(fallible_uri: str) -> AsyncIterator[Mongo]:
    async with database_of_its_own(fallible_uri) as mongo:
        yield mongo


async def all_told(process: Process) -> bool:
    return await process.mongo.leads.count_documents({"due_at": {"$lte": process.clock()}}) == 0


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("how", [{"closeConnection": True}, {"errorCode": 11602}], ids=["cut", "stepping"])
async def test_it_goes_on_when_the_database_is_back(
    process: Process, workspace: Workspace, fail: Fail, command: str, how: dict[str, Any]
) -> None:
    await process.publish(workspace, HALVING)
    await process.crowd(workspace, LEADS, process.did("HALVING"))
    process.clock.at = BEGINNING + DAY

    await fail(command, times=4, **how)
    async with running(process.steps.work()) as work:
        await until(lambda: all_told(process))
        assert not work.done()

    told = await process.times_told(workspace)
    assert (len(told), set(told.values())) == (LEADS, {1})
    await assert_timed(process, workspace)
    await assert_explained(process.mongo, workspace.id)


async def test_it_goes_on_after_the_database_was_away_for_a_while(
    process: Process, workspace: Workspace, fail: Fail
) -> None:
    await process.publish(workspace, HALVING)
    await process.crowd(workspace, LEADS, process.did("HALVING"))

    async with running(process.steps.work()) as work:
        for day in range(1, 3):
            await fail(*COMMANDS, times=5, closeConnection=True)
            process.clock.at = BEGINNING + day * DAY
            await asyncio.sleep(0)
            await until(lambda: all_told(process))
        assert not work.done()

    told = await process.times_told(workspace)
    assert (len(told), set(told.values())) == (LEADS, {2})
    await assert_explained(process.mongo, workspace.id)
