"""A lead is found by each of its names, and deleted with all that is its own."""

from __future__ import annotations

import asyncio

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import LeadNotFound
from domain.leads import LeadRef
from persistence.mongo import Mongo
from tests.persistence.given import (
    CLICK,
    accepted,
    adjusted,
    assert_explained,
    by_id,
    clicked,
    email,
    external,
    leads_of,
    publish,
    written,
)
from tests.persistence.leads.crowds import a_lead, store


async def test_a_lead_is_found_by_each_of_its_names(house: House, mongo: Mongo, workspace: Workspace) -> None:
    lead = a_lead(1, email="ada@example.com")
    await store(mongo, workspace, lead, a_lead(2))

    for ref in (by_id(lead.id), external("crm-1"), email("ada@example.com")):
        assert await house.leads.find(workspace.id, ref) == lead


@pytest.mark.parametrize("ref", [by_id("crm-1"), external("crm-2"), email("crm-1"), external("CRM-1")])
async def test_a_lead_is_not_found_by_what_is_not_its_name(
    house: House, mongo: Mongo, workspace: Workspace, ref: LeadRef
) -> None:
    await store(mongo, workspace, a_lead(1))

    assert await house.leads.find(workspace.id, ref) is None


async def test_leads_are_found_by_those_of_many_ids_that_there_are(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    first, second = a_lead(1), a_lead(2)
    await store(mongo, workspace, first, second, a_lead(3))

    found = await house.leads.by_ids(workspace.id, [second.id, "nobody", first.id])

    assert found == {first.id: first, second.id: second}
    assert await house.leads.by_ids(workspace.id, []) == {}


@pytest.mark.parametrize("name", ["id", "external_id", "email"])
async def test_a_deleted_lead_takes_its_activities_and_history_and_nothing_else(
    house: House, mongo: Mongo, workspace: Workspace, name: str
) -> None:
    await publish(house, workspace.id, CLICK)
    for who in ("crm-1", "crm-2", "crm-11"):
        items = [(external(who), clicked(f"{who} {n}")) for n in range(3)]
        accepted(await house.ledger.apply_all(workspace.id, [*items, (external(who), adjusted(5))]))
    await house.ledger.apply(workspace.id, email("ada@example.com"), clicked())
    refs = {"external_id": external("crm-1"), "email": email("ada@example.com")}
    refs["id"] = by_id((await house.ledger.apply(workspace.id, external("crm-1"), clicked())).lead.id)
    lead = await house.leads.find(workspace.id, refs[name])
    assert lead
    before = await written(mongo, workspace.id)

    removed = await house.leads.delete(workspace.id, refs[name])

    assert removed == lead.id
    assert await written(mongo, workspace.id) == {
        **before,
        "leads": [each for each in before["leads"] if each["_id"] != lead.id],
        "activities": [each for each in before["activities"] if each["lead"] != lead.id],
        "score_changes": [each for each in before["score_changes"] if each["lead"] != lead.id],
    }


async def test_a_deleted_lead_s_names_and_keys_are_free_again(house: House, workspace: Workspace) -> None:
    first = await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5, "k"))
    await house.leads.delete(workspace.id, external("crm-1"))

    again = await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5, "k"))

    assert (again.created, again.duplicate, again.lead.engagement.score) == (True, False, 5)
    assert again.lead.id != first.lead.id


@pytest.mark.parametrize("ref", [by_id("nobody"), external("nobody"), email("nobody@example.com")])
async def test_an_unknown_lead_cannot_be_deleted(
    house: House, mongo: Mongo, workspace: Workspace, ref: LeadRef
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted())
    before = await written(mongo, workspace.id)

    with pytest.raises(LeadNotFound):
        await house.leads.delete(workspace.id, ref)

    assert await written(mongo, workspace.id) == before


async def test_a_lead_that_is_written_while_it_is_deleted_is_gone_or_made_anew_whole(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    async def write() -> None:
        for _ in range(30):
            await house.ledger.apply(workspace.id, external("crm-1"), clicked())

    async def delete() -> None:
        for _ in range(10):
            await asyncio.sleep(0.005)
            try:
                await house.leads.delete(workspace.id, external("crm-1"))
            except LeadNotFound:
                continue

    await publish(house, workspace.id, CLICK)
    await asyncio.gather(write(), delete())

    await assert_explained(mongo, workspace.id)
    activities = await mongo.activities.find({"workspace": workspace.id}).to_list(None)
    leads = await leads_of(mongo, workspace.id)
    assert sum(lead.version for lead in leads) == len(activities)
