"""Every change is scored under the rules and levels in force, whoever changed them and when."""

from __future__ import annotations

import asyncio

import pytest

from api.app import build_house
from domain.actors import Workspace
from domain.leads import Position
from domain.levels import Dimension
from domain.rules import Rule
from persistence.mongo import Mongo
from tests.persistence.conftest import DATABASE, MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    adjusted,
    assert_explained,
    clicked,
    external,
    publish,
    set_levels,
)
from tests.persistence.meanwhile import Meanwhile, heard_by


async def test_rules_published_through_another_process_score_at_once(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    here, there = make_house(), make_house()
    await publish(here, workspace.id, CLICK)
    await here.ledger.apply(workspace.id, external("crm-1"), clicked())

    published = await publish(there, workspace.id, Rule("click", "Click", "LINK_CLICKED", 7))
    outcome = await here.ledger.apply(workspace.id, external("crm-1"), clicked())

    (change,) = outcome.changes
    assert (change.delta, change.rule_set) == (7, published.version)


async def test_levels_changed_through_another_process_classify_at_once(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    here, there = make_house(), make_house()
    await set_levels(here, workspace.id, COLD, WARM, HOT)
    await here.ledger.apply(workspace.id, external("crm-1"), adjusted(30))

    await set_levels(there, workspace.id, HOT)
    outcome = await here.ledger.apply(workspace.id, external("crm-1"), adjusted(1))

    (told,), (change,) = outcome.told, outcome.changes
    assert (told.before, told.after) == (Position(30, "Warm", 1), Position(30, None, 2))
    assert (change.before, change.after) == (told.after, Position(31, None, 2))
    assert outcome.lead.engagement.announced == change.after


async def test_rules_first_published_while_a_change_is_under_way_score_it(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace
) -> None:
    other = make_house()

    async def publish_elsewhere() -> None:
        await publish(other, workspace.id, CLICK)

    meanwhile = Meanwhile("find", "workspaces", publish_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        outcome = await build_house(mongo).ledger.apply(workspace.id, external("crm-1"), clicked())

    assert meanwhile.done
    assert [(change.delta, change.rule_set) for change in outcome.changes] == [(30, 1)]


@pytest.mark.parametrize("dimension", Dimension)
async def test_levels_changed_while_a_change_is_under_way_classify_it(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace, dimension: Dimension
) -> None:
    """Whatever this process remembers, what counts is what the transaction reads of the configuration."""
    other = make_house()
    await set_levels(other, workspace.id, COLD, WARM, dimension=dimension)

    async def edit_elsewhere() -> None:
        await set_levels(other, workspace.id, HOT, dimension=dimension)

    meanwhile = Meanwhile("find", "workspaces", edit_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        house = build_house(mongo)
        meanwhile.done = True  # not yet: the first change only lets the process remember
        await house.ledger.apply(workspace.id, external("crm-1"), adjusted(30, dimension=dimension))
        meanwhile.done = False
        outcome = await house.ledger.apply(workspace.id, external("crm-1"), adjusted(30, dimension=dimension))

    assert meanwhile.done
    (told,), (change,) = outcome.told, outcome.changes
    assert (told.before, told.after) == (Position(30, "Warm", 1), Position(30, None, 2))
    assert (change.before, change.after) == (told.after, Position(60, "Hot", 2))


async def test_edits_without_pause_are_known_to_the_changes_beside_them(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    """A transaction may see an edit a moment before the majority has it; it must then see all of it."""
    here, there = make_house(), make_house()
    await publish(there, workspace.id, CLICK)

    async def edit() -> None:
        for points in range(1, 51):
            await publish(there, workspace.id, Rule("click", "Click", "LINK_CLICKED", points))
            await set_levels(there, workspace.id, COLD, WARM, HOT)

    async def click() -> None:
        while not editing.done():
            outcome = await here.ledger.apply(workspace.id, external("crm-1"), clicked())
            assert [change.parts[0].rule_id for change in outcome.changes] == ["click"]

    editing = asyncio.create_task(edit())
    await asyncio.gather(editing, click())

    await assert_explained(mongo, workspace.id)
