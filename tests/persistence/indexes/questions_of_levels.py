"""What may be asked of levels, of leads by their scores, and of the jobs that tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import product

from api.app import build_worker
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.errors import AlreadyConfigured
from domain.levels import Dimension, ScoreRange
from domain.rules import Rescore
from domain.stretches import stretches
from domain.templates import TEMPLATES
from persistence.background import running
from persistence.jobs import Jobs
from persistence.mongo import Mongo
from persistence.moves import Moves, TierMove
from persistence.steps import Steps
from tests.persistence.given import (
    ADA,
    CLICK,
    COLD,
    HOT,
    WARM,
    adjusted,
    by_id,
    clicked,
    editor,
    external,
    publish,
    set_levels,
)
from tests.persistence.reclassification.telling import until_over

SOME = ScoreRange(None, 0), ScoreRange(3, 60), ScoreRange(5_000, None), ScoreRange(None, None)


def every_move() -> Iterator[TierMove]:
    """Both ends named, one of them, none; long ago and just now; in either dimension."""
    ends = None, "Cold", "hot"
    since = now() - timedelta(days=1), now()
    for dimension, at, left, entered in product(Dimension, since, ends, ends):
        yield TierMove(at, dimension, left, entered)


async def ask_for_scores(house: House, workspace: str) -> None:
    scores = house.scores
    for dimension in Dimension:
        level_set = (await house.configuration.scoring(workspace)).levels[dimension]
        await scores.spread(workspace, level_set)
        await scores.counts(workspace, dimension, stretches(level_set.levels, (WARM,)))
        await scores.thresholds(workspace, dimension, ("Cold", "Warm", "Hot"), (0.4, 0.3, 0.3))
        await scores.sample(workspace, dimension, SOME[:3], 5)
        for each in SOME:
            await scores.count(workspace, dimension, each)
            await scores.extent(workspace, dimension, each)
        for stretch in stretches(level_set.levels, (WARM,)):
            async for _ in scores.announced_otherwise(workspace, dimension, stretch, 20):
                pass
    await scores.matrix(workspace, (COLD, WARM, HOT), (COLD, WARM, HOT))
    await scores.matrix(workspace, (), ())


async def ask_for_moves(mongo: Mongo, workspace: str) -> None:
    moves = Moves(mongo)
    for move in every_move():
        await moves.leads(workspace, move)


async def ask_the_jobs(house: House, mongo: Mongo, workspace: str) -> None:
    """Every job there is, to its end, and one that is cancelled, one released, one given up."""
    jobs = Jobs(mongo, now)
    worker = build_worker(mongo, replace(house, jobs=jobs))
    for levels in ((HOT,), (COLD, HOT)):
        await set_levels(house, workspace, *levels)
    async with running(worker.work()):
        (newest, *_) = await until_over(house, workspace)
    assert newest.changed
    await house.jobs.wait(0)
    assert await house.jobs.find(workspace, newest.id) == newest
    await set_levels(house, workspace, HOT, dimension=Dimension.PROFILE)
    held = await jobs.take()
    assert held
    await jobs.release()
    held = await jobs.take()
    assert held
    await jobs.fail(held, "enough")
    await house.jobs.cancel(workspace, held.job.id)


async def ask_the_time(house: House, mongo: Mongo, workspace: str) -> None:
    """What is due, and what is to be timed anew."""
    soon = replace(adjusted(9), expires_at=now() + timedelta(milliseconds=100))
    await house.ledger.apply(workspace, external("crm-7"), soon)
    await set_levels(house, workspace, COLD)
    steps = Steps(mongo, house.ledger, now)
    async with running(steps.work()):
        await asyncio.sleep(1)
    await steps.release()


async def ask_for_the_past(house: House, mongo: Mongo, workspace: str) -> None:
    """All scored anew, rehearsed and in earnest; an activity retracted; leads merged, and asked for by the names of both."""
    draft = await house.rule_sets.edit(workspace, lambda rules: (*rules, CLICK), editor())
    await house.rehearsals.of(workspace, draft, await house.configuration.scoring(workspace), now())
    await house.rule_sets.publish(workspace, editor(), Rescore.REPLAY)
    async with running(build_worker(mongo, house).work()):
        await until_over(house, workspace)
    await publish(house, workspace, CLICK)
    recorded = await house.ledger.apply(workspace, external("crm-7"), clicked())
    assert recorded.activity
    await house.corrections.retract(workspace, recorded.activity.id, ADA)
    other = (await house.ledger.apply(workspace, external("crm-8"), adjusted())).lead
    merged = await house.corrections.merge(workspace, external("crm-7"), external("crm-8"), ADA)
    for ref in (by_id(other.id), external("crm-8")):
        assert (await house.ledger.apply(workspace, ref, adjusted())).lead.id == merged.lead.id
    assert await house.leads.by_ids(workspace, [other.id])


async def ask_to_begin(house: House, ours: Workspace, new: Workspace) -> None:
    for workspace in (new, ours):
        with suppress(AlreadyConfigured):
            await house.quick_start.begin(workspace.id, TEMPLATES["agency"], editor())
