"""Long work goes behind: it keeps no caller waiting, but for those who want a lead that it has in its hands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from api.context import House
from domain.actors import Workspace
from domain.changes import Reclassify
from domain.errors import DomainError, LeadNotFound
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.commits import Withdrawn
from persistence.ledger import BATCH
from persistence.mongo import Mongo, Session, new_id
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    COLD,
    ENGAGEMENT,
    HOT,
    WARM,
    accepted,
    adjusted,
    assert_explained,
    by_id,
    entries_of,
    external,
    leads_of,
    set_levels,
    written,
)

Outcomes = Sequence[Outcome | DomainError]


class Beside:
    """What is written beside each batch: a line of its own, when the batch is let go."""

    def __init__(self, mongo: Mongo, workspace: Workspace) -> None:
        self.begun, self.released = asyncio.Event(), asyncio.Event()
        self.tries = 0
        self._marks = mongo.database.behind
        self._workspace = workspace.id

    async def write(self, session: Session, outcomes: Outcomes) -> None:
        self.tries += 1
        mark = {"_id": new_id(), "workspace": self._workspace, "size": len(outcomes)}
        await self._marks.insert_one(mark, session=session)
        self.begun.set()
        await self.released.wait()

    async def written(self) -> list[int]:
        """The sizes of the batches that were committed."""
        found = await self._marks.find({"workspace": self._workspace}).sort("_id", 1).to_list(None)
        return [each["size"] for each in found]


@pytest.fixture
def beside(mongo: Mongo, workspace: Workspace) -> Beside:
    return Beside(mongo, workspace)


async def untold(house: House, workspace: Workspace, count: int) -> list[Item]:
    """Leads whose level an edit has changed, and what tells them."""
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    made = accepted(
        await house.ledger.apply_all(
            workspace.id, [(external(f"crm-{n}"), adjusted(30)) for n in range(count)]
        )
    )
    await set_levels(house, workspace.id, COLD, HOT)
    return [
        (by_id(each.lead.id), Reclassify(ENGAGEMENT, (external(each.lead.external_id or ""),)))
        for each in made
    ]


async def test_changes_of_other_leads_overtake_a_long_line(
    house: House, mongo: Mongo, workspace: Workspace, beside: Beside
) -> None:
    """The first batch of thousands is held; whoever comes meanwhile is answered nevertheless."""
    items = await untold(house, workspace, 3 * BATCH)

    line = asyncio.create_task(house.ledger.apply_behind(workspace.id, items, beside.write))
    await beside.begun.wait()
    live = await house.ledger.apply(workspace.id, external("other"), adjusted(5))
    behind = await house.ledger.apply(workspace.id, external(f"crm-{3 * BATCH - 1}"), adjusted(5))

    assert not line.done()
    assert await beside.written() == []
    assert live.lead.engagement.score == 5
    assert [len(behind.told), len(behind.changes)] == [
        1,
        1,
    ]  # it did not wait for those who would have told it
    beside.released.set()
    outcomes = accepted(await line)
    assert await beside.written() == [BATCH] * 3
    assert [len(each.told) for each in outcomes] == [1] * (3 * BATCH - 1) + [0]
    await assert_explained(mongo, workspace.id)


async def test_callers_are_answered_between_the_batches_of_a_long_line(
    house: House, mongo: Mongo, workspace: Workspace, beside: Beside
) -> None:
    items = await untold(house, workspace, 4 * BATCH)
    beside.released.set()

    line = asyncio.create_task(house.ledger.apply_behind(workspace.id, items, beside.write))
    order = []
    for number in range(3):
        await house.ledger.apply(workspace.id, external(f"other-{number}"), adjusted(5))
        order.append(line.done())
    await line

    assert order == [False] * 3
    await assert_explained(mongo, workspace.id)


@pytest.mark.parametrize("name", ["id", "external id"])
async def test_a_change_of_a_lead_that_the_line_has_in_hand_waits_and_is_then_right(
    house: House, mongo: Mongo, workspace: Workspace, beside: Beside, name: str
) -> None:
    items = await untold(house, workspace, 3)
    ref = items[0][0] if name == "id" else external("crm-0")

    line = asyncio.create_task(house.ledger.apply_behind(workspace.id, items, beside.write))
    await beside.begun.wait()
    waiting = asyncio.create_task(house.ledger.apply(workspace.id, ref, adjusted(30)))
    await house.ledger.apply(workspace.id, external("other"), adjusted(5))

    assert not waiting.done()
    assert await entries_of(mongo, workspace.id)
    beside.released.set()
    (first, *_), moved = accepted(await line), await waiting
    assert (first.lead.version, moved.lead.version, moved.told) == (2, 3, ())
    assert (moved.changes[0].before, moved.changes[0].after.level) == (first.told[0].after, "Hot")
    assert beside.tries == 1
    await assert_explained(mongo, workspace.id)


async def test_one_line_at_a_time_goes_behind(
    house: House, workspace: Workspace, beside: Beside, mongo: Mongo
) -> None:
    items = await untold(house, workspace, 20)

    first = asyncio.create_task(house.ledger.apply_behind(workspace.id, items[:10], beside.write))
    await beside.begun.wait()
    second = asyncio.create_task(house.ledger.apply_behind(workspace.id, items[10:], beside.write))
    await house.ledger.apply(workspace.id, external("other"), adjusted(5))

    assert beside.tries == 1
    beside.released.set()
    accepted([*await first, *await second])
    assert await beside.written() == [10, 10]
    await assert_explained(mongo, workspace.id)


async def test_work_that_is_withdrawn_writes_nothing_and_harms_no_other(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    items = await untold(house, workspace, 2 * BATCH + 1)
    before = await written(mongo, workspace.id)
    begun, released = asyncio.Event(), asyncio.Event()

    async def withdraw(_: Session, __: Outcomes) -> None:
        begun.set()
        await released.wait()
        raise Withdrawn

    line = asyncio.create_task(house.ledger.apply_behind(workspace.id, items, withdraw))
    await begun.wait()
    waiting = asyncio.create_task(house.ledger.apply(workspace.id, items[0][0], adjusted(30)))
    released.set()

    with pytest.raises(Withdrawn):
        await line
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
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, beside: Beside
) -> None:
    """What is written beside it stays only with the try that is committed."""
    here, there = make_house(), make_house()
    items = await untold(here, workspace, 8)

    async def meddle(session: Session, outcomes: Outcomes) -> None:
        await beside.write(session, outcomes)
        if beside.tries == 1:
            await set_levels(there, workspace.id, COLD, WARM, HOT)

    beside.released.set()
    outcomes = accepted(await here.ledger.apply_behind(workspace.id, items, meddle))

    assert [each.told for each in outcomes] == [()] * 8  # the edit was taken back
    assert sum(await beside.written()) == 8
    assert beside.tries > len(await beside.written())
    await assert_explained(mongo, workspace.id)


async def test_a_lead_that_is_gone_is_refused_and_the_others_are_told(
    house: House, mongo: Mongo, workspace: Workspace, beside: Beside
) -> None:
    items = await untold(house, workspace, 3)
    await house.leads.delete(workspace.id, items[1][0])
    beside.released.set()

    results = await house.ledger.apply_behind(workspace.id, items, beside.write)

    assert [type(each) for each in results] == [Outcome, LeadNotFound, Outcome]
    assert await beside.written() == [3]
    await assert_explained(mongo, workspace.id)


async def test_an_empty_line_writes_nothing_beside(
    house: House, workspace: Workspace, beside: Beside
) -> None:
    assert await house.ledger.apply_behind(workspace.id, [], beside.write) == []
    assert await beside.written() == []


async def test_closing_waits_for_the_line_behind(
    house: House, mongo: Mongo, workspace: Workspace, beside: Beside
) -> None:
    items = await untold(house, workspace, BATCH + 1)
    beside.released.set()
    line = asyncio.create_task(house.ledger.apply_behind(workspace.id, items, beside.write))
    await asyncio.sleep(0)

    await house.ledger.close()

    assert sum(await beside.written()) == BATCH + 1
    assert len(await leads_of(mongo, workspace.id)) == BATCH + 1
    await line
