"""However many processes have time pass, and however they end, each step is told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from domain.actors import Workspace
from persistence.background import running
from persistence.lease import TERM
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.persistence.given import COLD, HOT, WARM, assert_explained, leads_of
from tests.persistence.steps.conftest import database_of_its_own
from tests.persistence.steps.killed import killed_after
from tests.persistence.steps.passing import (
    BEGINNING,
    DAY,
    EXPIRING,
    HALVING,
    IDLE,
    LASTING,
    Clock,
    MakeProcess,
    Process,
    assert_timed,
    process_of,
    until,
)

pytestmark = pytest.mark.slow

LEADS = 600
KILLS = 2
STEPPER = "tests.persistence.steps.stepper"


async def nothing_due(process: Process) -> bool:
    return await process.mongo.leads.count_documents({"due_at": {"$lte": process.clock()}}) == 0


async def sabotage(mongo: Mongo) -> None:
    """Whoever holds the lease loses it without noticing, again and again."""
    while True:
        await mongo.leases.delete_many({})
        await asyncio.sleep(0)


async def believe(processes: list[Process]) -> None:
    """Every one of them believes that it is the one."""
    for each in processes:
        await each.mongo.leases.delete_many({})
        assert await each.steps._hold()


async def test_processes_that_all_believe_they_hold_the_lease_tell_each_step_once(
    make_process: MakeProcess, clock: Clock, workspace: Workspace
) -> None:
    processes = [await make_process() for _ in range(3)]
    first = processes[0]
    await first.set_levels(workspace, COLD, WARM, HOT)
    await first.publish(workspace, EXPIRING, HALVING, LASTING, inactivity=IDLE)
    did = [first.did(kind) for kind in ("EXPIRING", "HALVING", "LASTING")]
    await first.crowd(workspace, LEADS, *did)

    clock.at = BEGINNING + 10 * DAY
    await believe(processes)
    async with running(sabotage(first.mongo)):
        await asyncio.gather(*(each.look() for each in processes))

    leads = await leads_of(first.mongo, workspace.id)
    told = await first.told(workspace)
    assert len(leads) == LEADS
    assert len({lead.engagement.score for lead in leads}) == 1
    assert len(told) == 2 * LEADS
    assert {lead.version for lead in leads} == {5}
    await assert_timed(first, workspace)
    await assert_explained(first.mongo, workspace.id)


async def test_processes_at_work_do_not_double_what_the_others_do(
    make_process: MakeProcess, clock: Clock, workspace: Workspace
) -> None:
    """Day after day, while each takes the lease from the other."""
    processes = [await make_process() for _ in range(3)]
    first = processes[0]
    await first.publish(workspace, HALVING)
    await first.crowd(workspace, 40, first.did("HALVING"))

    for _ in range(5):
        clock.advance(DAY)
        await believe(processes)
        async with running(sabotage(first.mongo)):
            await asyncio.gather(*(each.look() for each in processes))

    told = await first.times_told(workspace)
    assert (len(told), set(told.values())) == (40, {5})
    await assert_explained(first.mongo, workspace.id)


async def test_a_second_process_does_nothing_as_long_as_the_first_has_the_lease(
    make_process: MakeProcess, clock: Clock, workspace: Workspace
) -> None:
    first, second = [await make_process() for _ in range(2)]
    await first.look()
    await first.do(workspace, "crm-0", first.given(5, TERM / 10))
    clock.advance(TERM / 10)

    await second.look()
    assert await first.told(workspace) == []
    await first.look()

    assert [entry.delta for entry in await first.told(workspace)] == [-5]


async def test_a_process_that_is_released_is_followed_at_once(
    make_process: MakeProcess, clock: Clock, workspace: Workspace
) -> None:
    first, second = [await make_process() for _ in range(2)]
    await first.look()
    await first.do(workspace, "crm-0", first.given(5, TERM / 10))
    clock.advance(TERM / 10)

    await first.steps.release()
    await second.look()

    assert [entry.delta for entry in await first.told(workspace)] == [-5]


class TestKilled:
    @pytest.fixture
    async def mongo(self, fallible_uri: str) -> AsyncIterator[Mongo]:
        """On the server that soon ends the open transactions of the dead."""
        async with database_of_its_own(fallible_uri) as mongo:
            yield mongo

    @pytest.mark.parametrize("seed", range(2))
    async def test_in_the_middle_of_its_leads_another_finishes_and_each_is_told_once(
        self, mongo: Mongo, fallible_uri: str, seed: int
    ) -> None:
        random, process = Random(f"{seed} kills"), process_of(mongo, Clock())
        workspace = await Workspaces(mongo).named("test", process.clock())
        await process.set_levels(workspace, COLD, WARM, HOT)
        await process.publish(workspace, EXPIRING, LASTING)
        await process.crowd(workspace, LEADS, process.did("EXPIRING"), process.did("LASTING"))
        process.clock.at = BEGINNING + 10 * DAY
        reached = [0]

        for _ in range(KILLS):
            enough = reached[-1] + random.randint(1, 150)
            await killed_after(STEPPER, fallible_uri, mongo, process, "EXPIRY", enough)
            reached.append(sum((await process.times_told(workspace)).values()))
            process.clock.advance(2 * TERM)
        async with running(process.steps.work()):
            await until(lambda: nothing_due(process))

        assert 0 < reached[1] < reached[2] < LEADS, "the kill came too early or too late"
        told = await process.times_told(workspace)
        assert (len(told), set(told.values())) == (LEADS, {1})
        leads = await leads_of(mongo, workspace.id)
        assert {(lead.engagement.score, lead.due_at) for lead in leads} == {(20, None)}
        await assert_explained(mongo, workspace.id)
        await process.house.ledger.close()
