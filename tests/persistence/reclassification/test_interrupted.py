"""Processes are killed while they tell leads of an edit: others go on, and every lead is told once."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator
from random import Random

import pytest

from api.app import build_house
from domain.actors import Workspace
from domain.jobs import JobState
from persistence.ledger import BATCH
from persistence.mongo import Mongo, open_mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import COLD, HOT, PROFILE, WARM
from tests.persistence.reclassification.conftest import DATABASE
from tests.persistence.reclassification.telling import (
    assert_told,
    job_of,
    paced,
    settle,
    state_of,
    taken_up_later,
    told_of,
    until_over,
    until_told,
    working,
)
from tests.processes import started

pytestmark = pytest.mark.slow

FULL = (COLD, WARM, HOT)
LEADS = 1_500
KILLS = 2


@pytest.fixture
async def mongo(fallible_uri: str) -> AsyncIterator[Mongo]:
    """The server that soon ends the open transactions of the dead."""
    async with open_mongo(fallible_uri, DATABASE) as mongo:
        yield mongo


@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_any_moment_every_lead_is_told_once(
    make_house: MakeHouse, mongo: Mongo, fallible_uri: str, workspace: Workspace, seed: int
) -> None:
    random, house = Random(f"{seed} kills"), make_house()
    await settle(house, workspace, FULL, [random.randrange(10, 70) for _ in range(LEADS)])
    job = await job_of(house, workspace, COLD, HOT)
    reached = []

    for kill in range(KILLS):
        command = [sys.executable, "-m", "tests.persistence.reclassification.teller"]
        async with started(*command, fallible_uri, DATABASE, str(20 * kill)) as process:
            assert process.stdout
            assert await process.stdout.readline()
            already = len(await told_of(mongo, workspace))
            await until_told(mongo, workspace, already + random.randint(1, 150))
            process.kill()
        reached.append(await state_of(house, workspace, job))
    interrupted = Counter(entry.lead_id for entry in await told_of(mongo, workspace))
    await taken_up_later(mongo, workspace, 20 * KILLS)

    assert [each.state for each in reached] == [JobState.RUNNING] * KILLS, "the kill came too late"
    assert 0 < reached[0].done < reached[1].done < reached[1].total
    assert reached[1].changed <= interrupted.total()
    told = Counter(entry.lead_id for entry in await told_of(mongo, workspace))
    assert set(told.values()) == {1}
    done = await state_of(house, workspace, job)
    assert (done.state, done.changed) == (JobState.DONE, told.total())
    assert done.done == done.total == done.changed
    await assert_told(house, mongo, workspace)


async def test_a_worker_stopped_in_the_middle_leaves_the_rest_to_the_next(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    """Stopped gracefully: it releases the job, and the next need not wait for the lease."""
    here, there = make_house(), build_house(mongo)
    await settle(here, workspace, FULL, [30] * 1_100, PROFILE)
    job = await job_of(here, workspace, COLD, HOT, dimension=PROFILE)

    async with paced(here, mongo, 2):
        pass
    await here.ledger.close()
    await here.jobs.release()
    stopped = await state_of(here, workspace, job)
    assert stopped.changed == len(await told_of(mongo, workspace))
    held = await there.jobs.take()
    assert held
    assert held.job == stopped
    await there.jobs.release()
    async with working(there):
        await until_over(there, workspace.id)

    assert (stopped.state, stopped.changed) == (JobState.RUNNING, 2 * BATCH)
    done = await state_of(here, workspace, job)
    assert (done.state, done.done, done.total, done.changed) == (JobState.DONE, 1_100, 1_100, 1_100)
    assert len(await told_of(mongo, workspace)) == 1_100
    await assert_told(here, mongo, workspace)
