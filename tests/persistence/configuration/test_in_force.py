"""What is edited is in force everywhere at once, and in no other workspace."""

from __future__ import annotations

import pytest

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from persistence.configuration import Configuration
from persistence.jobs import Jobs
from persistence.levels import LevelSets
from persistence.mongo import Mongo
from persistence.rules import RuleSets
from tests.persistence.configuration.edits import REPLY, add_rule, names
from tests.persistence.conftest import DATABASE, MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    ENGAGEMENT,
    HOT,
    PROFILE,
    editor,
    publish,
    set_levels,
    written,
)
from tests.persistence.meanwhile import Meanwhile, heard_by


async def test_an_edit_made_by_another_process_is_in_force_at_once(
    mongo: Mongo, workspace: Workspace
) -> None:
    here, there = Configuration(mongo), Configuration(mongo)
    jobs = Jobs(mongo, now)
    level_sets, rule_sets = LevelSets(mongo, there, jobs), RuleSets(mongo, there, jobs)
    versions = [(await here.scoring(workspace.id)).version]

    for number in range(1, 6):
        await level_sets.change(workspace.id, PROFILE, lambda _: (HOT,), editor())
        after_levels = await here.scoring(workspace.id)
        await rule_sets.edit(workspace.id, lambda _: (CLICK,), editor())
        drafted = await here.scoring(workspace.id)
        await rule_sets.publish(workspace.id, editor())
        published = await here.scoring(workspace.id)

        assert after_levels.levels[PROFILE].version == number
        assert drafted == after_levels  # a draft is nothing to score under
        assert published.rules.version == number
        versions += [after_levels.version, published.version]

    assert versions == sorted(set(versions))


async def test_two_workspaces_have_levels_and_rules_of_their_own(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    before = await written(mongo, other.id)

    await publish(house, workspace.id, CLICK)
    await set_levels(house, workspace.id, HOT)
    await add_rule(house, workspace, REPLY)

    assert await written(mongo, other.id) == before
    assert await house.rule_sets.numbered(other.id, 1) is None
    assert await house.rule_sets.rule(other.id, CLICK.id) is None
    assert (await house.configuration.scoring(other.id)).rules.version == 0
    page = await house.level_sets.page(other.id, ENGAGEMENT, 10, None)
    assert [edge.node.version for edge in page.edges] == [0]


async def test_what_was_read_before_an_edit_does_not_stay_in_force(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace
) -> None:
    """The workspace is read, then another process edits, then the sets are read: the next read must see the edit."""
    other = make_house()
    await set_levels(other, workspace.id, COLD)

    async def edit_elsewhere() -> None:
        await set_levels(other, workspace.id, HOT)

    async with heard_by(mongo_uri, DATABASE, Meanwhile("find", "level_sets", edit_elsewhere)) as mongo:
        house = build_house(mongo)
        during = await house.configuration.scoring(workspace.id)
        after = await house.configuration.scoring(workspace.id)

    assert (names(during.levels[ENGAGEMENT]), names(after.levels[ENGAGEMENT])) == (["Cold"], ["Hot"])
    assert during.version < after.version


async def test_a_workspace_that_is_gone_has_no_configuration(house: House) -> None:
    with pytest.raises(LookupError):
        await house.configuration.scoring("65e1a7c0f0f0f0f0f0f0f0f0")
