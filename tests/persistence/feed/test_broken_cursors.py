"""Whatever becomes of its cursor, the feed loses and repeats nothing, or says that it did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from pymongo.read_concern import ReadConcern

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.history import ScoreChange
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Workspaces
from tests.persistence.conftest import Fail, MakeHouse
from tests.persistence.feed.listening import PATIENCE, assert_rising, jump, last_word, listening, tier_changes
from tests.persistence.given import COLD, HOT, WARM, external, set_levels

Break = Callable[[Mongo], Awaitable[None]]


async def open_streams(mongo: Mongo) -> list[int]:
    """The cursors of all change streams."""
    admin = mongo.client.get_database("admin", read_concern=ReadConcern("local"))
    tailable: list[Any] = [{"$currentOp": {"idleCursors": True}}, {"$match": {"cursor.tailable": True}}]
    return [each["cursor"]["cursorId"] for each in await admin.aggregate(tailable).to_list(None)]


async def kill_cursors(mongo: Mongo) -> None:
    """End every change stream on the database, as an operator would."""
    async with asyncio.timeout(PATIENCE):
        while not (ids := await open_streams(mongo)):  # one that was just killed is being opened again
            await mongo.client.admin.command("ping")
    await mongo.database.command({"killCursors": "$cmd.aggregate", "cursors": ids})


async def kill_sessions(mongo: Mongo) -> None:
    await mongo.client.admin.command({"killAllSessions": []})


@pytest.mark.parametrize("break_it", [kill_cursors, kill_sessions])
async def test_a_killed_cursor_loses_and_repeats_nothing(
    make_house: MakeHouse, mongo: Mongo, mongo_uri: str, workspace: Workspace, break_it: Break
) -> None:
    house, random = make_house(), Random(1)
    await set_levels(house, workspace.id, COLD, WARM, HOT)

    # The sessions of the writer are not those that are killed: its own tests are about that.
    async with open_mongo(mongo_uri, mongo.database.name) as listened, listening(listened) as listener:
        for number in range(6):
            await jump(house, workspace, external(f"crm-{number}"), random.randint(1, 5))
            await break_it(mongo)
            await jump(house, workspace, external(f"crm-{number}"), random.randint(0, 5))
            await asyncio.sleep(random.uniform(0, 0.3))
        await last_word(house, workspace, listener)

    *told, _ = listener.told(workspace)
    assert sorted(each.id for each in told if isinstance(each, ScoreChange)) == [
        each.id for each in await tier_changes(mongo, workspace)
    ]
    assert len(listener.opened) == 1
    assert_rising(listener.events)


async def test_a_feed_whose_query_fails_goes_on_where_it_was(fallible: Mongo, fail: Fail) -> None:
    house = build_house(fallible)
    workspace = await Workspaces(fallible).named("feed that fails", now())
    await set_levels(house, workspace.id, COLD, WARM, HOT)

    async with listening(fallible) as listener:
        await jump(house, workspace, external("crm-1"), 3)
        await fail("getMore", "aggregate", times=4, errorCode=8000)  # of no use to the driver's own resuming
        await jump(house, workspace, external("crm-1"), 4)
        await last_word(house, workspace, listener)

    *told, _ = listener.told(workspace)
    assert told == await tier_changes(fallible, workspace)
    assert len(listener.opened) == 1
    assert_rising(listener.events)


async def test_a_feed_that_cannot_go_on_opens_anew_and_says_so(fallible: Mongo, fail: Fail) -> None:
    house = build_house(fallible)
    workspace = await Workspaces(fallible).named("feed that is lost", now())

    async with listening(fallible) as listener:
        await last_word(house, workspace, listener)
        await fail("getMore", "aggregate", times=1, errorCode=286)  # its place is no longer in the log
        await listener.until(lambda: len(listener.opened) == 2)
        last = await last_word(house, workspace, listener)

    assert listener.told(workspace)[-1] == last
    assert_rising(listener.events)


async def test_a_feed_that_cannot_open_tries_until_it_can(fallible: Mongo, fail: Fail) -> None:
    await fail("aggregate", times=2, errorCode=8000)

    async with listening(fallible) as listener:
        assert len(listener.opened) == 1


async def test_a_feed_whose_database_was_dropped_says_so_and_goes_on(mongo_uri: str) -> None:
    async with open_mongo(mongo_uri, "dropped") as mongo, listening(mongo) as listener:
        await mongo.client.drop_database("dropped")
        await mongo.prepare()
        await listener.until(lambda: len(listener.opened) == 2)
        workspace = await Workspaces(mongo).named("after the drop", now())
        last = await last_word(build_house(mongo), workspace, listener)
        await mongo.client.drop_database("dropped")

    assert listener.told(workspace)[-1] == last


async def test_a_feed_that_is_left_leaves_no_cursor(house: House, mongo: Mongo, workspace: Workspace) -> None:
    before = await open_streams(mongo)

    async with listening(mongo) as listener:
        await last_word(house, workspace, listener)

    async with asyncio.timeout(PATIENCE):
        while len(await open_streams(mongo)) > len(before):
            await mongo.client.admin.command("ping")
