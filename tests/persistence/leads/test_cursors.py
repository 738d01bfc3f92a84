"""An election while leads are read by their ids, whose cursor is gone by it."""

from __future__ import annotations

import pytest

from domain.actors import Workspace
from persistence.leads import Leads
from persistence.mongo import Mongo, Unreachable
from tests.persistence.conftest import Fail
from tests.persistence.leads.crowds import a_lead, store

CURSOR_NOT_FOUND = 43
MANY = 150  # more than the database's own first batch


async def test_leads_that_are_read_by_id_come_at_once(
    fallible: Mongo, workspace: Workspace, fail: Fail
) -> None:
    leads = {lead.id: lead for lead in map(a_lead, range(MANY))}
    await store(fallible, workspace, *leads.values())

    await fail("getMore", times=1, errorCode=CURSOR_NOT_FOUND)

    assert await Leads(fallible).by_ids(workspace.id, leads) == leads


async def test_those_that_are_too_large_for_that_are_worth_another_try(
    fallible: Mongo, workspace: Workspace, fail: Fail
) -> None:
    lead = a_lead(1)
    await store(fallible, workspace, lead)

    await fail("find", times=1, errorCode=CURSOR_NOT_FOUND)

    with pytest.raises(Unreachable):
        await Leads(fallible).by_ids(workspace.id, [lead.id])
    assert await Leads(fallible).by_ids(workspace.id, [lead.id]) == {lead.id: lead}
