"""Who works on a job: one at a time, for as long as its lease is renewed, and the next at once when it is given up."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.jobs import Job, JobState
from persistence.jobs import LEASE, Held, JobGone, Jobs
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import COLD, ENGAGEMENT, HOT, PROFILE, WARM
from tests.persistence.reclassification.telling import (
    ahead_by,
    assert_told,
    job_of,
    paced,
    settle,
    state_of,
    told_of,
    until,
    until_over,
    working,
)

LONG = LEASE.total_seconds() + 1


async def taken(jobs: Jobs) -> Held:
    held = await jobs.take()
    assert held is not None
    return held


def advance(job: Job) -> Job:
    return job.advanced(10, 5)


async def test_a_job_that_nobody_works_on_is_taken_by_one(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    job = await job_of(house, workspace, HOT)

    takers = await asyncio.gather(*(Jobs(mongo, now).take() for _ in range(8)))

    assert [(held.workspace, held.job) for held in takers if held] == [(workspace.id, job)]


async def test_without_a_job_there_is_nothing_to_take(house: House, workspace: Workspace) -> None:
    assert await house.jobs.take() is None

    job = await job_of(house, workspace, HOT)
    await house.jobs.cancel(workspace.id, job.id)

    assert await house.jobs.take() is None


async def test_every_job_is_taken_by_somebody(house: House, mongo: Mongo, workspace: Workspace) -> None:
    wanted = [await job_of(house, workspace, HOT, dimension=each) for each in (ENGAGEMENT, PROFILE)]

    held = [await taken(Jobs(mongo, now)) for _ in wanted]

    assert {each.job.id for each in held} == {each.id for each in wanted}
    assert await Jobs(mongo, now).take() is None


@pytest.mark.parametrize("renewed", [False, True])
async def test_a_job_is_taken_up_by_another_when_its_lease_ran_out(
    house: House, mongo: Mongo, workspace: Workspace, renewed: bool
) -> None:
    await job_of(house, workspace, HOT)
    late = timedelta(0)
    slow = Jobs(mongo, lambda: now() + late)
    held = await taken(slow)
    late = LEASE / 2
    if renewed:
        await slow.update(held, advance)

    other = await Jobs(mongo, ahead_by(LONG)).take()

    assert (other is None) is renewed


async def test_who_lost_a_job_can_no_longer_change_it(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    job = await job_of(house, workspace, HOT)
    slow, quick = Jobs(mongo, now), Jobs(mongo, ahead_by(LONG))
    lost = await taken(slow)
    await slow.update(lost, advance)
    held = await taken(quick)

    with pytest.raises(JobGone):
        await slow.update(lost, advance)
    with pytest.raises(JobGone):
        await slow.finish(lost)
    with pytest.raises(JobGone):
        await slow.fail(lost, "too slow")
    await slow.release()

    assert held.job == await state_of(house, workspace, job) == job.advanced(10, 5)
    assert (await mongo.workspaces.distinct("told.ENGAGEMENT", {"_id": workspace.id})) == [0]
    await quick.update(held, advance)
    assert (await state_of(house, workspace, job)).done == 20


async def test_a_job_without_progress_stays_with_who_works_on_it(
    house: House, mongo: Mongo, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker looks through leads of whom nobody is to be told anything."""
    monkeypatch.setattr("persistence.jobs.RENEWAL", timedelta(seconds=0.02))
    await settle(house, workspace, (COLD, WARM, HOT), [30])
    job = await job_of(house, workspace, HOT)

    async with paced(house, mongo, 0) as scores:
        await mongo.jobs.update_one({"_id": job.id}, {"$set": {"lease.until": now() + timedelta(seconds=1)}})
        almost_over = Jobs(mongo, ahead_by(2))
        await until(lambda: is_kept(mongo, job))
        assert await almost_over.take() is None
        scores.go_on.set()
        await until_over(house, workspace.id)

    assert (await state_of(house, workspace, job)).changed == 1


async def is_kept(mongo: Mongo, job: Job) -> bool:
    found = await mongo.jobs.find_one({"_id": job.id})
    assert found
    return bool(found["lease"]["until"] > now() + LEASE / 2)


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED, JobState.DONE])
async def test_a_job_that_is_over_can_no_longer_be_changed(
    house: House, mongo: Mongo, workspace: Workspace, state: JobState
) -> None:
    job = await job_of(house, workspace, HOT)
    jobs = Jobs(mongo, now)
    held = await taken(jobs)
    match state:
        case JobState.CANCELLED:
            await house.jobs.cancel(workspace.id, job.id)
        case JobState.FAILED:
            await jobs.fail(held, "no luck")
        case _:
            await jobs.finish(held)
    ended = await state_of(house, workspace, job)

    for change in (jobs.update(held, advance), jobs.finish(held), jobs.fail(held, "again")):
        with pytest.raises(JobGone):
            await change

    assert ended.state is state
    assert ended.finished_at
    assert ended.error == ("no luck" if state is JobState.FAILED else None)
    assert await state_of(house, workspace, job) == ended
    assert await Jobs(mongo, ahead_by(LONG)).take() is None


async def test_a_released_job_is_taken_up_at_once(house: House, mongo: Mongo, workspace: Workspace) -> None:
    await job_of(house, workspace, HOT)
    leaving, staying = Jobs(mongo, now), Jobs(mongo, ahead_by(0.001))
    held = await taken(leaving)
    await leaving.update(held, advance)
    assert await staying.take() is None

    await leaving.release()

    assert (await taken(staying)).job == held.job.advanced(10, 5)
    with pytest.raises(JobGone):
        await leaving.update(held, advance)


async def test_a_release_leaves_the_jobs_of_others_alone(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await job_of(house, workspace, HOT)
    mine, theirs = Jobs(mongo, now), Jobs(mongo, ahead_by(0.001))
    held = await taken(theirs)

    await mine.release()

    await theirs.update(held, advance)
    assert await Jobs(mongo, ahead_by(0.001)).take() is None


async def test_several_workers_tell_everybody_once(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    houses = [make_house() for _ in range(3)]
    for each in (workspace, other):
        await settle(houses[0], each, (COLD, WARM, HOT), [30] * 550)
    jobs = [await job_of(houses[0], each, COLD, HOT) for each in (workspace, other)]

    async with working(*houses):
        for each in (workspace, other):
            await until_over(houses[0], each.id)

    for each, job in zip((workspace, other), jobs, strict=True):
        done = await state_of(houses[0], each, job)
        assert (done.state, done.done, done.total, done.changed) == (JobState.DONE, 550, 550, 550)
        assert len(await told_of(mongo, each)) == 550
        await assert_told(houses[0], mongo, each)


async def test_the_newest_jobs_come_first(house: House, workspace: Workspace) -> None:
    made = [await job_of(house, workspace, *levels) for levels in ((HOT,), (COLD,), (WARM,), (HOT,))]

    newest = await house.jobs.newest(workspace.id, 3)

    assert [job.version for job in newest] == [4, 3, 2]
    assert newest[0] == made[-1]
    assert [await house.jobs.find(workspace.id, job.id) for job in newest] == newest


async def test_a_process_that_takes_up_a_job_of_its_own_again_works_on_it_once(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    """It was away for longer than the lease: what it did then must not be counted twice."""
    job = await job_of(house, workspace, HOT)
    late = timedelta(0)
    jobs = Jobs(mongo, lambda: now() + late)
    before = await taken(jobs)
    late = LEASE + timedelta(seconds=1)
    again = await taken(jobs)

    with pytest.raises(JobGone):
        await jobs.update(before, advance)

    await jobs.update(again, advance)
    assert (await state_of(house, workspace, job)).done == 10
