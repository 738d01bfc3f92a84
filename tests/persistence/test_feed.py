"""The feed: everything that was committed, once, in commit order, whatever becomes of its cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from pymongo.read_concern import ReadConcern

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.history import ScoreChange
from domain.leads import LeadRef
from domain.levels import Dimension, LevelSet
from persistence.feed import Event, Opened, TierChanged, tail
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Workspaces
from tests.persistence.conftest import Fail, MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    adjusted,
    clicked,
    editor,
    entries_of,
    external,
    known,
    publish,
    set_levels,
)

PATIENCE = 20.0  # seconds; a feed that says nothing fails its test instead of holding all up


class Listener:
    """Everything a feed tells, from when it is open."""

    def __init__(self, mongo: Mongo) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._listen(tail(mongo)))

    async def _listen(self, feed: AsyncIterator[Event]) -> None:
        async for event in feed:
            self.events.append(event)
            self._more.set()

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not enough():
                await self._more.wait()
                self._more.clear()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    @property
    def opened(self) -> list[Opened]:
        return [event for event in self.events if isinstance(event, Opened)]

    def told(self, workspace: Workspace) -> list[ScoreChange | LevelSet]:
        """What is told of the workspace."""
        return [
            event.change if isinstance(event, TierChanged) else event.level_set
            for event in self.events
            if not isinstance(event, Opened) and event.workspace == workspace.id
        ]


@asynccontextmanager
async def listening(mongo: Mongo) -> AsyncIterator[Listener]:
    listener = Listener(mongo)
    try:
        await listener.until(lambda: bool(listener.events))
        yield listener
    finally:
        await listener.close()


async def last_word(house: House, workspace: Workspace, listener: Listener) -> LevelSet:
    """A level set made now and waited for: what the feed has not told before it, it will not tell."""
    made = await set_levels(house, workspace.id, COLD, WARM, HOT, dimension=Dimension.PROFILE)
    await listener.until(lambda: made in listener.told(workspace))
    return made


def assert_rising(events: list[Event]) -> None:
    for earlier, later in pairwise(events):
        assert earlier.token < later.token, (earlier, later)


async def tier_changes(mongo: Mongo, workspace: Workspace) -> list[ScoreChange]:
    return [entry for entry in await entries_of(mongo, workspace.id) if entry.tier_changed]


async def jump(house: House, workspace: Workspace, ref: LeadRef, times: int) -> None:
    """Take a lead between its levels, down and up."""
    for number in range(times):
        await house.ledger.apply(workspace.id, ref, adjusted(-30 if number % 2 else 30))


async def test_the_first_event_says_where_the_feed_stands(mongo: Mongo) -> None:
    async with listening(mongo) as listener:
        first = listener.events[0]

    assert isinstance(first, Opened)
    assert first.token


async def test_tier_changes_and_level_sets_are_told_in_commit_order(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    async with listening(mongo) as listener:
        expected: list[ScoreChange | LevelSet] = [await set_levels(house, workspace.id, COLD, WARM, HOT)]
        expected += (await house.ledger.apply(workspace.id, external("crm-1"), adjusted(30))).changes
        expected.append(await set_levels(house, workspace.id, COLD, HOT, dimension=Dimension.PROFILE))
        expected += (await house.ledger.apply(workspace.id, external("crm-2"), adjusted(60))).changes
        profile = adjusted(60, dimension=Dimension.PROFILE)
        expected += (await house.ledger.apply(workspace.id, external("crm-1"), profile)).changes
        expected += (await house.ledger.apply(workspace.id, external("crm-1"), adjusted(-30))).changes
        expected.append(await house.level_sets.revert(workspace.id, Dimension.ENGAGEMENT, 0, editor()))
        expected.append(await last_word(house, workspace, listener))

    assert listener.told(workspace) == expected
    assert len(listener.opened) == 1
    assert_rising(listener.events)


async def test_what_takes_no_lead_into_another_level_is_not_told(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    async with listening(mongo) as listener:
        await publish(house, workspace.id, CLICK)
        await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5))
        await house.ledger.apply(workspace.id, external("crm-1"), clicked(kind="EMAIL_OPENED"))
        await house.ledger.apply(workspace.id, external("crm-1"), known({"name": "Ada"}))
        await house.ledger.apply(workspace.id, external("crm-2"), adjusted(30))
        await house.leads.delete(workspace.id, external("crm-2"))
        last = await last_word(house, workspace, listener)

    moved, end = listener.told(workspace)
    assert isinstance(moved, ScoreChange)
    assert (moved.before.level, moved.after.level, end) == ("Cold", "Warm", last)


async def test_an_event_tells_its_workspace(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    async with listening(mongo) as listener:
        ours = await set_levels(house, workspace.id, COLD)
        theirs = await set_levels(house, other.id, HOT)
        await last_word(house, workspace, listener)

    assert listener.told(workspace)[0] == ours
    assert listener.told(other) == [theirs]


async def test_what_was_committed_before_is_not_told(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await jump(house, workspace, external("crm-1"), 3)

    async with listening(mongo) as listener:
        last = await last_word(house, workspace, listener)

    assert listener.told(workspace) == [last]


@pytest.mark.parametrize("pause", [0.05, 0.2])
async def test_what_is_committed_while_the_feed_opens_comes_after_its_opening(
    house: House, mongo: Mongo, workspace: Workspace, pause: float
) -> None:
    """Else it would be taken for something that was known when the feed was opened."""
    listener = Listener(mongo)
    await asyncio.sleep(pause)

    last = await last_word(house, workspace, listener)
    await listener.close()

    assert isinstance(listener.events[0], Opened)
    assert listener.told(workspace) == [last]
    assert_rising(listener.events)


async def test_changes_committed_at_once_by_several_processes_are_each_told_once_and_in_order(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(3)]
    await set_levels(houses[0], workspace.id, COLD, WARM, HOT)

    async with listening(mongo) as listener:
        await asyncio.gather(
            *(
                jump(house, workspace, external(f"crm-{number % 4}"), 20)
                for number, house in enumerate(houses * 3)
            )
        )
        await last_word(houses[0], workspace, listener)

    *told, _ = listener.told(workspace)
    assert sorted(each.id for each in told if isinstance(each, ScoreChange)) == [
        each.id for each in await tier_changes(mongo, workspace)
    ]
    assert_each_lead_in_order(told)
    assert_rising(listener.events)


def assert_each_lead_in_order(told: list[ScoreChange | LevelSet]) -> None:
    seen: dict[str, int] = {}
    for change in told:
        assert isinstance(change, ScoreChange)
        assert seen.get(change.lead_id, 0) < change.version
        seen[change.lead_id] = change.version


# Broken cursors

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
