"""A reply that is lost on the way leaves nobody in doubt: what was committed is told so, and counts once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.changes import Change
from domain.levels import Dimension
from persistence.batch import Item
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.persistence.conftest import Fail
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    accepted,
    adjusted,
    assert_explained,
    clicked,
    external,
    leads_of,
    publish,
    set_levels,
)

_numbers = itertools.count(1)

# The connection breaks; the server is no longer the primary; it committed, but knows of no majority that did.
NEVER_HEARD = {"closeConnection": True}
STEPPING_DOWN = {"errorCode": 11602}  # InterruptedDueToReplStateChange
UNSURE = {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}}

COMMANDS = ["find", "insert", "update", "commitTransaction"]


@pytest.fixture
async def workspace(fallible: Mongo) -> Workspace:
    return await Workspaces(fallible).named(f"lost replies {next(_numbers)}", now())


@pytest.fixture
async def house(fallible: Mongo, workspace: Workspace) -> AsyncIterator[House]:
    house = build_house(fallible)
    await publish(house, workspace.id, CLICK)
    await set_levels(house, workspace.id, COLD, HOT)
    yield house
    await house.ledger.close()


def some_items(key: str | None) -> list[Item]:
    changes: list[Change] = [
        clicked(key),
        adjusted(5, key),
        adjusted(-7, dimension=Dimension.PROFILE),
        clicked(),
    ]
    return [(external(f"crm-{number % 2}"), change) for number, change in enumerate(changes)]


@pytest.mark.parametrize("how", [NEVER_HEARD, STEPPING_DOWN], ids=["never heard", "stepping down"])
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("times", [1, 3])
async def test_changes_whose_commit_is_disturbed_are_made_once(
    fallible: Mongo,
    fail: Fail,
    house: House,
    workspace: Workspace,
    command: str,
    how: dict[str, object],
    times: int,
) -> None:
    await house.ledger.apply_all(workspace.id, some_items(None))
    await fail(command, times=times, **how)

    outcomes = accepted(await house.ledger.apply_all(workspace.id, some_items("k")))
    again = accepted(await house.ledger.apply_all(workspace.id, some_items("k")[:2]))

    assert [outcome.duplicate for outcome in (*outcomes, *again)] == [False] * 4 + [True] * 2
    assert sum(lead.version for lead in await leads_of(fallible, workspace.id)) == 8
    await assert_explained(fallible, workspace.id)


async def test_changes_of_which_the_majority_is_unsure_are_made_once(
    fallible: Mongo, fail: Fail, house: House, workspace: Workspace
) -> None:
    await fail("commitTransaction", times=3, **UNSURE)

    outcomes = accepted(await house.ledger.apply_all(workspace.id, some_items("k")))

    assert [outcome.duplicate for outcome in outcomes] == [False] * 4
    assert sum(lead.version for lead in await leads_of(fallible, workspace.id)) == 4
    await assert_explained(fallible, workspace.id)


@pytest.mark.parametrize("how", [NEVER_HEARD, STEPPING_DOWN], ids=["never heard", "stepping down"])
async def test_edits_whose_commit_is_disturbed_are_made_once(
    fail: Fail, house: House, workspace: Workspace, how: dict[str, object]
) -> None:
    await fail("commitTransaction", "update", times=2, **how)

    made = await set_levels(house, workspace.id, HOT)

    assert made.version == 2
    page = await house.level_sets.page(workspace.id, Dimension.ENGAGEMENT, 10, None)
    assert [edge.node.version for edge in page.edges] == [2, 1, 0]


async def test_changes_go_through_an_election(fallible: Mongo, house: House, workspace: Workspace) -> None:
    async def write(number: int) -> int:
        ref = external(f"crm-{number}")
        for count in range(60):
            await house.ledger.apply(workspace.id, ref, clicked(f"{number} {count}"))
            await asyncio.sleep(0.005)
        return 60

    writing = asyncio.gather(*(write(number) for number in range(3)))
    await asyncio.sleep(0.1)
    await fallible.client.admin.command({"replSetStepDown": 1, "force": True})
    sent = sum(await writing)

    assert sum(lead.version for lead in await leads_of(fallible, workspace.id)) == sent
    await assert_explained(fallible, workspace.id)
