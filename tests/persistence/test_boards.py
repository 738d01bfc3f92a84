"""Pages of boards are what the list begins with, at one moment; what is known already is not read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.errors import OperationFailure

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.levels import Dimension, Level, ScoreRange
from persistence.boards import KILLED, BoardFilter, BoardPages, Question
from persistence.leads import SNAPSHOT_GONE, LeadFilter, LeadOrder
from persistence.mongo import Mongo, Unreachable
from persistence.moves import TierMove
from persistence.workspaces import Workspaces
from tests.persistence.conftest import Fail
from tests.persistence.given import COLD, HOT, WARM, adjusted, external, set_levels
from tests.persistence.leads.crowds import a_lead, scattered, store
from tests.persistence.leads.lists import every_order, in_order

ENGAGEMENT, PROFILE = Dimension.ENGAGEMENT, Dimension.PROFILE
REST = LeadFilter(
    ((ENGAGEMENT, (ScoreRange(1, None),)),), ("vip",), "ada", now(), TierMove(now() - timedelta(days=1))
)


def asked_of(workspace: Workspace, wanted: BoardFilter | None = None, first: int = 50) -> Question:
    return Question(workspace.id, wanted or BoardFilter(), LeadOrder(), first)


def pages_of(house: House, mongo: Mongo) -> BoardPages:
    return BoardPages(mongo, house.configuration, house.leads)


async def under_levels(house: House, workspace: Workspace, wanted: BoardFilter, *levels: Level) -> LeadFilter:
    """The filter by levels of engagement that are put in force now."""
    await set_levels(house, workspace.id, *levels)
    return wanted.under(await house.configuration.scoring(workspace.id))


@every_order
async def test_a_page_is_what_the_list_begins_with(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, order: LeadOrder
) -> None:
    leads = scattered(60)
    await store(mongo, workspace, *leads)
    await store(mongo, other, *scattered(20, seed=1))

    page = await pages_of(house, mongo).read(replace(asked_of(workspace, first=25), order=order))

    assert [entry.id for entry in page] == in_order(leads, order)[:25]
    assert {entry.lead.id: entry.lead for entry in page} == await house.leads.by_ids(
        workspace.id, [entry.id for entry in page]
    )


async def test_leads_that_are_as_they_are_known_are_not_read_again(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    pages, asked = pages_of(house, mongo), asked_of(workspace)
    await house.ledger.apply_all(workspace.id, [(external(name), adjusted(5)) for name in "abc"])
    before = await pages.read(asked)
    await house.ledger.apply(workspace.id, external("b"), adjusted(5))
    await house.leads.delete(workspace.id, external("c"))

    after = await pages.read(asked, before)

    known = {entry.id: entry.lead for entry in before}
    assert [entry.lead.external_id for entry in after] == ["b", "a"]
    assert [known[entry.id] is entry.lead for entry in after] == [False, True]
    assert after == await pages.read(asked)


async def test_a_lead_is_shown_under_what_is_in_force_though_it_did_not_change(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    pages, asked = pages_of(house, mongo), asked_of(workspace)
    await house.ledger.apply(workspace.id, external("a"), adjusted(5))
    before = await pages.read(asked)
    made = await set_levels(house, workspace.id, COLD)

    (entry,) = await pages.read(asked, before)

    assert entry.lead is before[0].lead
    assert entry.scoring.levels[ENGAGEMENT] == made


async def test_leads_too_large_for_one_answer_are_all_there(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    for beginning in range(0, 180, 20):
        numbers = range(beginning, beginning + 20)
        await store(mongo, workspace, *(a_lead(each, attributes={"text": "x" * 99_000}) for each in numbers))

    assert len(await pages_of(house, mongo).read(asked_of(workspace, first=200))) == 180


async def test_levels_are_the_scores_that_those_in_force_give_them(
    house: House, workspace: Workspace
) -> None:
    wanted = BoardFilter(((ENGAGEMENT, ("hot", "warm")),))

    assert (await under_levels(house, workspace, wanted, COLD, WARM, HOT)).scores == (
        (ENGAGEMENT, (HOT.range, WARM.range)),
    )
    assert (await under_levels(house, workspace, wanted, COLD, WARM)).scores == ((ENGAGEMENT, (WARM.range,)),)
    assert (await under_levels(house, workspace, wanted, COLD)).scores == ((ENGAGEMENT, ()),)


async def test_the_unclassified_are_those_whom_the_levels_in_force_leave_out(
    house: House, workspace: Workspace
) -> None:
    wanted = BoardFilter(unclassified_in=ENGAGEMENT)

    assert (await under_levels(house, workspace, wanted, COLD, WARM, HOT)).scores == ((ENGAGEMENT, ()),)
    assert (await under_levels(house, workspace, wanted, COLD, HOT)).scores == (
        (ENGAGEMENT, (ScoreRange(25, 49),)),
    )


async def test_what_does_not_depend_on_levels_is_kept(house: House, workspace: Workspace) -> None:
    wanted = BoardFilter(((PROFILE, ("hot",)),), ENGAGEMENT, REST)

    under = await under_levels(house, workspace, wanted, COLD)

    assert replace(under, scores=REST.scores) == REST
    assert under.scores == ((PROFILE, ()), (ENGAGEMENT, (ScoreRange(25, None),)), *REST.scores)


@pytest.mark.parametrize("code", sorted(KILLED | SNAPSHOT_GONE))
async def test_what_passes_by_itself_is_worth_another_try(fallible: Mongo, fail: Fail, code: int) -> None:
    house = build_house(fallible)
    workspace = await Workspaces(fallible).named("boards", now())
    pages, asked = pages_of(house, fallible), asked_of(workspace)
    await house.ledger.apply(workspace.id, external("a"), adjusted(5))
    before = await pages.read(asked)

    await fail("find", errorCode=code)
    with pytest.raises(Unreachable):
        await pages.read(asked)

    assert await pages.read(asked) == before


async def test_what_does_not_pass_is_told(fallible: Mongo, fail: Fail) -> None:
    house = build_house(fallible)
    workspace = await Workspaces(fallible).named("boards", now())

    await fail("find", errorCode=13)
    with pytest.raises(OperationFailure) as told:
        await pages_of(house, fallible).read(asked_of(workspace))

    assert told.value.code == 13
