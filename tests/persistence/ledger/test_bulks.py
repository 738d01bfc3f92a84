"""The changes of a bulk are made in order, and a refused one harms no other."""

from __future__ import annotations

import asyncio

from api.context import House
from domain.actors import Workspace
from domain.errors import InvalidInput, LeadNotFound
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.mongo import Mongo
from tests.persistence.given import accepted, adjusted, by_id, email, entries_of, external, known


async def test_a_refused_item_harms_no_other_and_results_are_in_order(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, external("taken"), known({"email": "taken@example.com"}))
    items: list[Item] = [
        (external("crm-1"), adjusted(1)),
        (by_id("65e1a7c0f0f0f0f0f0f0f0f0"), adjusted(2)),
        (external("crm-1"), adjusted(4)),
        (external("crm-2"), known({"email": "taken@example.com"})),
        (external("crm-2"), known({"email": "free@example.com"})),
        (external("crm-1"), adjusted(8)),
    ]

    results = await house.ledger.apply_all(workspace.id, items)

    kinds = [type(result) for result in results]
    assert kinds == [Outcome, LeadNotFound, Outcome, InvalidInput, Outcome, Outcome]
    scores = [result.lead.engagement.score for result in results if isinstance(result, Outcome)]
    assert scores == [1, 5, 0, 13]
    assert len(await entries_of(mongo, workspace.id)) == 3


async def test_an_empty_bulk_has_no_results(house: House, workspace: Workspace) -> None:
    assert await house.ledger.apply_all(workspace.id, []) == []


async def test_the_changes_of_a_large_bulk_are_made_in_order_under_whatever_name_their_lead_goes(
    house: House, workspace: Workspace
) -> None:
    made = await house.ledger.apply(workspace.id, external("crm-1"), known({"email": "ada@example.com"}))
    names = [external("crm-1"), email("ada@example.com"), by_id(made.lead.id)]
    items: list[Item] = [(names[number * 3 // 3_000], adjusted(1)) for number in range(3_000)]

    outcomes = accepted(await house.ledger.apply_all(workspace.id, items))

    assert [outcome.lead.engagement.score for outcome in outcomes] == list(range(1, 3_001))


async def test_calls_made_one_after_the_other_are_applied_in_that_order(
    house: House, workspace: Workspace
) -> None:
    calls = [house.ledger.apply(workspace.id, external("crm-1"), adjusted(1)) for _ in range(100)]

    outcomes = await asyncio.gather(*calls)

    assert [outcome.lead.engagement.score for outcome in outcomes] == list(range(1, 101))
