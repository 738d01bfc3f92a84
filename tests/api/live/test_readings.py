"""However many boards are told of a lead, it is read once; and never before it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from api.context import House
from api.live.readings import Readings
from api.scalars import now
from domain.actors import Workspace
from domain.leads import Lead
from persistence.leads import Leads
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.sockets import PATIENCE
from tests.persistence.given import adjusted, external


class Counted(Leads):
    """Leads that note what was read together."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self.readings: list[set[str]] = []

    async def by_ids(self, workspace: str, ids: Iterable[str]) -> dict[str, Lead]:
        wanted = set(ids)
        self.readings.append(wanted)
        return await super().by_ids(workspace, wanted)


async def scored(house: House, workspace: Workspace, *names: str) -> list[str]:
    return [(await house.ledger.apply(workspace.id, external(name), adjusted(30))).lead.id for name in names]


async def test_those_who_ask_together_are_answered_by_one_reading(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    one, two, three = await scored(house, workspace, "one", "two", "three")
    leads = Counted(mongo)
    readings = Readings(leads, house.configuration)

    answers = await asyncio.gather(
        *(readings.of(workspace.id, ids) for ids in ([one, two], [two, two, three], [one, "nobody"]))
    )

    assert leads.readings == [{one, two, three, "nobody"}]
    assert [set(found) for found, _ in answers] == [{one, two}, {two, three}, {one}]
    assert {scoring.version for _, scoring in answers} == {answers[0][1].version}


async def test_each_workspace_is_told_of_its_own_leads(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    other = await Workspaces(mongo).named("whose leads are read beside", now())
    (ours,), (theirs,) = await scored(house, workspace, "a"), await scored(house, other, "a")
    readings = Readings(Leads(mongo), house.configuration)

    (here, _), (there, _) = await asyncio.gather(
        *(readings.of(each.id, [ours, theirs]) for each in (workspace, other))
    )

    assert (set(here), set(there)) == ({ours}, {theirs})


async def test_nothing_is_remembered(house: House, mongo: Mongo, workspace: Workspace) -> None:
    (lead,) = await scored(house, workspace, "a")
    readings = Readings(Leads(mongo), house.configuration)
    before, _ = await readings.of(workspace.id, [lead])
    await scored(house, workspace, "a")
    after, _ = await readings.of(workspace.id, [lead])

    assert (before[lead].version, after[lead].version) == (1, 2)


async def test_a_workspace_that_is_gone_takes_nobody_else_with_it(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    (ours,) = await scored(house, workspace, "a")
    readings = Readings(Leads(mongo), house.configuration)

    here, there = await asyncio.gather(
        *(readings.of(each, [ours]) for each in (workspace.id, "gone")), return_exceptions=True
    )

    assert not isinstance(here, BaseException)
    assert set(here[0]) == {ours}
    assert isinstance(there, LookupError)


@pytest.mark.parametrize("turns", range(6))
async def test_those_who_ask_after_all_others_have_gone_are_answered(
    house: House, mongo: Mongo, workspace: Workspace, turns: int
) -> None:
    """Whenever those go: a turn of the loop or some after they asked."""
    (lead,) = await scored(house, workspace, "one")
    readings = Readings(Leads(mongo), house.configuration)
    gone = [asyncio.create_task(readings.of(workspace.id, [lead])) for _ in range(3)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for each in gone:
        each.cancel()
    await asyncio.wait(gone)

    async with asyncio.timeout(PATIENCE):
        found, _ = await readings.of(workspace.id, [lead])

    assert set(found) == {lead}
