"""Whatever becomes of leads, levels and rules: snapshot and deltas together are the query run afresh."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from api.context import House
from api.inputs import LeadFilterInput, TierMoveInput
from api.live.boards import Snapshot
from api.scalars import now
from domain.actors import Workspace
from domain.changes import UpsertLead
from domain.errors import DomainError
from domain.leads import LeadEdit, LeadRef
from domain.levels import Dimension, Level
from persistence.boards import Question
from persistence.mongo import Conflict, Mongo
from tests.api.live.watching import Client, become_true, process, watching
from tests.persistence.given import (
    ADA,
    CLICK,
    COLD,
    HOT,
    WARM,
    adjusted,
    clicked,
    external,
    publish,
    set_levels,
)
from tests.persistence.leads.lists import EVERY_ORDER

SEEDS = range(int(os.environ.get("TIERWIRE_TEST_SEEDS", "3")))  # more of them for a longer search
LEADS, BOARDS = 25, 10
TABLES: list[list[Level]] = [
    [COLD, WARM, HOT],
    [Level("Cold", 0, 40), Level("HOT", 60, 90)],  # gaps, and a name in another case
    [Level("Warm", None, 30), Level("Frozen", 31, None)],
    [],
]


def filters(random: Random) -> Iterator[LeadFilterInput]:
    """Of every kind."""
    since = now()
    yield LeadFilterInput()
    yield LeadFilterInput(engagement_levels=["Hot"])
    yield LeadFilterInput(engagement_levels=["warm", "HOT "], profile_levels=["Cold"])
    yield LeadFilterInput(unclassified_in=random.choice([*Dimension]))
    yield LeadFilterInput(min_engagement=10, max_engagement=70)
    yield LeadFilterInput(tags=random.choice([["t0"], ["t1", "t2"]]))
    yield LeadFilterInput(search=random.choice(["crm-1", "ADA"]))
    yield LeadFilterInput(inactive_since=since + timedelta(milliseconds=random.randrange(2_000)))
    yield LeadFilterInput(
        moved=TierMoveInput(dimension=Dimension.ENGAGEMENT, from_="Cold", to=None, since=since)
    )
    yield LeadFilterInput(moved=TierMoveInput(dimension=Dimension.ENGAGEMENT, since=since), tags=["t0"])


def some_boards(workspace: str, random: Random) -> list[Question]:
    """Of every kind of filter, each in some order and of some size."""
    return [
        Question(workspace, wanted.standing(), random.choice(EVERY_ORDER), random.choice([1, 3, 10, 50]))
        for wanted in filters(random)
    ]


class Life:
    """What becomes of leads, at random, through any of several processes."""

    def __init__(self, houses: list[House], mongo: Mongo, workspace: str, random: Random) -> None:
        self._houses = houses
        self._mongo = mongo
        self._workspace = workspace
        self._random = random

    async def live(self) -> None:
        """Some of everything, some of it at once."""
        random = self._random
        for _ in range(random.randint(1, 4)):
            chosen = random.choices(self.deeds, [8, 4, 2, 1, 1, 1, 1], k=random.randint(1, 8))
            await asyncio.gather(*(deed() for deed in chosen))
            await asyncio.sleep(random.choice([0, 0, 0.05, 0.2]))

    @property
    def deeds(self) -> list[Callable[[], Awaitable[None]]]:
        return [self.score, self.edit, self.delete, self.merge, self.retract, self.set_levels, self.publish]

    @property
    def house(self) -> House:
        return self._random.choice(self._houses)

    @property
    def ref(self) -> LeadRef:
        return external(f"crm-{self._random.randrange(LEADS)}")

    async def score(self) -> None:
        random = self._random
        changes = [
            clicked()
            if random.random() < 0.4
            else adjusted(random.choice([-30, -7, 5, 25, 60]), dimension=random.choice([*Dimension]))
            for _ in range(random.choice([1, 1, 5]))
        ]
        await self.house.ledger.apply_all(self._workspace, [(self.ref, change) for change in changes])

    async def edit(self) -> None:
        random = self._random
        edit = LeadEdit(
            {"name": random.choice(["Ada", "Grace", "Alan"])},
            {"n": random.randrange(3)},
            (f"t{random.randrange(3)}",) * random.randrange(2),
            (f"t{random.randrange(3)}",) * random.randrange(2),
        )
        await self.house.ledger.apply(self._workspace, self.ref, UpsertLead(ADA, edit))

    async def delete(self) -> None:
        with suppress(DomainError):
            await self.house.leads.delete(self._workspace, self.ref)

    async def merge(self) -> None:
        with suppress(DomainError, Conflict):
            await self.house.corrections.merge(self._workspace, self.ref, self.ref, ADA)

    async def retract(self) -> None:
        found = await self._mongo.activities.find_one({"workspace": self._workspace})
        if found:
            with suppress(DomainError):
                await self.house.corrections.retract(self._workspace, found["_id"], ADA)

    async def set_levels(self) -> None:
        table, dimension = self._random.choice(TABLES), self._random.choice([*Dimension])
        await set_levels(self.house, self._workspace, *table, dimension=dimension)

    async def publish(self) -> None:
        rule = replace(CLICK, points=self._random.choice([5, 30]))
        with suppress(DomainError):
            await publish(self.house, self._workspace, rule)


async def first_leads(house: House, workspace: str) -> None:
    await set_levels(house, workspace, COLD, WARM, HOT)
    await set_levels(house, workspace, COLD, HOT, dimension=Dimension.PROFILE)
    await publish(house, workspace, CLICK)
    leads = [external(f"crm-{number}") for number in range(LEADS)]
    await house.ledger.apply_all(workspace, [(lead, clicked()) for lead in leads[::2]])


@pytest.mark.usefixtures("server")  # which tells leads of edits of the levels, while all else goes on
@pytest.mark.parametrize("seed", SEEDS)
async def test_snapshot_and_deltas_are_the_query_run_afresh(
    mongo: Mongo, workspace: Workspace, seed: int
) -> None:
    random = Random(seed)
    async with process(mongo) as one, process(mongo) as other, AsyncExitStack() as stack:
        await first_leads(one, workspace.id)
        life = Life([one, other], mongo, workspace.id, random)
        clients: list[Client] = []
        for house, asked in zip([one, other] * BOARDS, some_boards(workspace.id, random), strict=False):
            clients.append(await stack.enter_async_context(watching(house, asked)))

        # Much at once, and then each deed alone: nothing that follows may tell what it should have told itself.
        for deed in random.sample(life.deeds, len(life.deeds)):
            await life.live()
            await become_true(one, *clients)
            await deed()
            await become_true(one, *clients)

        # And all of it was told by deltas.
        assert all(
            [isinstance(each, Snapshot) for each in client.told].count(True) == 1 for client in clients
        )
        assert any(len(client.told) > 1 for client in clients)
