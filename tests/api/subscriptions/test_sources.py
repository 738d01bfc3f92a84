"""One who missed something is told how things stand: a level set of each dimension, a job, a position."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.context import Context, House
from api.scalars import now
from api.schema import schema
from api.subscriptions.jobs import _Progress
from api.subscriptions.levels import _LevelSets
from api.subscriptions.tiers import _Tiers
from domain.actors import Role, Viewer, Workspace
from domain.history import Cause, CauseKind, ScoreChange
from domain.jobs import Job
from domain.leads import Position
from domain.levels import Dimension, LevelSet
from persistence.documents import from_job
from persistence.feed import Event, JobChanged, LevelsChanged, Opened, Reached, TierChanged
from persistence.mongo import Mongo, new_id
from tests.conftest import ACTOR
from tests.persistence.given import adjusted, external


@pytest.fixture
def context(house: House, workspace: Workspace) -> Context:
    return Context(house, Viewer(workspace, ACTOR, Role.VIEWER, "test"))


async def feed(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event


def level_set(workspace: Workspace, dimension: Dimension, version: int) -> LevelsChanged:
    return LevelsChanged(f"{version:08}", workspace.id, LevelSet(dimension, version, (), now(), ACTOR))


async def test_of_level_sets_the_newest_that_were_told(context: Context, workspace: Workspace) -> None:
    source = _LevelSets(context, None)
    assert [each async for each in source.again()] == []
    frames = source.frames()
    order = [(Dimension.ENGAGEMENT, 1), (Dimension.PROFILE, 2), (Dimension.ENGAGEMENT, 3)]
    await context.house.hub.follow(feed(*(level_set(workspace, *each) for each in order)))
    told = [await anext(frames) for _ in order]

    again = [each async for each in source.again()]

    assert [(each.dimension, each.version) for each in told] == order
    assert [each.is_current for each in told] == [False, True, True]
    assert {(each.dimension, each.version) for each in again} == set(order[1:])
    source.close()


async def test_of_level_sets_none_that_is_older_than_what_was_told(
    context: Context, workspace: Workspace
) -> None:
    """As when the sets in force were read after a gap, and the feed comes to tell of them only then."""
    source = _LevelSets(context, Dimension.ENGAGEMENT)
    frames = source.frames()
    hub = context.house.hub
    await hub.follow(feed(level_set(workspace, Dimension.ENGAGEMENT, 2)))
    assert (await anext(frames)).version == 2
    sets = [level_set(workspace, Dimension.ENGAGEMENT, version) for version in (1, 2, 3)]
    await hub.follow(feed(*sets))

    assert (await anext(frames)).version == 3
    source.close()


async def test_of_a_job_how_far_it_was_told(context: Context, mongo: Mongo, workspace: Workspace) -> None:
    job = Job(new_id(), Dimension.ENGAGEMENT, 1, 2, now(), total=10)
    lease = {"owner": "the test", "until": now() + timedelta(hours=1)}  # nobody else shall do it
    await mongo.jobs.insert_one({**from_job(workspace.id, job), "lease": lease})
    source = _Progress(context, job.id)
    assert source.welcome(None) is None
    frames = source.frames()
    await anext(frames)
    await context.house.hub.follow(
        feed(*(JobChanged(f"{done:08}", workspace.id, replace(job, done=done)) for done in (3, 5)))
    )
    assert (await anext(frames)).done == 5

    welcome = source.welcome(None)

    assert welcome
    assert [each.done async for each in welcome] == [5]
    assert [each.done async for each in source.again()] == [5]
    source.close()
    await mongo.jobs.delete_one({"_id": job.id})


async def test_a_position_of_tier_changes_never_goes_back(context: Context, workspace: Workspace) -> None:
    cold, warm = Position(0, "Cold", 1), Position(30, "Warm", 1)
    cause = Cause(CauseKind.ACTIVITY, ACTOR, now())
    change = ScoreChange(new_id(), Dimension.ENGAGEMENT, 1, cold, warm, cause, (), 1)
    hub = context.house.hub
    await hub.follow(feed(Opened("00000007")))
    source = _Tiers(context, lambda _: True)
    await hub.follow(feed(Reached("00000009")))
    assert source.cursor() == "00000009"

    await hub.follow(feed(TierChanged("00000011", workspace.id, change)))
    assert source.cursor() == "00000009"

    await anext(source.frames())
    assert source.cursor() == "00000011"
    source.close()


async def test_of_tier_changes_the_position(context: Context) -> None:
    await context.house.hub.follow(feed(Opened("00000007")))
    source = _Tiers(context, lambda _: True)

    (again,) = [each async for each in source.again()]

    assert again.cursor == "00000007"
    source.close()
    assert context.house.hub._watchers == {}


async def test_a_board_whose_process_has_heard_of_nothing_is_read_for_each_newcomer(
    context: Context, workspace: Workspace
) -> None:
    async def shown(board: AsyncIterator[Any]) -> list[str]:
        result = await anext(board)
        assert result.data, result.errors
        return [each["lead"]["externalId"] for each in result.data["leadBoard"]["entries"]]

    async def given(name: str, points: int) -> None:
        await context.house.ledger.apply(workspace.id, external(name), adjusted(points))

    board = "subscription { leadBoard { ... on BoardSnapshot { entries { lead { externalId } } } } }"
    await given("a", 5)
    early = await schema.subscribe(board, context_value=context)
    before = await shown(early)
    await given("b", 7)
    late = await schema.subscribe(board, context_value=context)
    after = await shown(late)
    for each in (early, late):
        await each.aclose()

    assert before == ["a"]
    assert after == ["b", "a"]
