"""A quick start puts levels and rules in force all at once, and only where there was nothing before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import AlreadyConfigured, InvalidInput
from domain.levels import Dimension
from domain.rules import RuleSetState
from domain.templates import TEMPLATES, Template
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    ADA,
    CLICK,
    COLD,
    ENGAGEMENT,
    PROFILE,
    adjusted,
    clicked,
    editor,
    entries_of,
    external,
    publish,
    set_levels,
    written,
)

SAAS = TEMPLATES["b2b-saas"]
Before = Callable[[House, str], Awaitable[object]]


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
async def test_a_quick_start_puts_everything_of_its_template_in_force(
    house: House, make_house: MakeHouse, workspace: Workspace, template: Template
) -> None:
    by = editor("let us begin")

    level_sets, rule_set = await house.quick_start.begin(workspace.id, template, by)

    scoring = await make_house().configuration.scoring(workspace.id)
    assert {each.dimension: each for each in level_sets} == scoring.levels
    assert scoring.levels[ENGAGEMENT].levels == template.engagement
    assert scoring.levels[PROFILE].levels == template.profile
    assert (scoring.rules, scoring.rules.rules) == (rule_set, template.rules)
    for level_set in level_sets:
        made = level_set.version, level_set.created_by, level_set.created_at, level_set.comment
        assert made == (1, ADA, by.at, "let us begin")
    assert (rule_set.version, rule_set.state, rule_set.published_by) == (1, RuleSetState.PUBLISHED, ADA)
    assert (rule_set.published_at, rule_set.comment, rule_set.based_on) == (by.at, "let us begin", None)


async def test_after_a_quick_start_activities_score_and_everything_can_be_edited(
    house: House, workspace: Workspace
) -> None:
    await house.quick_start.begin(workspace.id, SAAS, editor())

    outcome = await house.ledger.apply(workspace.id, external("crm-1"), clicked(kind="DEMO_REQUESTED"))
    levels = await set_levels(house, workspace.id, COLD, expected=1)
    rules = await publish(house, workspace.id, CLICK)

    (change,) = outcome.changes
    assert (change.delta, change.before.level, change.after.level) == (35, "Cold", "Warm")
    assert (levels.version, rules.version, rules.based_on) == (2, 2, 1)


async def test_a_quick_start_makes_a_job_for_each_dimension(house: House, workspace: Workspace) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted(30))

    await house.quick_start.begin(workspace.id, SAAS, editor())

    jobs = await house.jobs.newest(workspace.id, 10)
    assert {(job.dimension, job.told, job.version) for job in jobs} == {(each, 0, 1) for each in Dimension}
    assert len(jobs) == 2


async def levels(house: House, workspace: str) -> object:
    return await set_levels(house, workspace, COLD)


async def levels_of_the_profile(house: House, workspace: str) -> object:
    return await set_levels(house, workspace, COLD, dimension=PROFILE)


async def levels_taken_back(house: House, workspace: str) -> object:
    await set_levels(house, workspace, COLD)
    return await set_levels(house, workspace)


async def a_draft(house: House, workspace: str) -> object:
    return await house.rule_sets.edit(workspace, lambda _: (CLICK,), editor())


async def a_policy(house: House, workspace: str) -> object:
    return await house.rule_sets.change(workspace, lambda draft: draft.within(-5, 50), editor())


async def rules(house: House, workspace: str) -> object:
    return await publish(house, workspace, CLICK)


async def a_quick_start(house: House, workspace: str) -> object:
    return await house.quick_start.begin(workspace, SAAS, editor())


async def test_a_workspace_whose_levels_and_rules_were_all_taken_back_begins_anew(
    house: House, workspace: Workspace
) -> None:
    """There is nothing to bury: what there was stays in the history, before this."""
    await levels_taken_back(house, workspace.id)
    await rules(house, workspace.id)
    await publish(house, workspace.id)
    await house.rule_sets.edit(workspace.id, lambda _: (), editor())

    sets, rule_set = await house.quick_start.begin(workspace.id, SAAS, editor())

    assert [(each.dimension, each.version) for each in sets] == [(ENGAGEMENT, 3), (PROFILE, 1)]
    assert (rule_set.version, rule_set.rules) == (4, SAAS.rules)
    assert (await house.configuration.scoring(workspace.id)).rules == rule_set
    assert await house.rule_sets.in_state(workspace.id, RuleSetState.DRAFT) is None


@pytest.mark.parametrize("before", [levels, levels_of_the_profile, a_draft, a_policy, rules, a_quick_start])
async def test_a_workspace_that_has_something_of_its_own_is_left_as_it_is(
    house: House, mongo: Mongo, workspace: Workspace, before: Before
) -> None:
    await before(house, workspace.id)
    was = await written(mongo, workspace.id)
    jobs = len(await house.jobs.newest(workspace.id, 10))

    with pytest.raises(AlreadyConfigured):
        await house.quick_start.begin(workspace.id, TEMPLATES["agency"], editor())

    assert await written(mongo, workspace.id) == was
    assert len(await house.jobs.newest(workspace.id, 10)) == jobs


async def test_of_quick_starts_at_once_one_is_made_whole(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(len(TEMPLATES))]

    results = await asyncio.gather(
        *(
            house.quick_start.begin(workspace.id, template, editor())
            for house, template in zip(houses, TEMPLATES.values(), strict=True)
        ),
        return_exceptions=True,
    )

    made = [each for each in results if not isinstance(each, BaseException)]
    refused = [each for each in results if isinstance(each, BaseException)]
    assert [type(each) for each in refused] == [AlreadyConfigured] * (len(TEMPLATES) - 1)
    ((level_sets, rule_set),) = made
    scoring = await houses[0].configuration.scoring(workspace.id)
    assert (scoring.levels, scoring.rules) == ({each.dimension: each for each in level_sets}, rule_set)
    state = await written(mongo, workspace.id)
    assert [len(state["level_sets"]), len(state["rule_sets"])] == [4, 1]  # with version 0 of both dimensions
    assert len(await houses[0].jobs.newest(workspace.id, 10)) == 2


async def test_a_quick_start_beside_an_edit_leaves_one_of_the_two(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    here, there = make_house(), make_house()

    began, edited = await asyncio.gather(
        here.quick_start.begin(workspace.id, SAAS, editor()),
        set_levels(there, workspace.id, COLD),
        return_exceptions=True,
    )

    assert not isinstance(edited, BaseException)
    scoring = await here.configuration.scoring(workspace.id)
    if isinstance(began, AlreadyConfigured):
        assert (edited.version, scoring.levels[PROFILE].version, scoring.rules.version) == (1, 0, 0)
    else:
        assert (edited.version, scoring.levels[PROFILE].version, scoring.rules.version) == (2, 1, 1)
    assert scoring.levels[ENGAGEMENT] == edited


async def test_a_quick_start_is_of_one_workspace(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    before = await written(mongo, other.id)

    await house.quick_start.begin(workspace.id, SAAS, editor())

    assert await written(mongo, other.id) == before
    assert await house.jobs.newest(other.id, 10) == []


async def test_a_refused_comment_begins_nothing(house: House, mongo: Mongo, workspace: Workspace) -> None:
    before = await written(mongo, workspace.id)

    with pytest.raises(InvalidInput):
        await house.quick_start.begin(workspace.id, SAAS, editor("x" * 1_001))

    assert await written(mongo, workspace.id) == before
    assert await entries_of(mongo, workspace.id) == []
    assert await house.jobs.newest(workspace.id, 10) == []
