"""One workspace sees and touches nothing of another."""

from __future__ import annotations

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import LeadNotFound
from persistence.mongo import Mongo
from tests.persistence.given import CLICK, ENGAGEMENT, by_id, clicked, email, external, publish, written
from tests.persistence.leads.crowds import scattered, store
from tests.persistence.leads.lists import ALL, BY_SCORE, EVERY_ORDER, in_order, rest, scores


async def test_one_workspace_sees_and_touches_nothing_of_another(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    await publish(house, other.id, CLICK)
    theirs = (await house.ledger.apply(other.id, external("crm-1"), clicked())).lead
    theirs = (await house.ledger.apply(other.id, by_id(theirs.id), clicked())).lead
    await store(mongo, workspace, *(ours := scattered(3)))
    await mongo.leads.update_one({"_id": theirs.id}, {"$set": {"email": "ada@example.com"}})
    before = await written(mongo, other.id)

    assert await house.leads.find(workspace.id, by_id(theirs.id)) is None
    assert await house.leads.find(workspace.id, email("ada@example.com")) is None
    assert await house.leads.by_ids(workspace.id, [theirs.id]) == {}
    assert await house.leads.count(workspace.id, ALL) == 3
    assert await house.leads.count(workspace.id, scores(ENGAGEMENT, (50, None))) == 0
    for order in EVERY_ORDER:
        assert await rest(house, workspace, order, 2) == in_order(ours, order)
    for ref in (by_id(theirs.id), email("ada@example.com")):
        with pytest.raises(LeadNotFound):
            await house.leads.delete(workspace.id, ref)
    await house.leads.delete(workspace.id, external("crm-1"))
    assert await written(mongo, other.id) == before


async def test_a_cursor_of_another_workspace_shows_nothing_of_it(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    await store(mongo, other, *scattered(10))
    await store(mongo, workspace, *(ours := scattered(10)))
    page = await house.leads.page(other.id, ALL, BY_SCORE, 3, None)

    found = await rest(house, workspace, BY_SCORE, 3, page.edges[-1].cursor)

    assert set(found) <= {lead.id for lead in ours}
