"""What may be asked of levels, of leads by their scores, and of the jobs that tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import product

from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.errors import AlreadyConfigured
from domain.levels import Dimension, ScoreRange
from domain.stretches import stretches
from domain.templates import TEMPLATES
from persistence.background import running
from persistence.jobs import Jobs
from persistence.mongo import Mongo
from persistence.moves import Moves, TierMove
from persistence.reclassification import Reclassifier
from tests.persistence.given import COLD, HOT, WARM, editor, set_levels
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
    worker = Reclassifier(house.configuration, jobs, house.scores, house.ledger)
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


async def ask_to_begin(house: House, ours: Workspace, new: Workspace) -> None:
    for workspace in (new, ours):
        with suppress(AlreadyConfigured):
            await house.quick_start.begin(workspace.id, TEMPLATES["agency"], editor())
