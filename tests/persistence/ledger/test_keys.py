"""A key counts once: repeated later, in one bulk, at once, or through another process."""

from __future__ import annotations

import asyncio

import pytest

from api.app import build_house
from api.context import House
from domain.actors import Workspace
from domain.errors import DomainError
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.mongo import Mongo
from tests.persistence.conftest import DATABASE, MakeHouse
from tests.persistence.given import (
    CLICK,
    accepted,
    adjusted,
    assert_explained,
    by_id,
    clicked,
    external,
    leads_of,
    publish,
    written,
)
from tests.persistence.ledger.keyed import KEYED, Make
from tests.persistence.meanwhile import Meanwhile, heard_by


@KEYED
async def test_a_key_repeated_later_gives_the_first_outcome(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    await publish(house, workspace.id, CLICK)
    first = await house.ledger.apply(workspace.id, external("crm-1"), keyed())
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted(1))
    before = await written(mongo, workspace.id)

    again = await house.ledger.apply(workspace.id, external("crm-1"), keyed())

    assert (again.duplicate, again.created) == (True, False)
    assert first.changes
    assert (again.changes, again.activity) == (first.changes, first.activity)
    assert await written(mongo, workspace.id) == before


@KEYED
async def test_a_key_repeated_through_another_process_gives_the_first_outcome(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    first = await make_house().ledger.apply(workspace.id, external("crm-1"), keyed())
    before = await written(mongo, workspace.id)

    again = await make_house().ledger.apply(workspace.id, by_id(first.lead.id), keyed())

    assert again.duplicate
    assert (again.changes, again.activity, again.lead) == (first.changes, first.activity, first.lead)
    assert await written(mongo, workspace.id) == before


@KEYED
async def test_a_key_repeated_within_one_bulk_counts_once(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    items = [(external("crm-1"), keyed()) for _ in range(3)]

    outcomes = accepted(await house.ledger.apply_all(workspace.id, items))

    assert [outcome.duplicate for outcome in outcomes] == [False, True, True]
    assert outcomes[1] == outcomes[2]
    assert (outcomes[1].activity, outcomes[1].changes) == (outcomes[0].activity, outcomes[0].changes)
    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.version == 1


@KEYED
async def test_a_key_sent_by_many_at_once_counts_once(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    sending = (house.ledger.apply(workspace.id, external("crm-1"), keyed()) for _ in range(50))

    outcomes = await asyncio.gather(*sending)

    assert sum(not outcome.duplicate for outcome in outcomes) == 1
    assert sum(outcome.created for outcome in outcomes) == 1
    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.version == 1


@KEYED
async def test_a_key_sent_through_two_processes_at_once_counts_once(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    houses = [make_house(), make_house()]

    outcomes = await asyncio.gather(
        *(house.ledger.apply(workspace.id, external("crm-1"), keyed()) for _ in range(20) for house in houses)
    )

    assert sum(not outcome.duplicate for outcome in outcomes) == 1
    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.version == 1


@pytest.mark.parametrize("kind", ["activity", "adjustment"])
async def test_bulks_of_the_same_keys_sent_through_two_processes_at_once_count_once(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo, kind: str
) -> None:
    houses = [make_house(), make_house(), make_house()]
    items: list[Item] = [
        (
            external(f"crm-{number % 7}"),
            clicked(f"k{number}") if kind == "activity" else adjusted(1, f"k{number}"),
        )
        for number in range(60)
    ]
    orders = [items, items[::-1], items[30:] + items[:30]]

    results = await asyncio.gather(
        *(house.ledger.apply_all(workspace.id, order) for house, order in zip(houses, orders, strict=True))
    )

    outcomes = [outcome for result in results for outcome in accepted(result)]
    assert sum(not outcome.duplicate for outcome in outcomes) == 60
    assert sum(lead.version for lead in await leads_of(mongo, workspace.id)) == 60
    await assert_explained(mongo, workspace.id)


async def test_a_key_used_while_its_repeat_is_looked_up_is_a_repeat(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace
) -> None:
    """The lead is read first and is not there, then the key is read and is: both were committed between."""
    other = make_house()
    await other.ledger.apply(workspace.id, external("crm-1"), clicked("old"))
    new: Item = (external("crm-2"), clicked("new"))

    async def commit_elsewhere() -> None:
        await asyncio.sleep(0.2)  # lets the read of the leads, which runs beside, come first
        await other.ledger.apply(workspace.id, *new)

    meanwhile = Meanwhile("find", "activities", commit_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        ledger = build_house(mongo).ledger
        results = await ledger.apply_all(workspace.id, [(external("crm-1"), clicked("old")), new])

    assert meanwhile.done
    assert [outcome.duplicate for outcome in accepted(results)] == [True, True]


async def test_a_repeat_of_a_key_whose_lead_is_being_deleted_harms_no_other(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace
) -> None:
    other = make_house()
    await publish(other, workspace.id, CLICK)
    lead = (await other.ledger.apply(workspace.id, external("crm-1"), clicked("old"))).lead

    async def delete_elsewhere() -> None:
        await other.leads.delete(workspace.id, by_id(lead.id))

    meanwhile = Meanwhile("find", "score_changes", delete_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        ledger = build_house(mongo).ledger
        repeated = ledger.apply(workspace.id, external("crm-1"), clicked("old"))
        results = await asyncio.gather(
            repeated, ledger.apply(workspace.id, external("crm-2"), clicked()), return_exceptions=True
        )

    assert meanwhile.done
    assert not [result for result in results if not isinstance(result, Outcome | DomainError)]
    assert isinstance(results[1], Outcome)
