"""What leads do while they are scored anew is neither lost nor counted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

import pytest

from domain.actors import Workspace
from domain.errors import LeadNotFound
from domain.jobs import JobState
from domain.rules import Rescore
from persistence import rescoring
from persistence.documents import to_activity
from tests.persistence.given import ADA, external, known, leads_of
from tests.persistence.rescoring.replaying import (
    assert_replayed,
    published,
    to_replay,
    until_over,
    working,
)
from tests.persistence.steps.passing import LASTING, SECOND, Clock, MakeProcess, Process

NEW = Rescore.NEW_ACTIVITY
DEARER = replace(LASTING, points=50)
LEADS = 200


@pytest.fixture(autouse=True)
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring, "FIRST", 7)
    monkeypatch.setattr(rescoring, "MOST", 7)


async def while_rescored(
    process: Process, workspace: Workspace, clock: Clock, do: Callable[[], Awaitable[None]]
) -> None:
    """Do that again and again until all leads are scored anew."""
    job = await to_replay(process, workspace, DEARER)
    clock.advance(SECOND)
    async with working(process):
        over = asyncio.create_task(until_over(process, workspace))
        times = 0
        while not over.done() or times < 3:
            await do()
            times += 1
            await asyncio.sleep(0)  # what has nothing left to do must not keep the job from its turn
        jobs = await over
    assert [each.state for each in jobs if each.id == job.id] == [JobState.DONE]


@pytest.mark.parametrize("seed", range(2))
async def test_what_arrives_through_another_process_is_in_the_score_once(
    process: Process, make_process: MakeProcess, clock: Clock, workspace: Workspace, seed: int
) -> None:
    random, other = Random(f"{seed} meanwhile"), await make_process()
    await published(process, workspace, LASTING, rescore=NEW)
    await process.crowd(workspace, LEADS, process.did("LASTING"))
    deleted: set[str] = set()

    def name() -> str:
        return random.choice([f"crm-{number}" for number in range(LEADS) if f"crm-{number}" not in deleted])

    async def delete(lead: str) -> None:
        deleted.add(lead)
        await other.house.leads.delete(workspace.id, external(lead))

    async def do() -> None:
        did = [
            other.do(workspace, name(), other.did("LASTING")),
            other.do(workspace, name(), other.given(random.choice([-30, 4, 9]))),
            other.do(workspace, name(), known({"name": str(random.random())})),
            process.do(workspace, name(), process.did("LASTING")),
        ]
        await asyncio.gather(*did)
        if len(deleted) < LEADS // 4:
            await delete(name())

    await while_rescored(process, workspace, clock, do)

    leads = await leads_of(process.mongo, workspace.id)
    assert len(leads) == LEADS - len(deleted)
    assert not deleted & {lead.external_id for lead in leads}
    assert (
        await process.mongo.activities.count_documents(
            {"workspace": workspace.id, "lead": {"$nin": [lead.id for lead in leads]}}
        )
        == 0
    )
    await assert_replayed(process, workspace)


async def test_corrections_at_the_same_time_lose_nothing(
    process: Process, make_process: MakeProcess, clock: Clock, workspace: Workspace
) -> None:
    random, other = Random("corrections"), await make_process()
    await published(process, workspace, LASTING, rescore=NEW)
    await process.crowd(workspace, LEADS, process.did("LASTING"), process.did("LASTING"), process.given(3))
    activities = [
        to_activity(each) async for each in process.mongo.activities.find({"workspace": workspace.id})
    ]
    random.shuffle(activities)
    retracted, merged = 0, 0

    async def do() -> None:
        nonlocal retracted, merged
        if retracted < LEADS:
            await other.house.corrections.retract(workspace.id, activities[retracted].id, ADA)
            retracted += 1
        if merged < LEADS // 2:
            one, two = (external(f"crm-{number}") for number in (merged, LEADS - 1 - merged))
            await other.house.corrections.merge(workspace.id, one, two, ADA)
            merged += 1

    await while_rescored(process, workspace, clock, do)

    leads = await leads_of(process.mongo, workspace.id)
    assert len(leads) == LEADS - merged
    total = sum(lead.engagement.score for lead in leads)
    assert total == (2 * LEADS - retracted) * 50 + LEADS * 3
    await assert_replayed(process, workspace)


async def test_a_lead_deleted_while_its_turn_has_come_is_gone(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    await process.crowd(workspace, 30, process.did("LASTING"))
    numbers = iter(range(30))

    async def do() -> None:
        number = next(numbers, None)
        if number is not None:
            await process.house.leads.delete(workspace.id, external(f"crm-{number}"))
            with pytest.raises(LeadNotFound):
                await process.house.leads.delete(workspace.id, external(f"crm-{number}"))

    await while_rescored(process, workspace, clock, do)

    await assert_replayed(process, workspace)
