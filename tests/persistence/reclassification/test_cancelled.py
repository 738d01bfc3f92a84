"""A job that was cancelled tells nobody any more; what it left is for the job of the next edit."""

from __future__ import annotations

import asyncio

import pytest

from api.app import build_house
from api.context import House
from domain.actors import Workspace
from domain.errors import NotFound
from domain.jobs import JobState
from domain.levels import Level
from persistence.ledger import BATCH
from persistence.mongo import Mongo, new_id
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import COLD, HOT, WARM
from tests.persistence.meanwhile import Meanwhile, heard_by
from tests.persistence.reclassification.conftest import DATABASE
from tests.persistence.reclassification.telling import (
    assert_told,
    edit_levels,
    job_of,
    paced,
    settle,
    state_of,
    tell_all,
    told_of,
    until,
    until_over,
    until_told,
    working,
)

FULL = (COLD, WARM, HOT)
CROWD = [30] * 1_100  # more than two batches


async def test_a_job_cancelled_before_it_began_tells_nobody(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [30])
    job = await job_of(house, workspace, COLD, HOT)

    cancelled = await house.jobs.cancel(workspace.id, job.id)
    await tell_all(house, workspace)

    assert (cancelled.state, cancelled.error, cancelled.done) == (JobState.CANCELLED, None, 0)
    assert cancelled.finished_at
    assert await state_of(house, workspace, job) == cancelled
    assert await told_of(mongo, workspace) == []


@pytest.mark.parametrize("batches", [0, 2])
async def test_after_a_cancellation_returned_no_lead_is_told(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, batches: int
) -> None:
    """The cancellation comes when some are told; what the next edit then tells is what was left, and no more."""
    house, other = make_house(), make_house()
    await settle(house, workspace, FULL, CROWD)
    job = await job_of(house, workspace, COLD, HOT)

    async with paced(house, mongo, batches) as scores:
        cancelled = await other.jobs.cancel(workspace.id, job.id)
        told = len(await told_of(mongo, workspace))
        scores.go_on.set()
        again = await job_of(other, workspace, COLD, HOT, announce_only_what_was_left())
        await until_over(house, workspace.id)

    assert told == batches * BATCH
    assert (cancelled.state, cancelled.changed, cancelled.done) == (JobState.CANCELLED, told, told)
    assert await state_of(house, workspace, job) == cancelled
    rest = await state_of(house, workspace, again)
    assert (rest.state, rest.changed) == (JobState.DONE, len(CROWD) - told)
    versions = [entry.after.level_set for entry in await told_of(mongo, workspace)]
    assert sorted(versions) == [2] * told + [3] * (len(CROWD) - told)
    await assert_told(house, mongo, workspace)


def announce_only_what_was_left() -> Level:
    """A level in which there is no lead, so that nothing of the next edit itself is to be told."""
    return Level("Warmer", 45, 49)


@pytest.mark.parametrize(
    ("command", "collection"),
    [
        ("count", "leads"),
        ("find", "jobs"),
        ("update", "jobs"),
        ("insert", "score_changes"),
        ("update", "gate"),
    ],
)
async def test_a_job_cancelled_at_any_moment_of_its_work_stays_cancelled(
    make_house: MakeHouse,
    mongo: Mongo,
    mongo_uri: str,
    workspace: Workspace,
    command: str,
    collection: str,
) -> None:
    """The worker is held just before a command while the job is cancelled, and then goes on."""
    house = make_house()
    await settle(house, workspace, FULL, [30, 31])
    job = await job_of(house, workspace, COLD, HOT)

    async def cancel() -> None:
        assert (await house.jobs.cancel(workspace.id, job.id)).state is JobState.CANCELLED

    meanwhile = Meanwhile(command, collection, cancel)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as heard:
        worker = build_house(heard)
        async with working(worker):
            await until(lambda: asyncio.sleep(0, meanwhile.done))
            await until_over(house, workspace.id)
            await worker.ledger.close()

    assert (await state_of(house, workspace, job)).state is JobState.CANCELLED
    assert await told_of(mongo, workspace) == []
    await edit_levels(house, workspace, COLD, HOT)
    await tell_all(house, workspace)
    await assert_told(house, mongo, workspace)


@pytest.mark.parametrize("first", ["done", "cancelled"])
async def test_cancelling_a_job_that_is_over_changes_nothing(
    house: House, mongo: Mongo, workspace: Workspace, first: str
) -> None:
    await settle(house, workspace, FULL, [30])
    job = await job_of(house, workspace, COLD, HOT)
    if first == "done":
        await tell_all(house, workspace)
    else:
        await house.jobs.cancel(workspace.id, job.id)
    before = await mongo.jobs.find_one({"_id": job.id})

    cancelled = await house.jobs.cancel(workspace.id, job.id)

    assert await mongo.jobs.find_one({"_id": job.id}) == before
    assert cancelled == await state_of(house, workspace, job)
    assert cancelled.state is (JobState.DONE if first == "done" else JobState.CANCELLED)


async def test_an_unknown_job_and_that_of_another_workspace_are_not_found(
    house: House, workspace: Workspace, other: Workspace
) -> None:
    job = await job_of(house, workspace, HOT)

    for workspace_id, job_id in ((workspace.id, new_id()), (workspace.id, ""), (other.id, job.id)):
        with pytest.raises(NotFound):
            await house.jobs.cancel(workspace_id, job_id)
        assert await house.jobs.find(workspace_id, job_id) is None

    assert await state_of(house, workspace, job) == job
    assert await house.jobs.newest(other.id, 10) == []


async def test_a_batch_conflicting_with_the_cancellation_is_told_whole_or_not_at_all(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    """The cancellation is on its way while batches are committed: what it says was told is what was told."""
    house = make_house()
    await settle(house, workspace, FULL, CROWD)
    job = await job_of(house, workspace, COLD, HOT)

    async with working(house):
        await until_told(mongo, workspace, 1)
        cancelled = await asyncio.gather(*(house.jobs.cancel(workspace.id, job.id) for _ in range(5)))
        told = len(await told_of(mongo, workspace))
        await house.ledger.close()

    assert len({each.finished_at for each in cancelled}) == 1
    assert [each.changed for each in cancelled] == [told] * 5
    assert len(await told_of(mongo, workspace)) == told
