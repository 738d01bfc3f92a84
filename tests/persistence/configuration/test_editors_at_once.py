"""Of editors at once, those who expect a version win one by one; those who expect none all do."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import DomainError, NothingToPublish, VersionConflict
from domain.levels import added
from persistence.mongo import Mongo
from tests.persistence.configuration.edits import a_rule, add_rule, current, draft_of, named
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import CLICK, ENGAGEMENT, editor, publish, set_levels, written


async def results_of(*calls: Coroutine[Any, Any, Any]) -> tuple[list[Any], list[DomainError]]:
    """What the calls gave when made at once, and what refusals."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [result for result in results if isinstance(result, DomainError)]
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, DomainError):
            raise result
    return [result for result in results if not isinstance(result, DomainError)], refusals


async def test_of_editors_who_expect_the_same_levels_one_wins_and_nothing_of_the_others_is_written(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(4)]

    made, refusals = await results_of(
        *(set_levels(house, workspace.id, named(number), expected=0) for number, house in enumerate(houses))
    )

    assert [(level_set.version, len(level_set.levels)) for level_set in made] == [(1, 1)]
    assert [type(refusal) for refusal in refusals] == [VersionConflict] * 3
    assert len((await written(mongo, workspace.id))["level_sets"]) == 3  # with version 0 of both dimensions
    assert await current(houses[0], workspace) == made[0]


async def test_edits_of_the_levels_made_at_once_all_survive_when_no_version_is_expected(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(4)]

    made, refusals = await results_of(
        *(
            house.level_sets.change(workspace.id, ENGAGEMENT, partial(added, level=named(number)), editor())
            for number, house in enumerate(houses * 4)
        )
    )

    assert not refusals
    assert sorted(level_set.version for level_set, _ in made) == list(range(1, 17))
    assert len((await current(houses[0], workspace)).levels) == 16


async def test_of_editors_who_expect_the_same_draft_one_wins_and_nothing_of_the_others_is_written(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(4)]

    made, refusals = await results_of(
        *(add_rule(house, workspace, a_rule(number), 0) for number, house in enumerate(houses))
    )

    assert [draft.version for draft in made] == [1]
    assert [type(refusal) for refusal in refusals] == [VersionConflict] * 3
    assert await draft_of(houses[0], workspace) == made[0]


@pytest.mark.parametrize("published", [False, True])
async def test_edits_of_the_rules_made_at_once_all_survive_when_no_version_is_expected(
    make_house: MakeHouse, workspace: Workspace, published: bool
) -> None:
    houses = [make_house() for _ in range(4)]
    if published:
        await publish(houses[0], workspace.id, CLICK)

    made, refusals = await results_of(
        *(add_rule(house, workspace, a_rule(number)) for number, house in enumerate(houses * 4))
    )

    assert not refusals
    assert sorted(draft.version for draft in made) == [number + published for number in range(1, 17)]
    draft = await draft_of(houses[0], workspace)
    assert draft is not None
    began = [CLICK.id] if published else []
    assert sorted(rule.id for rule in draft.rules) == sorted([*began, *(a_rule(n).id for n in range(16))])


async def test_of_publications_made_at_once_one_is_made(make_house: MakeHouse, workspace: Workspace) -> None:
    houses = [make_house() for _ in range(4)]
    await add_rule(houses[0], workspace, CLICK)

    made, refusals = await results_of(*(house.rule_sets.publish(workspace.id, editor()) for house in houses))

    assert [published.version for published, _ in made] == [1]
    assert [type(refusal) for refusal in refusals] == [NothingToPublish] * 3
    assert (await houses[1].configuration.scoring(workspace.id)).rules == made[0][0]


async def test_edits_beside_publications_lose_no_rule(make_house: MakeHouse, workspace: Workspace) -> None:
    """A transaction may see a publication a moment before the majority has it; it must then see all of it."""
    here, there = make_house(), make_house()
    count = 40

    async def add(house: House, numbers: range) -> None:
        for number in numbers:
            await add_rule(house, workspace, a_rule(number))

    async def publish_often() -> None:
        while not adding.done():
            try:
                await there.rule_sets.publish(workspace.id, editor())
            except NothingToPublish:
                await asyncio.sleep(0)

    adding = asyncio.gather(add(here, range(count)), add(make_house(), range(count, 2 * count)))
    await asyncio.gather(adding, publish_often())
    await add_rule(here, workspace, CLICK)
    await there.rule_sets.publish(workspace.id, editor())

    published = (await here.configuration.scoring(workspace.id)).rules
    assert sorted(rule.id for rule in published.rules) == sorted(
        ["click", *(a_rule(number).id for number in range(2 * count))]
    )
