"""A ledger that closes and callers that go away leave nothing half done."""

from __future__ import annotations

import asyncio

import pytest

from api.context import House
from domain.actors import Workspace
from domain.scoring import Outcome
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import accepted, adjusted, assert_explained, external, leads_of
from tests.persistence.ledger.looks import the_lead


async def test_closing_waits_for_what_was_accepted(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    ledger = make_house().ledger
    calls = [
        asyncio.create_task(ledger.apply(workspace.id, external(f"crm-{number % 3}"), adjusted(1)))
        for number in range(100)
    ]
    await asyncio.sleep(0)

    await ledger.close()

    assert sum(lead.engagement.score for lead in await leads_of(mongo, workspace.id)) == 100
    await asyncio.gather(*calls)


async def test_a_ledger_that_has_nothing_to_do_closes_and_goes_on(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    ledger = make_house().ledger

    await ledger.close()
    outcome = await ledger.apply(workspace.id, external("crm-1"), adjusted(5))

    assert outcome.lead.engagement.score == 5


@pytest.mark.parametrize("delay", [0, 0.001, 0.01])
async def test_a_caller_cancelled_while_waiting_harms_no_other(
    house: House, workspace: Workspace, mongo: Mongo, delay: float
) -> None:
    calls = [
        asyncio.create_task(house.ledger.apply(workspace.id, external("crm-1"), adjusted(1, f"k{number}")))
        for number in range(30)
    ]
    await asyncio.sleep(delay)
    for call in calls[::3]:
        call.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    again = accepted(
        await house.ledger.apply_all(
            workspace.id, [(external("crm-1"), adjusted(1, f"k{number}")) for number in range(30)]
        )
    )

    assert not [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(result, Outcome) for at, result in enumerate(results) if at % 3)
    assert all(outcome.duplicate for at, outcome in enumerate(again) if at % 3)
    (lead,) = await leads_of(mongo, workspace.id)
    assert (lead.engagement.score, lead.version) == (30, 30)
    await assert_explained(mongo, workspace.id)


async def test_a_cancelled_bulk_harms_no_other(house: House, workspace: Workspace, mongo: Mongo) -> None:
    bulk = asyncio.create_task(
        house.ledger.apply_all(workspace.id, [(external(f"crm-{n}"), adjusted(1)) for n in range(1_200)])
    )
    await asyncio.sleep(0)
    other = asyncio.create_task(house.ledger.apply(workspace.id, external("other"), adjusted(1)))
    await asyncio.sleep(0.01)

    bulk.cancel()
    outcome = await other
    await house.ledger.close()

    assert outcome.created
    assert (await the_lead(house, workspace, external("other"))).version == 1
    await assert_explained(mongo, workspace.id)
