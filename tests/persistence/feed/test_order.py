"""The feed: everything that was committed since it opened, once, in commit order, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.history import Adjustment, ScoreChange
from domain.levels import Dimension, LevelSet
from persistence.feed import JobChanged, Opened, Reached
from persistence.mongo import Mongo, new_id
from tests.persistence.conftest import MakeHouse
from tests.persistence.feed.listening import Listener, assert_rising, jump, last_word, listening, tier_changes
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    adjusted,
    clicked,
    editor,
    external,
    known,
    publish,
    set_levels,
)


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
        caught_up = await house.ledger.apply(workspace.id, external("crm-1"), profile)
        assert len(caught_up.told) == 1
        expected += (*caught_up.told, *caught_up.changes)
        expected += (await house.ledger.apply(workspace.id, external("crm-1"), adjusted(-30))).changes
        reverted, _ = await house.level_sets.revert(workspace.id, Dimension.ENGAGEMENT, 0, editor())
        expected.append(reverted)
        expected.append(await last_word(house, workspace, listener))

    assert listener.told(workspace) == expected
    assert len(listener.opened) == 1
    assert_rising(listener.events)


async def test_moments_are_told_as_they_were_written(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    (job,) = await house.jobs.newest(workspace.id, 1)
    async with listening(mongo) as listener:
        until = now() + timedelta(days=1)
        asked = replace(adjusted(30), expires_at=until)
        await house.ledger.apply(workspace.id, external("crm-1"), asked)
        cancelled = await house.jobs.cancel(workspace.id, job.id)
        await last_word(house, workspace, listener)

    moved, _ = listener.told(workspace)
    assert isinstance(moved, ScoreChange)
    assert moved.cause.adjusted == Adjustment(30, until)
    told = [each.job for each in listener.events if isinstance(each, JobChanged)]
    assert cancelled in told
    assert cancelled.finished_at


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


async def test_what_another_feed_opens_with_is_known_a_moment_later_though_nothing_happens(
    mongo: Mongo,
) -> None:
    async def write_what_is_not_told() -> None:
        await mongo.leases.insert_one({"_id": new_id(), "owner": "nobody", "until": now()})

    async with listening(mongo) as quiet:
        await write_what_is_not_told()
        async with listening(mongo) as opening:
            opened = opening.events[0]
        await write_what_is_not_told()
        await quiet.until(lambda: quiet.events[-1].token >= opened.token)

    assert quiet.events[0].token < opened.token
    assert isinstance(quiet.events[-1], Reached)
    assert_rising(quiet.events)


def assert_each_lead_in_order(told: list[ScoreChange | LevelSet]) -> None:
    seen: dict[str, int] = {}
    for change in told:
        assert isinstance(change, ScoreChange)
        assert seen.get(change.lead_id, 0) < change.version
        seen[change.lead_id] = change.version
