"""What happens to leads while time passes for them: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from domain.actors import Workspace
from domain.history import CauseKind
from persistence.batch import Item
from tests.persistence.given import (
    COLD,
    HOT,
    WARM,
    accepted,
    assert_explained,
    entries_of,
    external,
    leads_of,
)
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
    interrupted,
)

LEADS = 60


@pytest.mark.parametrize("seed", range(3))
async def test_an_activity_that_arrives_with_the_step_is_neither_lost_nor_doubled(
    make_process: MakeProcess, clock: Clock, workspace: Workspace, seed: int
) -> None:
    """Through the ledger of another process, one by one and in bulks, while the first has time pass."""
    random, here, there = Random(f"{seed} sends"), await make_process(), await make_process()
    await here.set_levels(workspace, COLD, WARM, HOT)
    await here.publish(workspace, EXPIRING, LASTING)
    await here.crowd(workspace, LEADS, here.did("EXPIRING"))
    clock.at = BEGINNING + 10 * DAY
    items: list[Item] = [(external(f"crm-{number}"), there.did("LASTING")) for number in range(LEADS)]
    random.shuffle(items)

    async def send() -> None:
        at = 0
        while at < LEADS:
            size = random.choice([1, 1, 5, 20])
            accepted(await there.house.ledger.apply_all(workspace.id, items[at : at + size]))
            at += size

    async with asyncio.timeout(60):
        await asyncio.gather(here.look(), send())
    await here.look()

    leads = await leads_of(here.mongo, workspace.id)
    kinds = Counter((entry.lead_id, entry.cause.kind) for entry in await entries_of(here.mongo, workspace.id))
    assert {lead.engagement.score for lead in leads} == {20}
    assert [kinds[lead.id, CauseKind.EXPIRY] for lead in leads] == [1] * LEADS
    assert [kinds[lead.id, CauseKind.ACTIVITY] for lead in leads] == [2] * LEADS
    await assert_timed(here, workspace)
    await assert_explained(here.mongo, workspace.id)


async def test_a_lead_that_did_something_after_it_was_found_loses_nothing_by_inactivity(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.do(workspace, "crm-0", process.did("LASTING"))
    clock.advance(4 * DAY)

    async def act() -> None:
        await process.do(workspace, "crm-0", process.did("OTHER"))

    # Found only because the test says that it is due: it acts just then.
    await process.mongo.leads.update_one({}, {"$set": {"due_at": clock()}})
    await interrupted(process, before=act).look()

    lead = await process.lead(workspace)
    assert (lead.engagement.score, lead.due_at) == (20, clock() + 5 * DAY)
    assert await process.told(workspace) == []


async def test_a_lead_that_is_deleted_meanwhile_is_left_out(process: Process, workspace: Workspace) -> None:
    await process.crowd(workspace, 3, process.given(5, DAY))

    async def delete() -> None:
        await process.house.leads.delete(workspace.id, external("crm-1"))

    await interrupted(process, before=delete).look_at(BEGINNING + DAY)

    assert [lead.external_id for lead in await leads_of(process.mongo, workspace.id)] == ["crm-0", "crm-2"]
    assert set((await process.times_told(workspace)).values()) == {1}
    await assert_explained(process.mongo, workspace.id)


async def test_leads_that_are_deleted_at_once_leave_no_history(
    make_process: MakeProcess, clock: Clock, workspace: Workspace
) -> None:
    here, there = await make_process(), await make_process()
    await here.crowd(workspace, LEADS, here.given(5, DAY))
    clock.at = BEGINNING + DAY

    gone = [external(f"crm-{number}") for number in range(0, LEADS, 2)]
    async with asyncio.timeout(60):
        await asyncio.gather(here.look(), *(there.house.leads.delete(workspace.id, ref) for ref in gone))
    await here.look()

    leads = await leads_of(here.mongo, workspace.id)
    assert len(leads) == LEADS // 2
    assert set((await here.times_told(workspace)).items()) == {(lead.id, 1) for lead in leads}
    await assert_explained(here.mongo, workspace.id)


async def test_the_levels_may_be_edited_while_time_passes(
    make_process: MakeProcess, clock: Clock, workspace: Workspace
) -> None:
    """Every entry says the level by the levels that were in force when it was written."""
    here, there = await make_process(), await make_process()
    await here.set_levels(workspace, COLD, WARM, HOT)
    await here.publish(workspace, EXPIRING, HALVING, inactivity=IDLE)
    await here.crowd(workspace, LEADS, here.did("EXPIRING"), here.did("HALVING"))

    for day in range(1, 13):
        clock.at = BEGINNING + day * DAY
        levels = (COLD, HOT) if day % 2 else (COLD, WARM, HOT)
        async with asyncio.timeout(60):
            await asyncio.gather(here.look(), there.set_levels(workspace, *levels))
    await here.look()

    await assert_timed(here, workspace)
    await assert_explained(here.mongo, workspace.id)
