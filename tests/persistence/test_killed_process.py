"""A process is killed in the middle of its work: what it committed stays, and sent again it counts once."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from api.context import House
from domain.actors import Workspace
from persistence.batch import Item
from persistence.mongo import Mongo, open_mongo
from tests.persistence.conftest import DATABASE, MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    accepted,
    adjusted,
    assert_explained,
    clicked,
    external,
    leads_of,
    publish,
    set_levels,
)
from tests.persistence.sender import ITEMS, LEADS, numbered_items
from tests.processes import started

pytestmark = pytest.mark.slow

ROUNDS = 3


@asynccontextmanager
async def sender(manner: str, *arguments: str) -> AsyncIterator[Process]:
    """A process that sends, once it said its first word; killed at the latest when the context is left."""
    command = [sys.executable, "-m", "tests.persistence.sender", manner, *arguments]
    async with started(*command) as process:
        assert process.stdout
        assert await process.stdout.readline()
        yield process


@pytest.fixture
async def mongo(fallible_uri: str) -> AsyncIterator[Mongo]:
    """The server that soon ends the open transactions of the dead: these tests are not about the wait."""
    async with open_mongo(fallible_uri, DATABASE) as mongo:
        yield mongo


async def committed(mongo: Mongo, workspace: str) -> int:
    """How many of the sender's keys are in the database."""
    keyed = {"workspace": workspace, "key": {"$gt": "sender-", "$lt": "sender."}}
    return sum(
        [await each.count_documents(keyed) for each in (mongo.activities, mongo.score_changes)],
    )


async def write_beside(house: House, workspace: str, random: Random, until: asyncio.Event) -> int:
    """Other changes to the same leads, until told to stop; how many."""
    count = 0
    while not until.is_set():
        ref = external(f"crm-{random.randrange(LEADS)}")
        bulk: list[Item] = [(ref, clicked()), (ref, adjusted(1, f"beside-{count}"))]
        accepted(await house.ledger.apply_all(workspace, bulk))
        count += 2
    return count


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_what_a_killed_process_sent_is_neither_lost_nor_counted_twice(
    make_house: MakeHouse, mongo: Mongo, fallible_uri: str, workspace: Workspace, seed: int
) -> None:
    random, house, over = Random(f"{seed} kills"), make_house(), asyncio.Event()
    await publish(house, workspace.id, CLICK)
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    enough = random.randint(ITEMS // 20, ITEMS // 2)

    async with sender("send", fallible_uri, DATABASE, workspace.id, str(seed)) as process:
        beside = asyncio.create_task(write_beside(house, workspace.id, random, over))
        while await committed(mongo, workspace.id) < enough:
            assert process.returncode is None
            await asyncio.sleep(random.uniform(0, 0.02))
        process.kill()
    before = await committed(mongo, workspace.id)
    again = accepted(await make_house().ledger.apply_all(workspace.id, numbered_items(seed)))
    over.set()
    others = await beside

    assert 0 < before < ITEMS, "the kill came too early or too late to tell anything"
    assert sum(outcome.duplicate for outcome in again) == before
    assert await committed(mongo, workspace.id) == ITEMS
    assert sum(lead.version for lead in await leads_of(mongo, workspace.id)) == ITEMS + others
    await assert_explained(mongo, workspace.id)


async def test_a_process_killed_in_the_middle_of_a_transaction_keeps_nobody_from_its_leads(
    make_house: MakeHouse, mongo: Mongo, fallible_uri: str, workspace: Workspace
) -> None:
    """What it wrote and did not commit is gone, and soon enough that another's patience suffices."""
    async with sender("stall", fallible_uri, DATABASE, workspace.id, "0") as process:
        process.kill()

    outcomes = [
        await make_house().ledger.apply(workspace.id, external(f"crm-{number}"), adjusted(5))
        for number in range(LEADS)
    ]

    assert [outcome.created for outcome in outcomes] == [True] * LEADS
    assert await committed(mongo, workspace.id) == 0
