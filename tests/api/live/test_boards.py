"""A board is shared by all who watch the same, and gone when nobody does; what it shows follows leads and levels."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack, aclosing
from dataclasses import replace
from datetime import timedelta

import pytest

from api.context import House
from api.live.boards import READS, Boards, Delta, Snapshot
from api.scalars import now
from domain.actors import Workspace
from domain.boards import Page, applied
from domain.errors import InvalidInput
from domain.levels import Dimension
from persistence.boards import BoardFilter, BoardPages, Question
from persistence.leads import LeadFilter, LeadOrder
from persistence.mongo import Mongo
from persistence.moves import TierMove
from tests.api.live.watching import PATIENCE, become_true, everything, process, watching
from tests.persistence.given import COLD, HOT, WARM, adjusted, external, set_levels


def hot(workspace: Workspace, *names: str) -> Question:
    """Leads of these levels of engagement."""
    wanted = BoardFilter(((Dimension.ENGAGEMENT, names or ("hot",)),))
    return Question(workspace.id, wanted, LeadOrder(), 50)


async def give(house: House, workspace: Workspace, **points: int) -> None:
    """Points for leads by their external ids."""
    await house.ledger.apply_all(
        workspace.id, [(external(lead), adjusted(delta)) for lead, delta in points.items()]
    )


async def test_all_who_watch_the_same_share_one_board_and_are_told_the_very_same(
    mongo: Mongo, workspace: Workspace
) -> None:
    async with process(mongo) as house, AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(watching(house, everything(workspace.id))) for _ in range(3)
        ]
        assert len(house.boards._kept) == 1
        await give(house, workspace, a=5)
        await become_true(house, *clients)

    assert clients[0].told[-1] is clients[1].told[-1] is clients[2].told[-1]


async def test_those_who_watch_something_else_have_a_board_of_their_own(
    mongo: Mongo, workspace: Workspace
) -> None:
    asked = everything(workspace.id)
    others = [replace(asked, first=51), replace(asked, order=LeadOrder(descending=False)), hot(workspace)]
    async with process(mongo) as house, AsyncExitStack() as stack:
        for each in (asked, *others):
            await stack.enter_async_context(watching(house, each))

        assert set(house.boards._kept) == {asked, *others}


async def test_nothing_is_kept_of_a_board_that_nobody_watches(mongo: Mongo, workspace: Workspace) -> None:
    async with process(mongo) as house:
        before = asyncio.all_tasks()
        async with watching(house, everything(workspace.id)):
            async with watching(house, everything(workspace.id)), watching(house, hot(workspace)):
                assert len(house.hub._stirs[workspace.id]) == 2
            assert list(house.boards._kept) == [everything(workspace.id)]
        for task in asyncio.all_tasks() - before:
            await asyncio.wait([task], timeout=PATIENCE)

        assert (house.boards._kept, house.hub._stirs) == ({}, {})
        assert asyncio.all_tasks() == before


async def test_one_who_joins_later_is_shown_what_the_board_shows_and_told_what_comes(
    mongo: Mongo, workspace: Workspace
) -> None:
    async with process(mongo) as house, watching(house, everything(workspace.id)) as early:
        await give(house, workspace, a=5)
        await become_true(house, early)
        async with watching(house, everything(workspace.id)) as late:
            assert late.page == early.page
            await give(house, workspace, b=7)
            await become_true(house, early, late)
            assert late.told[-1] is early.told[-1]


async def test_a_snapshot_for_one_who_joins_another_is_of_what_that_one_was_told(
    mongo: Mongo, workspace: Workspace
) -> None:
    async with process(mongo) as house, watching(house, everything(workspace.id)) as ahead:
        with house.boards.watch(everything(workspace.id)) as viewing:
            assert viewing.snapshot() is None
            async with aclosing(viewing.updates()) as updates:
                first = await anext(updates)
                await give(house, workspace, a=5)
                await become_true(house, ahead)
                joined = viewing.snapshot()
                following = await anext(updates)

    assert joined == first
    assert isinstance(joined, Snapshot)
    assert isinstance(following, Delta)
    assert applied(joined.page, following.difference) == ahead.page


async def test_a_newcomer_is_shown_nothing_older_than_what_it_may_have_seen_elsewhere(
    house: House, workspace: Workspace
) -> None:
    """The feed is behind here: this process has heard nothing of what another may have shown."""
    await give(house, workspace, a=5)
    with house.boards.watch(everything(workspace.id)) as viewing:
        async with aclosing(viewing.updates()) as updates:
            await anext(updates)
            await give(house, workspace, b=7)
            stale = viewing.snapshot()
            catching_up = asyncio.create_task(viewing.catch_up())
            await anext(updates)
            await catching_up
            shown = viewing.snapshot()

    assert stale
    assert shown
    assert [entry.lead.external_id for entry in stale.page] == ["a"]
    assert [entry.lead.external_id for entry in shown.page] == ["b", "a"]


async def test_a_board_that_failed_is_of_no_harm_to_one_who_asks_anew(
    mongo: Mongo, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = now() - timedelta(days=1)
    asked = Question(workspace.id, BoardFilter(rest=LeadFilter(moved=TierMove(since))), LeadOrder(), 5)
    async with process(mongo) as house:
        await set_levels(house, workspace.id, COLD, HOT)
        with house.boards.watch(asked) as viewing:
            updates = viewing.updates()
            await anext(updates)
            monkeypatch.setattr("persistence.moves.MOVED", 1)
            await give(house, workspace, a=60, b=60)
            with pytest.raises(InvalidInput):
                await asyncio.wait_for(anext(updates), PATIENCE)
            monkeypatch.undo()

            async with watching(house, asked) as anew:
                assert sorted(map(str, anew.names)) == ["a", "b"]
            assert house.boards._kept == {}


async def test_a_change_made_through_one_process_reaches_the_boards_of_another(
    mongo: Mongo, workspace: Workspace
) -> None:
    async with (
        process(mongo) as one,
        process(mongo) as other,
        watching(one, everything(workspace.id)) as here,
        watching(other, everything(workspace.id)) as there,
    ):
        await give(one, workspace, a=5)
        await become_true(one, here, there)
        await give(other, workspace, b=7)
        await become_true(one, here, there)
        await one.leads.delete(workspace.id, external("a"))
        await become_true(one, here, there)

    assert here.names == there.names == ["b"]


async def test_a_deleted_lead_makes_room_for_the_one_behind_the_page(
    mongo: Mongo, workspace: Workspace
) -> None:
    async with process(mongo) as house:
        await give(house, workspace, a=30, b=20, c=10)
        async with watching(house, everything(workspace.id, first=2)) as client:
            await house.leads.delete(workspace.id, external("a"))
            await become_true(house, client)

            assert client.names == ["b", "c"]


async def test_a_board_of_a_level_follows_its_scores(mongo: Mongo, workspace: Workspace) -> None:
    async with process(mongo) as house:
        await set_levels(house, workspace.id, COLD, WARM, HOT)
        await give(house, workspace, a=30, b=60)
        async with watching(house, hot(workspace)) as client:
            assert client.names == ["b"]
            await set_levels(house, workspace.id, replace(COLD, max=19), replace(HOT, min=20))
            await become_true(house, client)
            assert client.names == ["b", "a"]
            await set_levels(house, workspace.id, replace(COLD, max=99))
            await become_true(house, client)
            assert client.names == []
            await set_levels(house, workspace.id, COLD, WARM, replace(HOT, name="HOT"))
            await become_true(house, client)
            assert client.names == ["b"]


async def test_of_several_levels_those_that_there_are_will_do(mongo: Mongo, workspace: Workspace) -> None:
    async with process(mongo) as house:
        await set_levels(house, workspace.id, COLD, WARM)
        await give(house, workspace, a=30, b=60)
        async with watching(house, hot(workspace, "hot", "warm")) as client:
            assert client.names == ["a"]
            await set_levels(house, workspace.id, COLD, WARM, HOT)
            await become_true(house, client)
            assert client.names == ["b", "a"]


async def test_every_lead_is_shown_under_the_levels_in_force(mongo: Mongo, workspace: Workspace) -> None:
    async with process(mongo) as house:
        await set_levels(house, workspace.id, COLD, WARM)
        await give(house, workspace, a=30)
        async with watching(house, everything(workspace.id)) as client:
            made = await set_levels(house, workspace.id, HOT)
            await become_true(house, client)

            assert [entry.scoring.levels[Dimension.ENGAGEMENT] for entry in client.page] == [made]


class Slow(BoardPages):
    """Pages of one workspace take for ever to be read, and those of any other no time."""

    async def read(self, asked: Question, known: Page = ()) -> Page:
        if asked.workspace == "slow":
            await asyncio.Event().wait()
        return known


async def test_a_workspace_whose_boards_are_slow_to_read_holds_up_no_other(
    house: House, mongo: Mongo
) -> None:
    boards = Boards(house.hub, Slow(mongo, house.configuration, house.leads))
    with ExitStack() as watched:
        for first in range(1, 2 * READS):
            watched.enter_context(boards.watch(everything("slow", first)))
        await asyncio.sleep(0)
        quick = watched.enter_context(boards.watch(everything("quick")))
        async with aclosing(quick.updates()) as updates:
            first_told = await asyncio.wait_for(anext(updates), PATIENCE)

    assert isinstance(first_told, Snapshot)
