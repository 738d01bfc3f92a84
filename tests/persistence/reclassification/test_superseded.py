"""A second edit takes the place of the first one's job: everybody is told their last level, and nobody a retired one."""

from __future__ import annotations

import asyncio

import pytest

from domain.actors import Workspace
from domain.jobs import JobState
from domain.levels import Level
from persistence.ledger import BATCH
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import COLD, HOT, WARM
from tests.persistence.reclassification.log import assert_nothing_retired, begun
from tests.persistence.reclassification.telling import (
    assert_told,
    job_of,
    paced,
    settle,
    state_of,
    told_of,
    until_begun,
    until_over,
    working,
)

FULL = (COLD, WARM, HOT)
CROWD = [30, 40] * 550  # more than two batches


def split_at(score: int) -> tuple[Level, Level]:
    return Level("Cold", None, score - 1), Level("Hot", score, None)


@pytest.mark.parametrize("batches", [0, 2])
async def test_a_second_edit_tells_what_the_first_had_left(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, batches: int
) -> None:
    """Half of the crowd is told otherwise by the second edit than by the first."""
    house, other = make_house(), make_house()
    await settle(house, workspace, FULL, CROWD)
    log = await begun(mongo, workspace)
    first = await job_of(house, workspace, *split_at(50))

    async with paced(house, mongo, batches) as scores:
        second = await job_of(other, workspace, *split_at(35))
        scores.go_on.set()
        await until_over(house, workspace.id)

    superseded, done = [await state_of(house, workspace, each) for each in (first, second)]
    assert (superseded.state, done.state) == (JobState.CANCELLED, JobState.DONE)
    assert superseded.error == "the levels were edited again: version 3 is told instead"
    assert (second.told, second.version) == (1, 3)
    entries = await told_of(mongo, workspace)
    assert superseded.changed == superseded.done == batches * BATCH
    assert superseded.changed + done.changed == len(entries)
    assert done.done == done.total == len(CROWD)
    assert sum(entry.after.level_set == 2 for entry in entries) == superseded.changed
    assert all(entry.after.level == "Cold" for entry in entries if entry.after.level_set == 2)
    await assert_told(house, mongo, workspace)
    await assert_nothing_retired(log)


async def test_edit_upon_edit_ends_with_everybody_in_their_last_level(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.reclassification.BATCH", 20)  # so that edits find jobs half done
    houses = [make_house() for _ in range(3)]
    await settle(houses[0], workspace, FULL, [10 + number % 60 for number in range(1_400)])
    log = await begun(mongo, workspace)

    async with working(*houses):
        jobs = []
        for number, score in enumerate((60, 20, 45, 33, 50)):
            jobs.append(await job_of(houses[number % 3], workspace, *split_at(score)))
            await until_begun(houses[0], workspace, jobs[-1])
        await until_over(houses[0], workspace.id)

    ended = [await state_of(houses[0], workspace, job) for job in jobs]
    assert ended[-1].state is JobState.DONE
    assert {job.state for job in ended} <= {JobState.DONE, JobState.CANCELLED}
    assert any(job.state is JobState.CANCELLED and 0 < job.changed < job.total for job in ended)
    assert sum(job.changed for job in ended) == len(await told_of(mongo, workspace))
    await assert_told(houses[0], mongo, workspace)
    await assert_nothing_retired(log)


async def test_of_edits_at_once_only_the_last_one_s_job_runs(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(4)]
    await settle(houses[0], workspace, FULL, [30, 60])
    log = await begun(mongo, workspace)

    jobs = await asyncio.gather(
        *(job_of(house, workspace, *split_at(20 + 10 * at)) for at, house in enumerate(houses))
    )

    states = {job.version: (await state_of(houses[0], workspace, job)).state for job in jobs}
    assert states == {
        2: JobState.CANCELLED,
        3: JobState.CANCELLED,
        4: JobState.CANCELLED,
        5: JobState.RUNNING,
    }
    async with working(*houses):
        await until_over(houses[0], workspace.id)
    await assert_told(houses[0], mongo, workspace)
    await assert_nothing_retired(log)
