"""Whatever is scored and edited at once by however many processes: at rest everybody was told their level."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import pytest

from api.context import House
from domain.actors import Workspace
from domain.jobs import JobState
from domain.levels import Dimension, Level
from domain.rules import Rule
from persistence.batch import Item
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import ENGAGEMENT, PROFILE, accepted, adjusted, clicked, external, known, publish
from tests.persistence.reclassification.log import assert_nothing_retired, begun
from tests.persistence.reclassification.telling import (
    assert_told,
    crowd,
    edit_levels,
    told_of,
    until_over,
    working,
)

pytestmark = pytest.mark.slow

LEADS = 60
PROCESSES = 3
EDITS = 6


def some_levels(random: Random) -> tuple[Level, ...]:
    """Between none and five, with and without gaps, some of them called as before or only in another case."""
    count = random.randrange(6)
    bounds = sorted(random.sample(range(-10, 90), 2 * count))
    names = random.sample(["Cold", "cold", "Warm", "Hot", "HOT", "Very Hot", "Lost"], 7)
    levels = [
        Level(names[at], low, high if random.random() < 0.3 else bounds[2 * at + 2] - 1)
        for at, (low, high) in enumerate(zip(bounds[::2], bounds[1::2], strict=True))
        if at < count - 1
    ]
    if count:
        levels.append(Level(names[count - 1], bounds[2 * count - 2], None))
    if levels and random.random() < 0.5:
        levels[0] = replace(levels[0], min=None)
    by_name = {level.key: level for level in levels}
    return tuple(by_name.values())


def some_item(random: Random) -> Item:
    ref = external(f"crm-{random.randrange(LEADS)}")
    match random.randrange(6):
        case 0 | 1:
            return ref, clicked()
        case 2:
            return ref, known(None, {"n": random.randrange(3)})
        case _:
            points = random.choice([-30, -5, 3, 12, 40])
            return ref, adjusted(points, dimension=random.choice([*Dimension]))


async def score(house: House, workspace: Workspace, random: Random, over: asyncio.Event) -> None:
    """Bulks of random sizes for as long as there are edits."""
    while not over.is_set():
        bulk = [some_item(random) for _ in range(random.choice([1, 1, 3, 20]))]
        accepted(await house.ledger.apply_all(workspace.id, bulk))
        await asyncio.sleep(random.uniform(0, 0.01))


async def edit(house: House, workspace: Workspace, random: Random, dimension: Dimension) -> None:
    for number in range(EDITS):
        if (
            dimension is ENGAGEMENT and random.random() < 0.3
        ):  # a draft is shared: two would publish each other's
            points = random.choice([-9, 7, 25])
            await publish(house, workspace.id, Rule("click", "Click", "LINK_CLICKED", points))
        else:
            job = await edit_levels(house, workspace, *some_levels(random), dimension=dimension)
            if job and random.random() < 0.15:
                await house.jobs.cancel(workspace.id, job.id)
        await asyncio.sleep(random.uniform(0, 0.15) if number % 3 else 0)


@pytest.mark.parametrize("seed", range(3))
async def test_at_rest_every_lead_was_told_its_level(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, seed: int
) -> None:
    random, over = Random(f"{seed} of all"), asyncio.Event()
    houses = [make_house() for _ in range(PROCESSES)]
    log = await begun(mongo, workspace)
    for dimension in Dimension:
        await edit_levels(houses[0], workspace, *some_levels(random), dimension=dimension)
        await crowd(houses[0], workspace, [random.randrange(80) for _ in range(LEADS)], dimension)

    async with asyncio.TaskGroup() as group, working(*houses):
        for number, house in enumerate(houses):
            group.create_task(score(house, workspace, Random(f"{seed} scores {number}"), over))
        async with asyncio.TaskGroup() as edits:
            for house, dimension in zip(houses, (ENGAGEMENT, PROFILE), strict=False):
                edits.create_task(edit(house, workspace, Random(f"{seed} edits {dimension}"), dimension))
        for dimension in Dimension:  # what a cancelled job has left is for the next edit's
            await edit_levels(houses[2], workspace, *some_levels(random), dimension=dimension)
        over.set()
        jobs = await until_over(houses[0], workspace.id)

    newest = {job.dimension: job for job in reversed(jobs)}
    assert {job.state for job in newest.values()} == {JobState.DONE}
    assert sum(job.changed for job in jobs) <= len(await told_of(mongo, workspace))
    await assert_told(houses[0], mongo, workspace)
    await assert_nothing_retired(log)
