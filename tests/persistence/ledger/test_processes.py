"""What several processes change at once is neither lost nor mixed up."""

from __future__ import annotations

import asyncio

from api.app import build_house
from domain.actors import Workspace
from domain.errors import LeadNotFound
from persistence.mongo import Mongo
from tests.persistence.conftest import DATABASE, MakeHouse
from tests.persistence.given import adjusted, assert_explained, by_id, external, known, leads_of
from tests.persistence.ledger.looks import the_lead
from tests.persistence.meanwhile import Meanwhile, heard_by


async def test_concurrent_changes_to_one_lead_lose_nothing(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    ledgers = [make_house().ledger for _ in range(4)]

    outcomes = await asyncio.gather(
        *(
            ledger.apply(workspace.id, external("crm-1"), adjusted(number))
            for number in range(1, 26)
            for ledger in ledgers
        )
    )

    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.engagement.score == 4 * sum(range(1, 26))
    assert (lead.version, len(outcomes)) == (100, 100)
    assert sum(outcome.created for outcome in outcomes) == 1
    await assert_explained(mongo, workspace.id)


async def test_concurrent_edits_of_different_fields_all_survive(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(4)]

    await asyncio.gather(
        *(
            house.ledger.apply(
                workspace.id, external("crm-1"), known(None, {f"a{number}": number}, (f"t{number}",))
            )
            for number, house in enumerate(houses * 5)
        )
    )

    lead = await the_lead(houses[0], workspace, external("crm-1"))
    assert dict(lead.attributes) == {f"a{number}": number for number in range(20)}
    assert set(lead.tags) == {f"t{number}" for number in range(20)}


async def test_a_lead_deleted_meanwhile_is_made_anew_or_not_found(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace, mongo: Mongo
) -> None:
    other = make_house()
    lead = (await other.ledger.apply(workspace.id, external("crm-1"), adjusted(7))).lead

    async def delete_elsewhere() -> None:
        await other.leads.delete(workspace.id, by_id(lead.id))

    meanwhile = Meanwhile("update", "leads", delete_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as heard:
        results = await build_house(heard).ledger.apply_all(
            workspace.id, [(by_id(lead.id), adjusted(1)), (external("crm-1"), adjusted(2))]
        )

    assert meanwhile.done
    assert isinstance(results[0], LeadNotFound)
    (anew,) = await leads_of(mongo, workspace.id)
    assert (anew.id != lead.id, anew.engagement.score) == (True, 2)
    await assert_explained(mongo, workspace.id)
