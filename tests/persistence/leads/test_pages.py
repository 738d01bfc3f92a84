"""Leads are listed in every order, in pages that tell whether there is more."""

from __future__ import annotations

import pytest

from api.context import House
from domain.actors import Workspace
from persistence.leads import LeadOrder
from persistence.mongo import Mongo
from persistence.pages import Page
from tests.persistence.leads.crowds import a_lead, scattered, store
from tests.persistence.leads.lists import ALL, BY_SCORE, every_order, ids, in_order, walk


@every_order
async def test_leads_are_listed_in_order_and_those_that_are_equal_by_id(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(40)
    await store(mongo, workspace, *leads)

    page = await house.leads.page(workspace.id, ALL, order, 100, None)

    assert ids(page) == in_order(leads, order)
    assert [edge.node for edge in page.edges] == sorted(leads, key=lambda lead: ids(page).index(lead.id))


@pytest.mark.parametrize("size", [1, 6, 7, 12, 13])
async def test_a_page_tells_whether_there_is_more_on_either_side(
    house: House, mongo: Mongo, workspace: Workspace, size: int
) -> None:
    leads = scattered(12)
    await store(mongo, workspace, *leads)

    pages = [page async for page in walk(house, workspace, ALL, BY_SCORE, size)]

    assert [len(page.edges) for page in pages] == [size] * (12 // size) + ([12 % size] if 12 % size else [])
    assert [page.has_next for page in pages] == [True] * (len(pages) - 1) + [False]
    assert [page.has_previous for page in pages] == [False] + [True] * (len(pages) - 1)


async def test_an_empty_workspace_has_one_empty_page(house: House, workspace: Workspace) -> None:
    page = await house.leads.page(workspace.id, ALL, BY_SCORE, 10, None)

    assert page == Page((), has_next=False, has_previous=False)
    assert await house.leads.count(workspace.id, ALL) == 0


async def test_a_page_of_leads_with_much_to_tell_is_whole(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    """A hundred kilobytes of JSON may be seven times that in the database, whose answers end at sixteen megabytes."""
    much = {"numbers": [0] * 49_000}
    leads = [a_lead(number, number, attributes=much) for number in range(50)]
    await store(mongo, workspace, *leads)

    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 100, None)

    assert (len(first.edges), first.has_next) == (50, False)
