"""Walks neither skip nor repeat a lead, however the leads move meanwhile."""

from __future__ import annotations

from random import Random

import pytest

from api.context import House
from domain.actors import Workspace
from persistence.leads import LeadOrder
from persistence.mongo import Mongo
from persistence.pages import Page
from tests.persistence.given import CLICK, accepted, adjusted, by_id, external, publish
from tests.persistence.leads.crowds import a_lead, move, scattered, store
from tests.persistence.leads.lists import ALL, BY_SCORE, every_order, ids, in_order, rest, walk


@every_order
@pytest.mark.parametrize("seed", range(2))
async def test_a_walk_meets_every_lead_once_however_they_move_meanwhile(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder, seed: int
) -> None:
    leads, random = scattered(40, seed), Random(seed)
    await store(mongo, workspace, *leads)
    await publish(house, workspace.id, CLICK)
    met: list[str] = []

    async for page in walk(house, workspace, ALL, order, random.randint(1, 9)):
        stored = await house.leads.by_ids(workspace.id, ids(page))
        assert [edge.node for edge in page.edges] == [stored[each] for each in ids(page)]
        met += ids(page)
        await move(house, workspace, leads, random)

    assert met == in_order(leads, order)


async def test_a_walk_shows_the_scores_of_now(house: House, mongo: Mongo, workspace: Workspace) -> None:
    await store(mongo, workspace, a_lead(1, 30), a_lead(2, 20), a_lead(3, 10))
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 1, None)
    await house.ledger.apply(workspace.id, external("crm-3"), adjusted(90))

    second = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, first.edges[-1].cursor)

    assert [(edge.node.external_id, edge.node.engagement.score) for edge in second.edges] == [
        ("crm-2", 20),
        ("crm-3", 100),
    ]


@every_order
async def test_leads_created_after_the_first_page_do_not_appear(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, order, 5, None)
    newcomers = [(external(f"new-{n}"), adjusted(n)) for n in (-50, 1, 50)]
    accepted(await house.ledger.apply_all(workspace.id, newcomers))

    found = ids(first) + await rest(house, workspace, order, 4, first.edges[-1].cursor)

    assert found == in_order(leads, order)


@every_order
async def test_leads_deleted_meanwhile_vanish_and_no_other_does(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, order, 5, None)
    expected = in_order(leads, order)
    for gone in (expected[1], expected[6], expected[13]):
        await house.leads.delete(workspace.id, by_id(gone))

    found = ids(first) + await rest(house, workspace, order, 5, first.edges[-1].cursor)

    assert found == expected[:6] + expected[7:13] + expected[14:]


@pytest.mark.parametrize("count", [3, 4, 7])
async def test_a_walk_goes_on_beyond_a_page_whose_leads_were_all_deleted(
    house: House, mongo: Mongo, workspace: Workspace, count: int
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, None)
    expected = in_order(leads, BY_SCORE)
    for gone in expected[5 : 5 + count]:
        await house.leads.delete(workspace.id, by_id(gone))

    found = ids(first) + await rest(house, workspace, BY_SCORE, 3, first.edges[-1].cursor)

    assert found == expected[:5] + expected[5 + count :]


async def test_the_last_page_is_known_as_the_last_when_its_last_lead_was_deleted(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    leads = scattered(6)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, None)
    await house.leads.delete(workspace.id, by_id(in_order(leads, BY_SCORE)[-1]))

    second = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, first.edges[-1].cursor)

    assert second == Page((), has_next=False, has_previous=True)


async def test_a_page_that_is_asked_for_again_lists_the_same_leads(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await store(mongo, workspace, *(leads := scattered(9)))
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 3, None)
    second = await house.leads.page(workspace.id, ALL, BY_SCORE, 3, first.edges[-1].cursor)
    await move(house, workspace, leads, Random(1))

    again = await house.leads.page(workspace.id, ALL, BY_SCORE, 3, first.edges[-1].cursor)

    assert ids(again) == ids(second)
    assert [edge.cursor for edge in again.edges] == [edge.cursor for edge in second.edges]
