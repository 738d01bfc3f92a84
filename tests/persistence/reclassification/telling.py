"""Leads that are told what an edit of the levels made of them: the workers, and their work held against the truth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.history import CauseKind, ScoreChange
from domain.jobs import Job, JobKind, JobState
from domain.leads import Lead
from domain.levels import Announce, Dimension, Level, table
from domain.stretches import Stretch
from persistence.background import running
from persistence.batch import Item
from persistence.configuration import Editor
from persistence.jobs import Jobs
from persistence.leads import Name
from persistence.mongo import Mongo
from persistence.reclassification import Reclassification
from persistence.scores import Scores
from persistence.work import COMPANY, Worker
from tests.persistence.given import (
    ENGAGEMENT,
    accepted,
    adjusted,
    assert_explained,
    editor,
    entries_of,
    external,
    known,
    leads_of,
)

PATIENCE = 60.0  # seconds; a job that never ends fails its test instead of holding all up
MANY = 100

Clock = Callable[[], datetime]


def ahead_by(seconds: float) -> Clock:
    """The clock of one for whom the leases of others ran out that long ago."""
    return lambda: now() + timedelta(seconds=seconds)


def worker_of(house: House, jobs: Jobs | None = None) -> Worker:
    jobs = jobs or house.jobs
    tell = Reclassification(house.configuration, jobs, house.scores, house.ledger).do
    return Worker(jobs, {JobKind.RECLASSIFY: tell})


@asynccontextmanager
async def working(*houses: House) -> AsyncIterator[None]:
    """A worker in each of these processes, as long as the context lasts."""
    async with AsyncExitStack() as stack:
        for house in houses:
            await stack.enter_async_context(_at_work(house, house.jobs))
        yield


@asynccontextmanager
async def _at_work(house: House, jobs: Jobs) -> AsyncIterator[None]:
    async def is_waiting() -> bool:
        return len(jobs.bell._rung._waiters) == COMPANY

    async with running(worker_of(house, jobs).work()):
        yield
        # Who is stopped while it looks for a job has the database take it up all the same, and lie till the lease ends.
        await until(is_waiting)


class Paced(Scores):
    """Scores whose walk stands still after some pages, until it may go on."""

    def __init__(self, mongo: Mongo, pages: int) -> None:
        super().__init__(mongo)
        self._pages = pages
        self._standing, self.go_on = asyncio.Event(), asyncio.Event()

    async def announced_otherwise(
        self, workspace: str, dimension: Dimension, stretch: Stretch, limit: int
    ) -> AsyncIterator[list[tuple[Name, ...]]]:
        async for page in super().announced_otherwise(workspace, dimension, stretch, limit):
            if self._pages == 0:
                self._standing.set()
                await self.go_on.wait()
            self._pages -= 1
            yield page

    async def stands_still(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._standing.wait()


@asynccontextmanager
async def paced(house: House, mongo: Mongo, pages: int) -> AsyncIterator[Paced]:
    """A worker of this process that has told so many pages of leads, and goes on when it is let."""
    scores = Paced(mongo, pages)
    async with running(worker_of(replace(house, scores=scores)).work()):
        await scores.stands_still()
        await until(lambda: _is_idle(house))
        yield scores


async def _is_idle(house: House) -> bool:
    return not house.ledger._queues


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.001)


async def until_told(mongo: Mongo, workspace: Workspace, enough: int) -> None:
    """Wait until so many leads were told of an edit."""

    async def told() -> bool:
        wanted = {"workspace": workspace.id, "cause": CauseKind.LEVELS_CHANGED.value}
        return await mongo.score_changes.count_documents(wanted) >= enough

    await until(told)


async def until_begun(house: House, workspace: Workspace, job: Job) -> None:
    """Wait until the job has told somebody, or is over because nobody was left to tell."""

    async def begun() -> bool:
        now = await state_of(house, workspace, job)
        return now.changed > 0 or now.state is not JobState.RUNNING

    await until(begun)


async def until_over(house: House, workspace: str) -> list[Job]:
    """The workspace's jobs, newest first, when none of them runs any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            jobs = await house.jobs.newest(workspace, MANY)
            if all(job.state is not JobState.RUNNING for job in jobs):
                return jobs
            await asyncio.sleep(0.005)


async def tell_all(house: House, workspace: Workspace) -> list[Job]:
    """Let a worker do what there is to do."""
    async with working(house):
        return await until_over(house, workspace.id)


async def taken_up_later(mongo: Mongo, workspace: Workspace, seconds: float = 60) -> list[Job]:
    """Let the worker of another process do what there is to do, when the leases of all others have run out."""
    house = build_house(mongo)
    async with _at_work(house, Jobs(mongo, ahead_by(seconds))):
        return await until_over(house, workspace.id)


async def crowd(
    house: House, workspace: Workspace, scores: Sequence[int], dimension: Dimension = ENGAGEMENT
) -> None:
    """Leads crm-0, crm-1 and so on with these scores, none of them under the floor."""
    items: list[Item] = [
        (external(f"crm-{number}"), adjusted(score, dimension=dimension) if score else known())
        for number, score in enumerate(scores)
    ]
    accepted(await house.ledger.apply_all(workspace.id, items))


async def edit_levels(
    house: House,
    workspace: Workspace,
    *levels: Level,
    dimension: Dimension = ENGAGEMENT,
    announce: Announce = Announce.ALL,
    by: Editor | None = None,
) -> Job | None:
    """Make a version of just these levels; the job that tells of it."""
    rows = table(levels)
    _, job = await house.level_sets.change(workspace.id, dimension, lambda _: rows, by or editor(), announce)
    return job


async def settle(
    house: House,
    workspace: Workspace,
    levels: Sequence[Level],
    scores: Sequence[int],
    dimension: Dimension = ENGAGEMENT,
) -> None:
    """A crowd in these levels, of which everybody was told everything, by jobs of which none is left."""
    await edit_levels(house, workspace, *levels, dimension=dimension)
    await crowd(house, workspace, scores, dimension)
    await tell_all(house, workspace)


async def job_of(house: House, workspace: Workspace, *levels: Level, **options: Any) -> Job:
    """The same for an edit that has something to tell."""
    job = await edit_levels(house, workspace, *levels, **options)
    assert job is not None
    return job


async def state_of(house: House, workspace: Workspace, job: Job) -> Job:
    found = await house.jobs.find(workspace.id, job.id)
    assert found is not None
    return found


async def told_of(mongo: Mongo, workspace: Workspace) -> list[ScoreChange]:
    """Every entry that tells of an edit, each lead's by version."""
    entries = await entries_of(mongo, workspace.id)
    return [entry for entry in entries if entry.cause.kind is CauseKind.LEVELS_CHANGED]


async def of_name(mongo: Mongo, workspace: Workspace, name: str) -> tuple[Lead, list[ScoreChange]]:
    """A lead by its external id, and its history."""
    (lead,) = [each for each in await leads_of(mongo, workspace.id) if each.external_id == name]
    entries = await entries_of(mongo, workspace.id)
    return lead, [entry for entry in entries if entry.lead_id == lead.id]


async def assert_told(house: House, mongo: Mongo, workspace: Workspace) -> None:
    """Every lead's last announced level is the one that its score has now, and every history holds together."""
    scoring = await house.configuration.scoring(workspace.id)
    for lead in await leads_of(mongo, workspace.id):
        for dimension in Dimension:
            announced = lead.standing(dimension).announced
            assert announced.in_level_of(scoring.position(dimension, announced.score)), (lead, dimension)
    await assert_explained(mongo, workspace.id)
