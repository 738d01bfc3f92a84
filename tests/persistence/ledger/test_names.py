"""Leads go by names: unknown ones create, taken ones are refused, those given up are free; an upsert may do nothing."""

from __future__ import annotations

import asyncio
from itertools import chain

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import Fault, LeadNotFound
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    accepted,
    adjusted,
    by_id,
    clicked,
    email,
    external,
    known,
    leads_of,
    written,
)
from tests.persistence.ledger.keyed import Make, adjustment_with_key, click_with_key
from tests.persistence.ledger.looks import fault_of, the_lead


@pytest.mark.parametrize("make", [clicked, adjusted, lambda: known({"name": "Ada"})])
async def test_an_unknown_external_id_creates_the_lead(
    house: House, workspace: Workspace, make: Make
) -> None:
    outcome = await house.ledger.apply(workspace.id, external("crm-1"), make())

    assert (outcome.created, outcome.lead.external_id, outcome.lead.email) == (True, "crm-1", None)
    assert outcome.lead.version == 1
    assert await house.leads.find(workspace.id, external("crm-1")) == outcome.lead


@pytest.mark.parametrize("make", [clicked, adjusted, lambda: known({"name": "Ada"})])
async def test_an_unknown_email_creates_the_lead(house: House, workspace: Workspace, make: Make) -> None:
    outcome = await house.ledger.apply(workspace.id, email("ada@example.com"), make())

    assert (outcome.created, outcome.lead.external_id, outcome.lead.email) == (True, None, "ada@example.com")
    assert await house.leads.find(workspace.id, email("ada@example.com")) == outcome.lead


@pytest.mark.parametrize("make", [click_with_key, adjustment_with_key, lambda: known({"name": "Ada"})])
async def test_an_unknown_id_creates_nothing(
    house: House, mongo: Mongo, workspace: Workspace, make: Make
) -> None:
    before = await written(mongo, workspace.id)

    with pytest.raises(LeadNotFound):
        await house.ledger.apply(workspace.id, by_id("65e1a7c0f0f0f0f0f0f0f0f0"), make())

    assert await written(mongo, workspace.id) == before


async def test_a_lead_of_another_workspace_is_unknown(
    house: House, workspace: Workspace, other: Workspace, mongo: Mongo
) -> None:
    theirs = (await house.ledger.apply(other.id, external("crm-1"), clicked("k"))).lead

    with pytest.raises(LeadNotFound):
        await house.ledger.apply(workspace.id, by_id(theirs.id), clicked())
    ours = await house.ledger.apply(workspace.id, external("crm-1"), clicked("k"))

    assert (ours.created, ours.duplicate) == (True, False)
    assert await leads_of(mongo, other.id) == [theirs]


async def test_a_known_lead_is_changed_under_each_of_its_names(house: House, workspace: Workspace) -> None:
    made = await house.ledger.apply(workspace.id, external("crm-1"), known({"email": "ada@example.com"}))

    refs = [by_id(made.lead.id), external("crm-1"), email("ada@example.com")]
    outcomes = [await house.ledger.apply(workspace.id, ref, adjusted(5)) for ref in refs]

    assert [outcome.lead.engagement.score for outcome in outcomes] == [5, 10, 15]
    assert {outcome.lead.id for outcome in outcomes} == {made.lead.id}


async def test_one_bulk_creates_a_new_lead_once(house: House, workspace: Workspace, mongo: Mongo) -> None:
    items: list[Item] = [
        (external("crm-1"), known({"email": "ada@example.com"})),
        (email("ada@example.com"), adjusted(5)),
        (external("crm-1"), adjusted(5)),
    ]

    outcomes = accepted(await house.ledger.apply_all(workspace.id, items))

    assert [outcome.created for outcome in outcomes] == [True, False, False]
    (lead,) = await leads_of(mongo, workspace.id)
    assert (lead.engagement.score, lead.version) == (10, 3)


async def test_a_taken_external_id_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), known())
    await house.ledger.apply(workspace.id, external("crm-2"), known())
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(
        workspace.id, [(external("crm-2"), known({"external_id": "crm-1", "name": "Ada"}))]
    )

    assert fault_of(result) == (("externalId",), Fault.TAKEN)
    assert await written(mongo, workspace.id) == before


async def test_a_taken_email_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, email("ada@example.com"), known())
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(
        workspace.id, [(external("crm-2"), known({"email": "ada@example.com"}))]
    )

    assert fault_of(result) == (("email",), Fault.TAKEN)
    assert await written(mongo, workspace.id) == before


async def test_a_name_taken_by_another_process_meanwhile_is_refused(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    houses = [make_house() for _ in range(3)]
    wanted = known({"email": "ada@example.com"})

    results = await asyncio.gather(
        *(
            house.ledger.apply_all(workspace.id, [(external(f"crm-{number}"), wanted)])
            for number, house in enumerate(houses)
        )
    )

    refused = [result for result in chain(*results) if not isinstance(result, Outcome)]
    assert [fault_of(result) for result in refused] == [(("email",), Fault.TAKEN)] * 2
    assert len(await leads_of(mongo, workspace.id)) == 1


async def test_a_name_given_up_may_be_taken_within_the_same_bulk(house: House, workspace: Workspace) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), known({"email": "ada@example.com"}))
    items: list[Item] = [
        (external("crm-1"), known({"email": None})),
        (external("crm-2"), known({"email": "ada@example.com"})),
    ]

    accepted(await house.ledger.apply_all(workspace.id, items))

    assert (await the_lead(house, workspace, email("ada@example.com"))).external_id == "crm-2"
    assert (await the_lead(house, workspace, external("crm-1"))).email is None


async def test_two_leads_may_exchange_their_names_within_one_bulk(house: House, workspace: Workspace) -> None:
    first, second = accepted(
        await house.ledger.apply_all(
            workspace.id, [(email("a@example.com"), known()), (email("b@example.com"), known())]
        )
    )
    items: list[Item] = [
        (by_id(first.lead.id), known({"email": None})),
        (by_id(second.lead.id), known({"email": "a@example.com"})),
        (by_id(first.lead.id), known({"email": "b@example.com"})),
    ]

    accepted(await house.ledger.apply_all(workspace.id, items))

    assert (await the_lead(house, workspace, email("a@example.com"))).id == second.lead.id
    assert (await the_lead(house, workspace, email("b@example.com"))).id == first.lead.id


async def test_a_cleared_field_is_gone_and_its_name_creates_anew(house: House, workspace: Workspace) -> None:
    made = await house.ledger.apply(
        workspace.id, external("crm-1"), known({"email": "ada@example.com", "name": "Ada", "company": "AE"})
    )
    await house.ledger.apply(
        workspace.id, by_id(made.lead.id), known({"external_id": None, "name": None, "company": None})
    )

    lead = await the_lead(house, workspace, by_id(made.lead.id))
    again = await house.ledger.apply(workspace.id, external("crm-1"), known())

    assert (lead.external_id, lead.name, lead.company, lead.email) == (None, None, None, "ada@example.com")
    assert again.created


async def test_an_upsert_without_effect_writes_nothing(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    edit = known({"name": "Ada"}, {"plan": "pro"}, ("vip",))
    first = await house.ledger.apply(workspace.id, external("crm-1"), edit)
    before = await written(mongo, workspace.id)

    again = await house.ledger.apply(workspace.id, external("crm-1"), edit)

    assert (again.created, again.duplicate, again.lead) == (False, False, first.lead)
    assert await written(mongo, workspace.id) == before


async def test_an_upsert_without_any_field_still_creates_its_lead(house: House, workspace: Workspace) -> None:
    first = await house.ledger.apply(workspace.id, external("crm-1"), known())
    again = await house.ledger.apply(workspace.id, external("crm-1"), known())

    assert (first.created, first.lead.version) == (True, 1)
    assert (again.created, again.lead.version) == (False, 1)
