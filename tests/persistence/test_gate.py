"""The gate: those who score never meet, but whoever edits meets all of them, and one of the two begins again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from pymongo.errors import OperationFailure

from api.context import House
from domain.actors import Workspace
from domain.levels import Dimension
from persistence.declared import COLLECTIONS, PLACE_IDLE
from persistence.gate import Gate, PlaceGone, shut_gate, workspace_of
from persistence.mongo import WRITE_CONFLICT, Conflict, Mongo, Session
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    accepted,
    adjusted,
    assert_explained,
    external,
    leads_of,
    publish,
    set_levels,
)


@asynccontextmanager
async def transaction(mongo: Mongo, workspace: Workspace) -> AsyncIterator[Session]:
    """One that has begun: it sees the database as it is now."""
    async with await mongo.client.start_session() as session, session.start_transaction():
        await mongo.workspaces.find_one({"_id": workspace.id}, session=session)
        yield session


async def assert_conflict(both: Awaitable[None]) -> None:
    with pytest.raises(OperationFailure) as conflict:
        await both

    assert conflict.value.code == WRITE_CONFLICT


async def places_of(mongo: Mongo, workspace: Workspace) -> set[str]:
    """All there are, but for the gatepost."""
    found = await mongo.gate.find({"workspace": workspace.id}).to_list(None)
    return {each["_id"] for each in found} - {workspace.id}


async def test_those_who_score_pass_beside_each_other(mongo: Mongo, workspace: Workspace) -> None:
    gate = Gate(mongo)

    async with (
        gate.place(workspace.id) as one,
        gate.place(workspace.id) as other,
        transaction(mongo, workspace) as first,
        transaction(mongo, workspace) as second,
    ):
        await gate.leave(one, first)
        await gate.leave(other, second)

    assert await places_of(mongo, workspace) == {one, other}


async def test_a_place_serves_one_transaction_after_the_other(mongo: Mongo, workspace: Workspace) -> None:
    gate, places = Gate(mongo), set()

    for _ in range(3):
        async with gate.place(workspace.id) as place, transaction(mongo, workspace) as session:
            await gate.leave(place, session)
            places.add(place)

    assert len(places) == 1


async def test_a_place_says_by_its_name_alone_whose_it_is(mongo: Mongo, workspace: Workspace) -> None:
    """And so does the gatepost: the database's log tells no more of either when it is written to."""
    async with Gate(mongo).place(workspace.id) as place:
        assert place != workspace.id
        assert workspace_of(place) == workspace_of(workspace.id) == workspace.id


async def test_whoever_scores_does_not_pass_when_an_edit_was_committed_since_they_began(
    mongo: Mongo, workspace: Workspace
) -> None:
    gate = Gate(mongo)

    async def both() -> None:
        async with gate.place(workspace.id) as place, transaction(mongo, workspace) as scoring:
            async with transaction(mongo, workspace) as editing:
                await shut_gate(mongo, workspace.id, editing)
            await gate.leave(place, scoring)

    await assert_conflict(both())


async def test_an_edit_does_not_pass_when_somebody_scored_since_it_began(
    mongo: Mongo, workspace: Workspace
) -> None:
    gate = Gate(mongo)

    async def both() -> None:
        async with gate.place(workspace.id) as place, transaction(mongo, workspace) as editing:
            async with transaction(mongo, workspace) as scoring:
                await gate.leave(place, scoring)
            await shut_gate(mongo, workspace.id, editing)

    await assert_conflict(both())


async def test_an_edit_does_not_pass_when_somebody_took_a_new_place_since_it_began(
    mongo: Mongo, workspace: Workspace
) -> None:
    """It cannot see the place, and so could not shut it."""
    gate = Gate(mongo)

    async def both() -> None:
        async with transaction(mongo, workspace) as editing:
            async with gate.place(workspace.id) as place, transaction(mongo, workspace) as scoring:
                await gate.leave(place, scoring)
            await shut_gate(mongo, workspace.id, editing)

    await assert_conflict(both())


async def test_two_edits_at_once_conflict(mongo: Mongo, workspace: Workspace) -> None:
    async def both() -> None:
        async with transaction(mongo, workspace) as one, transaction(mongo, workspace) as other:
            await shut_gate(mongo, workspace.id, one)
            await shut_gate(mongo, workspace.id, other)

    await assert_conflict(both())


async def test_an_edit_keeps_nobody_from_scoring_in_another_workspace(
    mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    gate = Gate(mongo)

    async with (
        gate.place(other.id) as place,
        transaction(mongo, other) as scoring,
        transaction(mongo, workspace) as editing,
    ):
        await shut_gate(mongo, workspace.id, editing)
        await gate.leave(place, scoring)

    assert await places_of(mongo, workspace) == set()
    assert await places_of(mongo, other) == {place}


async def test_a_place_that_is_gone_is_not_passed_and_not_offered_again(
    mongo: Mongo, workspace: Workspace
) -> None:
    gate = Gate(mongo)
    async with gate.place(workspace.id) as gone:
        await mongo.gate.delete_one({"_id": gone})

    async def leave() -> None:
        async with gate.place(workspace.id) as place, transaction(mongo, workspace) as session:
            await gate.leave(place, session)

    with pytest.raises(PlaceGone):
        await leave()

    async with gate.place(workspace.id) as new:
        assert new != gone
    assert await places_of(mongo, workspace) == {new}


async def test_scoring_goes_on_after_its_place_was_removed_as_idle(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5))
    await mongo.gate.delete_many({"_id": {"$in": list(await places_of(mongo, workspace))}})

    outcomes = accepted(
        await house.ledger.apply_all(workspace.id, [(external(f"crm-{n}"), adjusted(5)) for n in range(3)])
    )

    assert [each.lead.engagement.score for each in outcomes] == [5, 10, 5]
    await assert_explained(mongo, workspace.id)


async def test_places_are_removed_when_they_lay_idle_and_the_gatepost_is_not(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5))

    timed = {
        each["_id"] async for each in mongo.gate.find({"workspace": workspace.id, "used_at": {"$type": 9}})
    }

    assert timed == await places_of(mongo, workspace) != set()
    indexes = [each.document for each in COLLECTIONS["gate"].indexes]
    assert [each["expireAfterSeconds"] for each in indexes if "expireAfterSeconds" in each] == [PLACE_IDLE]
    assert await mongo.gate.find_one({"_id": workspace.id})


async def test_edits_without_pause_and_changes_without_pause_all_come_through(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    """Neither those who score nor those who edit are kept out by the others for good."""
    houses = [make_house() for _ in range(3)]
    editing = asyncio.Event()

    async def score(house: House, name: str) -> int:
        count = 0
        while not editing.is_set():
            await house.ledger.apply(workspace.id, external(name), adjusted(1))
            count += 1
        return count

    async def edit() -> None:
        for number in range(10):
            await set_levels(houses[0], workspace.id, *((COLD, HOT) if number % 2 else (HOT,)))
            await publish(houses[0], workspace.id, CLICK)
        editing.set()

    async with asyncio.TaskGroup() as group:
        scoring = [
            group.create_task(score(house, f"crm-{number}")) for number, house in enumerate(houses * 2)
        ]
        group.create_task(edit())

    scored = sum(each.result() for each in scoring)
    assert sum(lead.engagement.score for lead in await leads_of(mongo, workspace.id)) == scored
    assert len((await houses[0].level_sets.page(workspace.id, Dimension.ENGAGEMENT, 20, None)).edges) == 11
    await assert_explained(mongo, workspace.id)


async def test_an_edit_that_somebody_keeps_out_for_too_long_says_so(
    house: House, mongo: Mongo, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process that died in the middle of a transaction does, until the database gives it up."""
    monkeypatch.setattr("persistence.mongo.CONFLICT_PATIENCE", 0.2)
    gate = Gate(mongo)

    async with gate.place(workspace.id) as place, transaction(mongo, workspace) as dead:
        await gate.leave(place, dead)
        with pytest.raises(Conflict):
            await set_levels(house, workspace.id, COLD, HOT)
        await dead.abort_transaction()

    assert (await set_levels(house, workspace.id, COLD, HOT)).version == 1
