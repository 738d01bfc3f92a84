"""Leads that are scored anew: publications, the workers that do it, and what leads are held against replay."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from api.app import build_worker
from domain.actors import Workspace
from domain.history import CauseKind, ScoreChange
from domain.jobs import Job, JobState
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Rescore, Rule, RuleSet
from domain.scoring import passed, replayed
from persistence.background import running
from persistence.past import pasts
from tests.persistence.given import entries_of, leads_of
from tests.persistence.steps.passing import PATIENCE, SECOND, Process

MANY = 100


async def published(
    process: Process, workspace: Workspace, *rules: Rule, rescore: Rescore = Rescore.REPLAY, **policy: Any
) -> Job | None:
    """Let just these rules score from now on, with that policy; the job that scores anew."""

    def edited(draft: RuleSet) -> RuleSet:
        return replace(draft, rules=rules, **policy)

    await process.house.rule_sets.change(workspace.id, edited, process.editor())
    _, job = await process.house.rule_sets.publish(workspace.id, process.editor(), rescore)
    return job


async def to_replay(process: Process, workspace: Workspace, *rules: Rule, **policy: Any) -> Job:
    """The same, with a job."""
    job = await published(process, workspace, *rules, **policy)
    assert job
    return job


@asynccontextmanager
async def working(*processes: Process) -> AsyncIterator[None]:
    """A worker in each of these processes, as long as the context lasts."""
    async with AsyncExitStack() as stack:
        for each in processes:
            await stack.enter_async_context(running(build_worker(each.mongo, each.house).work()))
        yield


async def job_of(process: Process, workspace: Workspace, job: Job) -> Job:
    found = await process.house.jobs.find(workspace.id, job.id)
    assert found
    return found


async def until_over(process: Process, workspace: Workspace) -> list[Job]:
    """The workspace's jobs, newest first, when none of them runs any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            jobs = await process.house.jobs.newest(workspace.id, MANY)
            if all(job.state is not JobState.RUNNING for job in jobs):
                return jobs
            await asyncio.sleep(0.005)


async def do_all(process: Process, workspace: Workspace) -> list[Job]:
    """Let a worker of this process do what there is to do."""
    process.clock.advance(SECOND)  # a job is taken up after the moment that it was made at
    async with working(process):
        return await until_over(process, workspace)


async def scores(process: Process, workspace: Workspace) -> dict[str | None, int]:
    """The engagement of every lead, by its external id."""
    return {lead.external_id: lead.engagement.score for lead in await leads_of(process.mongo, workspace.id)}


async def anew(process: Process, workspace: Workspace) -> list[ScoreChange]:
    """What was told of rules that changed."""
    entries = await entries_of(process.mongo, workspace.id)
    return [each for each in entries if each.cause.kind is CauseKind.RULES_CHANGED]


async def assert_summed(process: Process, workspace: Workspace) -> None:
    """Every score is the sum of its own history, and every delta that of its parts."""
    sums: Counter[tuple[str, Dimension]] = Counter()
    for entry in await entries_of(process.mongo, workspace.id):
        assert sum(part.points for part in entry.parts) == entry.delta
        sums[entry.lead_id, entry.dimension] += entry.delta
    for lead in await leads_of(process.mongo, workspace.id):
        for dimension in Dimension:
            assert lead.standing(dimension).score == sums[lead.id, dimension], lead


async def again(process: Process, workspace: Workspace) -> list[tuple[Lead, Lead]]:
    """Every lead as time has left it, and as replay makes it."""
    scoring = await process.house.configuration.scoring(workspace.id)
    timeline = await process.house.configuration.timeline(workspace.id, scoring.rules)
    leads, now = await leads_of(process.mongo, workspace.id), process.clock()
    return [
        (passed(lead, scoring, now).lead, replayed(lead, past, scoring, timeline, now))
        async for lead, past in pasts(process.mongo, workspace.id, leads)
    ]


async def assert_replayed(process: Process, workspace: Workspace) -> None:
    """Every lead is what replay makes of its past, and its history explains it."""
    for lead, made in await again(process, workspace):
        for dimension in Dimension:
            one, other = lead.standing(dimension), made.standing(dimension)
            assert one.score == other.score, (lead, dimension)
            assert one.contributions == other.contributions, (lead, dimension)
        assert lead.last_activity_at == made.last_activity_at
    await assert_summed(process, workspace)
