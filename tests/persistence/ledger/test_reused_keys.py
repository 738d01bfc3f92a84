"""A key that was used for something else is refused; one of a refused item stays free."""

from __future__ import annotations

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import Fault, LeadNotFound
from domain.leads import LeadRef
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.mongo import Mongo
from tests.persistence.given import adjusted, by_id, clicked, email, external, leads_of, written
from tests.persistence.ledger.keyed import Make, adjustment_with_key, click_with_key
from tests.persistence.ledger.looks import fault_of


@pytest.mark.parametrize(
    ("keyed", "path"), [(click_with_key, ("activity", "key")), (adjustment_with_key, ("key",))]
)
@pytest.mark.parametrize("ref", [external("crm-2"), external("crm-3"), email("new@example.com")])
async def test_a_key_reused_for_another_lead_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make, path: tuple[str, ...], ref: LeadRef
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), keyed())
    await house.ledger.apply(workspace.id, external("crm-2"), adjusted())
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(workspace.id, [(ref, keyed())])

    assert fault_of(result) == (path, Fault.KEY_REUSED)
    assert await written(mongo, workspace.id) == before


async def test_a_key_reused_for_another_kind_of_activity_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), clicked("k"))
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(
        workspace.id, [(external("crm-1"), clicked("k", kind="EMAIL_OPENED"))]
    )

    assert fault_of(result) == (("activity", "key"), Fault.KEY_REUSED)
    assert await written(mongo, workspace.id) == before


async def test_a_key_reused_within_one_bulk_for_another_lead_is_refused(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    items: list[Item] = [(external("crm-1"), clicked("k")), (external("crm-2"), clicked("k"))]

    first, second = await house.ledger.apply_all(workspace.id, items)

    assert isinstance(first, Outcome)
    assert fault_of(second) == (("activity", "key"), Fault.KEY_REUSED)
    assert [lead.external_id for lead in await leads_of(mongo, workspace.id)] == ["crm-1"]


async def test_activities_and_adjustments_have_keys_of_their_own(house: House, workspace: Workspace) -> None:
    changes = [click_with_key(), adjustment_with_key()]

    outcomes = [await house.ledger.apply(workspace.id, external("crm-1"), change) for change in changes]

    assert [outcome.duplicate for outcome in outcomes] == [False, False]


async def test_the_key_of_a_refused_item_stays_free(house: House, workspace: Workspace) -> None:
    unknown = by_id("65e1a7c0f0f0f0f0f0f0f0f0")

    refused, first = await house.ledger.apply_all(
        workspace.id, [(unknown, clicked("k")), (external("crm-1"), clicked("k"))]
    )

    assert isinstance(refused, LeadNotFound)
    assert isinstance(first, Outcome)
    assert not first.duplicate
