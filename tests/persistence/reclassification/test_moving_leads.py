"""Leads that move, come and go while a job is about to tell them are told once, and counted rightly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.context import House
from domain.actors import Workspace
from domain.history import CauseKind
from domain.jobs import JobState
from domain.leads import Position
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    PROFILE,
    WARM,
    adjusted,
    by_id,
    clicked,
    external,
    known,
    leads_of,
    publish,
)
from tests.persistence.reclassification.held import held_at
from tests.persistence.reclassification.telling import (
    assert_told,
    job_of,
    of_name,
    settle,
    state_of,
    tell_all,
    told_of,
    until_over,
    working,
)

FULL = (COLD, WARM, HOT)


async def test_a_lead_that_moves_before_the_job_reaches_it_is_told_first_and_then_moved(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [30, 31])
    job = await job_of(house, workspace, COLD, HOT)

    outcome = await house.ledger.apply(workspace.id, external("crm-0"), adjusted(30))
    await tell_all(house, workspace)

    (told,), (moved,) = outcome.told, outcome.changes
    assert (told.before, told.after) == (Position(30, "Warm", 1), Position(30, None, 2))
    assert (moved.before, moved.after) == (told.after, Position(60, "Hot", 2))
    _, entries = await of_name(mongo, workspace, "crm-0")
    assert entries[1:] == [told, moved]
    done = await state_of(house, workspace, job)
    assert (done.state, done.changed) == (JobState.DONE, 1)
    await assert_told(house, mongo, workspace)


async def test_a_change_of_one_dimension_tells_nothing_of_the_other(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [30])
    await job_of(house, workspace, COLD, HOT)

    outcome = await house.ledger.apply(workspace.id, external("crm-0"), adjusted(5, dimension=PROFILE))
    edited = await house.ledger.apply(workspace.id, external("crm-0"), known({"name": "Ada"}))

    assert (outcome.told, edited.told) == ((), ())
    await tell_all(house, workspace)
    assert len(await told_of(mongo, workspace)) == 1
    await assert_told(house, mongo, workspace)


async def test_a_lead_made_after_the_edit_is_never_told_of_it(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [30])
    await job_of(house, workspace, COLD, HOT)

    await house.ledger.apply(workspace.id, external("new"), adjusted(30))
    await house.ledger.apply(workspace.id, external("newer"), known())
    await tell_all(house, workspace)

    (told,) = await told_of(mongo, workspace)
    lead, _ = await of_name(mongo, workspace, "crm-0")
    assert told.lead_id == lead.id
    await assert_told(house, mongo, workspace)


@pytest.mark.parametrize(
    "command",
    [
        ("count", "leads"),
        ("find", "leads"),
        ("update", "leads"),
        ("insert", "score_changes"),
        ("update", "gate"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("what", ["moved", "deleted", "made"])
async def test_leads_changed_by_another_process_at_any_moment_of_the_job_are_told_once(
    make_house: MakeHouse,
    mongo: Mongo,
    mongo_uri: str,
    workspace: Workspace,
    command: tuple[str, str],
    what: str,
) -> None:
    """The worker is held just before a command while another process changes the leads, and then goes on."""
    house = make_house()
    await settle(house, workspace, FULL, [30, 31, 32, 33, 34])
    job = await job_of(house, workspace, COLD, HOT)
    ref = by_id((await of_name(mongo, workspace, "crm-2"))[0].id)
    actions: dict[str, Callable[[], Awaitable[object]]] = {
        "moved": lambda: house.ledger.apply(workspace.id, ref, adjusted(3)),
        "deleted": lambda: house.leads.delete(workspace.id, ref),
        "made": lambda: house.ledger.apply(workspace.id, external("new"), adjusted(32)),
    }

    async with held_at(mongo_uri, (*command, 0), actions[what]) as process, working(process):
        await until_over(house, workspace.id)

    told = await told_of(mongo, workspace)
    done = await state_of(house, workspace, job)
    assert len({entry.lead_id for entry in told}) == len(told) == (4 if what == "deleted" else 5)
    assert done.state is JobState.DONE
    assert done.changed in {4, 5}, "the one that moved may be told by the job, or before its change"
    assert 4 <= done.done == done.total <= 6, "a lead was counted twice"
    await assert_told(house, mongo, workspace)


async def test_a_crowd_that_never_stands_still_is_told_to_the_last(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    """Two processes score the leads without pause, here and there, while the job tells them."""
    here, there = make_house(), make_house()
    await publish(here, workspace.id, CLICK)
    await settle(here, workspace, FULL, [30] * 500)
    job = await job_of(here, workspace, COLD, HOT)
    over = asyncio.Event()

    async def score(house: House, first: int) -> None:
        number = first
        while not over.is_set():
            ref = external(f"crm-{number % 500}")
            await house.ledger.apply(workspace.id, ref, clicked() if number % 3 else adjusted(2))
            number += 7

    async with asyncio.TaskGroup() as group, working(here):
        for number in range(4):
            group.create_task(score((here, there)[number % 2], number * 125))
        await until_over(there, workspace.id)
        over.set()

    told = await told_of(mongo, workspace)
    moved = {entry.lead_id for entry in told}
    assert len(moved) == len(told) == 500
    done = await state_of(here, workspace, job)
    assert done.state is JobState.DONE
    assert done.changed <= 500
    await assert_told(here, mongo, workspace)


async def test_a_lead_that_is_changed_without_pause_keeps_no_job_from_its_end(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    house = make_house()
    await settle(house, workspace, FULL, [30, 31])
    over = asyncio.Event()

    async def hammer() -> None:
        while not over.is_set():
            await house.ledger.apply(workspace.id, external("crm-0"), adjusted(1))

    async with asyncio.TaskGroup() as group, working(house):
        for _ in range(4):
            group.create_task(hammer())
        job = await job_of(house, workspace, COLD, HOT)
        await until_over(house, workspace.id)
        over.set()

    assert (await state_of(house, workspace, job)).state is JobState.DONE
    assert len(await leads_of(mongo, workspace.id)) == 2
    assert [e.cause.kind for e in await told_of(mongo, workspace)] == [CauseKind.LEVELS_CHANGED] * 2
    await assert_told(house, mongo, workspace)
