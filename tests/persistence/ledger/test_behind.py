"""Long work goes behind: it keeps no caller waiting, but for those who want a lead that it has in its hands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from api.context import House
from domain.actors import Workspace
from domain.leads import LeadRef, RefKind
from persistence.commits import Passage, Withdrawn
from persistence.leads import Name
from persistence.ledger import BATCH, BEHIND
from persistence.mongo import Mongo, new_id
from persistence.telling import tell
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    COLD,
    ENGAGEMENT,
    HOT,
    WARM,
    accepted,
    adjusted,
    assert_explained,
    entries_of,
    external,
    leads_of,
    set_levels,
    written,
)


class Line:
    """Long work: leads are told their level, with a line of its own for each batch, when the batch is let go."""

    def __init__(self, mongo: Mongo, workspace: Workspace) -> None:
        self.begun, self.released = asyncio.Event(), asyncio.Event()
        self.tries = 0
        self._marks = mongo.database.behind
        self._workspace = workspace.id

    async def work(self, passage: Passage, ids: Sequence[str]) -> None:
        self.tries += 1
        told = await tell(passage, self._workspace, ENGAGEMENT, ids)
        mark = {"_id": new_id(), "workspace": self._workspace, "size": len(ids), "told": told}
        await self._marks.insert_one(mark, session=passage.session)
        self.begun.set()
        await self.released.wait()

    async def written(self, what: str = "size") -> list[int]:
        """The sizes of the batches that were committed, or how many leads each of them told."""
        found = await self._marks.find({"workspace": self._workspace}).sort("_id", 1).to_list(None)
        return [each[what] for each in found]


@pytest.fixture
def line(mongo: Mongo, workspace: Workspace) -> Line:
    return Line(mongo, workspace)


async def untold(house: House, workspace: Workspace, count: int) -> list[tuple[Name, Name]]:
    """Leads whose level an edit has changed, by their names."""
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    made = accepted(
        await house.ledger.apply_all(
            workspace.id, [(external(f"crm-{n}"), adjusted(30)) for n in range(count)]
        )
    )
    await set_levels(house, workspace.id, COLD, HOT)
    return [((RefKind.ID, each.lead.id), (RefKind.EXTERNAL_ID, each.lead.external_id or "")) for each in made]


async def test_changes_of_other_leads_overtake_a_long_line(
    house: House, mongo: Mongo, workspace: Workspace, line: Line
) -> None:
    """The first batch of thousands is held; whoever comes meanwhile is answered nevertheless."""
    leads = await untold(house, workspace, 3 * BATCH)

    going = asyncio.create_task(house.ledger.work_behind(workspace.id, leads, line.work))
    await line.begun.wait()
    live = await house.ledger.apply(workspace.id, external("other"), adjusted(5))
    behind = await house.ledger.apply(workspace.id, external(f"crm-{3 * BATCH - 1}"), adjusted(5))

    assert not going.done()
    assert await line.written() == []
    assert live.lead.engagement.score == 5
    # It did not wait for those who would have told it.
    assert (len(behind.told), len(behind.changes)) == (1, 1)
    line.released.set()
    await going
    assert await line.written() == [BATCH] * 3
    assert await line.written("told") == [BATCH, BATCH, BATCH - 1]
    await assert_explained(mongo, workspace.id)


async def test_callers_are_answered_between_the_batches_of_a_long_line(
    house: House, mongo: Mongo, workspace: Workspace, line: Line
) -> None:
    leads = await untold(house, workspace, 10 * BATCH)
    line.released.set()

    going = asyncio.create_task(house.ledger.work_behind(workspace.id, leads, line.work))
    order = []
    for number in range(3):
        await house.ledger.apply(workspace.id, external(f"other-{number}"), adjusted(5))
        order.append(going.done())
    await going

    assert order == [False] * 3
    await assert_explained(mongo, workspace.id)


@pytest.mark.parametrize("name", ["id", "external id"])
async def test_a_change_of_a_lead_that_the_line_has_in_hand_waits_and_is_then_right(
    house: House, mongo: Mongo, workspace: Workspace, line: Line, name: str
) -> None:
    leads = await untold(house, workspace, 3)
    ref = LeadRef(*leads[0][0]) if name == "id" else external("crm-0")

    going = asyncio.create_task(house.ledger.work_behind(workspace.id, leads, line.work))
    await line.begun.wait()
    waiting = asyncio.create_task(house.ledger.apply(workspace.id, ref, adjusted(30)))
    await house.ledger.apply(workspace.id, external("other"), adjusted(5))

    assert not waiting.done()
    assert await entries_of(mongo, workspace.id)
    line.released.set()
    await going
    moved = await waiting
    assert (moved.lead.version, moved.told) == (3, ())
    assert (moved.changes[0].before.level, moved.changes[0].after.level) == (None, "Hot")
    assert line.tries == 1
    await assert_explained(mongo, workspace.id)


async def test_two_lines_go_behind_beside_each_other_and_a_third_waits(
    house: House, workspace: Workspace, line: Line, mongo: Mongo
) -> None:
    leads = await untold(house, workspace, 30)

    going = [
        asyncio.create_task(house.ledger.work_behind(workspace.id, leads[at : at + 10], line.work))
        for at in (0, 10, 20)
    ]
    while line.tries < BEHIND:  # noqa: ASYNC110 - the line raises no event for each
        await asyncio.sleep(0.01)
    await house.ledger.apply(workspace.id, external("other"), adjusted(5))
    tries = line.tries
    line.released.set()
    await asyncio.gather(*going)

    assert tries == BEHIND
    assert await line.written() == [10, 10, 10]
    await assert_explained(mongo, workspace.id)


async def test_work_that_is_withdrawn_writes_nothing_and_harms_no_other(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    leads = await untold(house, workspace, 2 * BATCH + 1)
    before = await written(mongo, workspace.id)
    begun, released = asyncio.Event(), asyncio.Event()

    async def withdraw(_: Passage, __: Sequence[str]) -> None:
        begun.set()
        await released.wait()
        raise Withdrawn

    going = asyncio.create_task(house.ledger.work_behind(workspace.id, leads, withdraw))
    await begun.wait()
    waiting = asyncio.create_task(house.ledger.apply(workspace.id, LeadRef(*leads[0][0]), adjusted(30)))
    released.set()

    with pytest.raises(Withdrawn):
        await going
    moved = await waiting
    assert len(moved.told) == 1
    after = await written(mongo, workspace.id)
    (lead,) = [each for each in after["leads"] if each["_id"] == moved.lead.id]
    assert [each for each in after["leads"] if each is not lead] == [
        each for each in before["leads"] if each["_id"] != lead["_id"]
    ]
    assert len(after["score_changes"]) == len(before["score_changes"]) + 2
    await assert_explained(mongo, workspace.id)


async def test_a_batch_that_conflicts_with_another_process_is_written_once(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, line: Line
) -> None:
    """What its work wrote stays only with the try that is committed."""
    here, there = make_house(), make_house()
    leads = await untold(here, workspace, 8)

    async def meddle(passage: Passage, ids: Sequence[str]) -> None:
        await line.work(passage, ids)
        if line.tries == 1:
            await set_levels(there, workspace.id, COLD, WARM, HOT)

    line.released.set()
    await here.ledger.work_behind(workspace.id, leads, meddle)

    assert sum(await line.written("told")) == 0  # the edit was taken back
    assert sum(await line.written()) == 8
    assert line.tries > len(await line.written())
    await assert_explained(mongo, workspace.id)


async def test_a_lead_that_is_gone_keeps_no_other_from_being_told(
    house: House, mongo: Mongo, workspace: Workspace, line: Line
) -> None:
    leads = await untold(house, workspace, 3)
    await house.leads.delete(workspace.id, LeadRef(*leads[1][0]))
    line.released.set()

    await house.ledger.work_behind(workspace.id, leads, line.work)

    assert (await line.written(), await line.written("told")) == ([3], [2])
    await assert_explained(mongo, workspace.id)


async def test_an_empty_line_does_nothing(house: House, workspace: Workspace, line: Line) -> None:
    await house.ledger.work_behind(workspace.id, [], line.work)

    assert await line.written() == []


async def test_closing_waits_for_the_line_behind(
    house: House, mongo: Mongo, workspace: Workspace, line: Line
) -> None:
    leads = await untold(house, workspace, BATCH + 1)
    line.released.set()
    going = asyncio.create_task(house.ledger.work_behind(workspace.id, leads, line.work))
    await asyncio.sleep(0)

    await house.ledger.close()

    assert sum(await line.written()) == BATCH + 1
    assert len(await leads_of(mongo, workspace.id)) == BATCH + 1
    await going
