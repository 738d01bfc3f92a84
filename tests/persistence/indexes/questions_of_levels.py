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
from domain.automations import Action, ActionKind, AutomationEvent, Plan, Trigger
from domain.deliveries import Attempt, DeliveryState
from domain.distribution import moves
from domain.errors import AlreadyConfigured
from domain.levels import Dimension, ScoreRange
from domain.rules import Rescore
from domain.stretches import stretches
from domain.templates import TEMPLATES
from persistence.background import running
from persistence.jobs import Jobs
from persistence.mongo import Mongo, new_id
from persistence.moves import Moves, TierMove
from persistence.steps import Steps
from tests.persistence.given import (
    ADA,
    CLICK,
    COLD,
    ENGAGEMENT,
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
    for move in every_move():
        await Moves(mongo).leads(workspace, move)


async def ask_the_jobs(house: House, mongo: Mongo, workspace: str) -> None:
    """Every job there is, to its end, and one that is cancelled, one released, one given up."""
    jobs = Jobs(mongo, now)
    worker = build_worker(mongo, replace(house, jobs=jobs))
    for levels in ((HOT,), (COLD, HOT)):
        await set_levels(house, workspace, *levels)
    async with running(worker.work()):
        (newest, *_) = await until_over(house, workspace)
    assert newest.changed
    await house.jobs.bell.wait(0)
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


async def ask_for_automations(house: House, workspace: str) -> None:
    """Made, edited, set off by an edit and by points, done, and deleted."""
    trigger = Trigger(AutomationEvent.TIER_MOVED, to_level="Hot")
    plan = Plan("Tell", trigger, (Action(ActionKind.ADD_TAG, tag="hot"),), once_per_lead=True)
    await set_levels(house, workspace, COLD, WARM, HOT)
    made = await house.automations.create(workspace, plan, editor())
    made = await house.automations.update(workspace, made.id, plan, editor())
    for find in (house.automations.find, house.automations.last):
        assert await find(workspace, made.id) == made
    assert await house.automations.version(workspace, made.id, 2) == made
    assert await house.automations.all(workspace) == (made,)
    await _set_off(house, workspace)
    await house.automations.disable(workspace, made.id, made.plan.actions[0], now())
    await house.automations.delete(workspace, made.id, editor())
    for state, automation in product((None, *DeliveryState), (None, made.id)):
        page = await house.deliveries.page(workspace, state, automation, 2, None)
        if page.edges:
            await house.deliveries.page(workspace, state, automation, 2, page.edges[-1].cursor)


async def _set_off(house: House, workspace: str) -> None:
    scoring = await house.configuration.scoring(workspace)
    cut = stretches((COLD, WARM, HOT), (COLD, HOT))
    found = moves(await house.scores.counts(workspace, ENGAGEMENT, cut))
    await house.foresight.of_levels(workspace, ENGAGEMENT, (COLD, HOT), found, scoring, now())
    for number in range(5):
        await house.ledger.apply(workspace, external(f"hot-{number}"), adjusted(90))
    await house.deliveries.bell.wait(0)
    taken = await house.deliveries.take(3, ["busy.example.com"])
    assert len(taken) == 3
    tried = [replace(each, delivery=each.delivery.delivered(Attempt(now(), 1))) for each in taken[:1]]
    await house.deliveries.save([*tried, *(replace(each, claim="another's") for each in tried)])
    await house.deliveries.release(taken[1:])
    again = await house.deliveries.again(workspace, taken[0].delivery.id)
    await house.deliveries.add(workspace, [replace(again, id=new_id())])


async def ask_to_begin(house: House, ours: Workspace, new: Workspace) -> None:
    for workspace in (new, ours):
        with suppress(AlreadyConfigured):
            await house.quick_start.begin(workspace.id, TEMPLATES["agency"], editor())
