"""Leads become one while others write to them, and while others merge them, too: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from domain.actors import Workspace
from domain.errors import InvalidInput
from domain.rules import Rescore
from persistence.documents import to_activity
from tests.persistence.given import ADA, external, leads_of
from tests.persistence.rescoring.replaying import assert_replayed, published, scores
from tests.persistence.steps.passing import LASTING, MakeProcess, Process

NEW = Rescore.NEW_ACTIVITY


async def merge(process: Process, workspace: Workspace, into: str, other: str) -> None:
    await process.house.corrections.merge(workspace.id, external(into), external(other), ADA)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("seed", range(2))
async def test_what_is_written_to_either_meanwhile_is_in_the_one(
    make_process: MakeProcess, workspace: Workspace, processes: int, seed: int
) -> None:
    random, all_ = Random(f"{seed} {processes}"), [await make_process() for _ in range(processes)]
    first, last = all_[0], all_[-1]
    await published(first, workspace, LASTING, rescore=NEW)
    for name in "abc":
        await first.do(workspace, name, first.did("LASTING"))

    async def write(process: Process) -> None:
        for _ in range(20):
            name = random.choice("abc")
            await process.do(workspace, name, process.did("LASTING"))
            await process.do(workspace, name, process.given(1))

    await asyncio.gather(
        *map(write, all_),
        *map(write, all_),
        merge(last, workspace, "a", "b"),
        merge(first, workspace, "c", "a"),
    )

    assert await scores(first, workspace) == {"c": 3 * 20 + 2 * processes * 20 * 21}
    (lead,) = await leads_of(first.mongo, workspace.id)
    assert {each.external_id for each in lead.merged} == {"a", "b"}
    of_others = {"workspace": workspace.id, "lead": {"$ne": lead.id}}
    assert await first.mongo.activities.count_documents(of_others) == 0
    await assert_replayed(first, workspace)


@pytest.mark.parametrize("processes", [1, 2])
async def test_of_two_that_merge_the_same_leads_into_each_other_one_is_first(
    make_process: MakeProcess, workspace: Workspace, processes: int
) -> None:
    all_ = [await make_process() for _ in range(processes)]
    first, last = all_[0], all_[-1]
    await published(first, workspace, LASTING, rescore=NEW)
    for number in range(10):
        for name in "ab":
            await first.do(workspace, f"{name}{number}", first.did("LASTING"))

    results = await asyncio.gather(
        *(merge(first, workspace, f"a{number}", f"b{number}") for number in range(10)),
        *(merge(last, workspace, f"b{number}", f"a{number}") for number in range(10)),
        return_exceptions=True,
    )

    refused = [each for each in results if each is not None]
    assert all(isinstance(each, InvalidInput) for each in refused), refused
    assert len(refused) <= 10
    leads = await leads_of(first.mongo, workspace.id)
    assert [(lead.engagement.score, len(lead.merged)) for lead in leads] == [(40, 1)] * 10
    await assert_replayed(first, workspace)


async def test_an_activity_is_retracted_while_its_lead_becomes_another(
    make_process: MakeProcess, workspace: Workspace
) -> None:
    first, second = [await make_process() for _ in range(2)]
    await published(first, workspace, LASTING, rescore=NEW)
    for number in range(10):
        for name in ("a", "b", "b"):
            await first.do(workspace, f"{name}{number}", first.did("LASTING"))
    leads = {lead.id: str(lead.external_id) for lead in await leads_of(first.mongo, workspace.id)}
    stored = first.mongo.activities.find({"workspace": workspace.id})
    found = [(leads[each["lead"]], to_activity(each).id) async for each in stored]
    gone = {lead: activity for lead, activity in found if lead.startswith("b")}
    assert len(gone) == 10

    await asyncio.gather(
        *(merge(first, workspace, f"a{number}", f"b{number}") for number in range(10)),
        *(second.house.corrections.retract(workspace.id, each, ADA) for each in gone.values()),
    )

    assert set((await scores(first, workspace)).values()) == {40}
    await assert_replayed(first, workspace)


async def test_it_is_deleted_while_it_is_merged(make_process: MakeProcess, workspace: Workspace) -> None:
    """Either both are gone, or who was merged came too late."""
    first, second = [await make_process() for _ in range(2)]
    for number in range(20):
        for name in "ab":
            await first.do(workspace, f"{name}{number}", first.did("LASTING"))

    results = await asyncio.gather(
        *(merge(first, workspace, f"a{number}", f"b{number}") for number in range(20)),
        *(second.house.leads.delete(workspace.id, external(f"b{number}")) for number in range(20)),
        return_exceptions=True,
    )

    late = sum(each is not None for each in results[:20])
    assert not any(isinstance(each, BaseException) for each in results[20:])
    leads = await leads_of(first.mongo, workspace.id)
    assert len(leads) == late
    assert all(not lead.merged for lead in leads)
    assert await first.mongo.activities.count_documents({"workspace": workspace.id}) == late
    await assert_replayed(first, workspace)
