"""A cursor outlives its snapshot; one of another list, or of none, is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from api.context import House
from domain.actors import Workspace
from domain.errors import Fault, InvalidInput
from persistence import pages
from persistence.leads import SNAPSHOT_GONE, LeadOrder, LeadOrderField
from persistence.mongo import Mongo
from tests.persistence.conftest import server_parameter
from tests.persistence.given import by_id
from tests.persistence.leads.crowds import scattered, store
from tests.persistence.leads.lists import ALL, BY_SCORE, EVERY_ORDER, every_order, ids, in_order, rest


@pytest.fixture
async def forget_snapshots(mongo: Mongo) -> AsyncIterator[None]:
    """The server keeps no past, as one does that is older than five minutes."""
    async with server_parameter(mongo, "minSnapshotHistoryWindowInSeconds", 0):
        yield


async def is_gone(mongo: Mongo, time: Any) -> bool:
    read = {"find": "leads", "limit": 1, "readConcern": {"level": "snapshot", "atClusterTime": time}}
    try:
        await mongo.database.command(read)
    except OperationFailure as error:
        if error.code in SNAPSHOT_GONE:
            return True
        raise
    return False


async def until_gone(mongo: Mongo, time: Any) -> None:
    """Write until the database no longer has the snapshot of that time."""
    while not await is_gone(mongo, time):
        await mongo.database["anything"].insert_one({})


@pytest.mark.usefixtures("forget_snapshots")
@every_order
async def test_a_walk_whose_snapshot_is_gone_goes_on_from_its_place_in_the_list_as_it_is(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    expected = in_order(leads, order)
    first = await house.leads.page(workspace.id, ALL, order, 5, None)
    await house.leads.delete(workspace.id, by_id(expected[9]))
    answer = await mongo.database.command({"find": "leads", "limit": 1, "readConcern": {"level": "snapshot"}})
    await until_gone(mongo, answer["cursor"]["atClusterTime"])

    found = ids(first) + await rest(house, workspace, order, 4, first.edges[-1].cursor)

    assert found == expected[:9] + expected[10:]


@every_order
async def test_a_cursor_of_another_order_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    await store(mongo, workspace, *scattered(3))
    page = await house.leads.page(workspace.id, ALL, order, 1, None)

    for other in EVERY_ORDER:
        if other != order:
            with pytest.raises(InvalidInput) as refusal:
                await house.leads.page(workspace.id, ALL, other, 1, page.edges[0].cursor)
            assert [problem.fault for problem in refusal.value.problems] == [Fault.MALFORMED_CURSOR]


def forged(*place: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


NAME = "ENGAGEMENT_SCORE -1"
NONSENSE = {
    "blank": " ",
    "no base64": "§§§",
    "half a cursor": forged(NAME, 1, "x", 1, 1)[:9],
    "no json": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "deep json": base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    "another list": pages.encode("65e1a7c0f0f0f0f0f0f0f0f0.0000000001"),
    "no list": base64.urlsafe_b64encode(b"7").decode(),
    "too short": forged(NAME, 1, "x", 1),
    "too long": forged(NAME, 1, "x", 1, 1, 1),
    "a text for a score": forged(NAME, "1", "x", 1, 1),
    "a flag for a score": forged(NAME, True, "x", 1, 1),
    "a fraction for a score": forged(NAME, 1.5, "x", 1, 1),
    "no id": forged(NAME, 1, None, 1, 1),
    "an object for an id": forged(NAME, 1, {"$gt": ""}, 1, 1),
    "an id that is no text": forged(NAME, 1, "\ud800", 1, 1),
    "a score beyond 64 bits": forged(NAME, 2**63, "x", 1, 1),
    "a time before the beginning": forged(NAME, 1, "x", -1, 1),
    "a time beyond 32 bits": forged(NAME, 1, "x", 2**32, 1),
    "no time": forged(NAME, 1, "x", 0, 0),
    "a time to come": forged(NAME, 1, "x", 2**32 - 1, 1),
}


@pytest.mark.parametrize("cursor", NONSENSE.values(), ids=NONSENSE)
async def test_a_cursor_that_nobody_was_given_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, cursor: str
) -> None:
    await store(mongo, workspace, *scattered(3))

    with pytest.raises(InvalidInput) as refusal:
        await house.leads.page(workspace.id, ALL, BY_SCORE, 10, cursor)

    (problem,) = refusal.value.problems
    assert (problem.path, problem.fault) == (("after",), Fault.MALFORMED_CURSOR)


@pytest.mark.parametrize("value", [10**18, -(10**18), 2**63])
async def test_a_cursor_with_an_impossible_moment_is_refused(
    house: House, workspace: Workspace, value: int
) -> None:
    with pytest.raises(InvalidInput):
        await house.leads.page(
            workspace.id,
            ALL,
            LeadOrder(LeadOrderField.CREATED_AT),
            10,
            forged("CREATED_AT -1", value, "x", 1, 1),
        )
