"""Level sets and rule sets: numbered, never overwritten, and in force everywhere at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from api.app import build_house
from api.context import House
from domain.actors import Workspace
from domain.errors import (
    DomainError,
    Fault,
    InvalidInput,
    LevelsOverlap,
    NotFound,
    NothingToPublish,
    VersionConflict,
)
from domain.levels import Dimension, Level, LevelSet, added, removed, updated
from domain.rules import Rule, RuleSet, RuleSetState, with_changed_rule, with_rule, without_rule
from persistence import pages
from persistence.configuration import Configuration
from persistence.levels import LevelSets
from persistence.mongo import Mongo
from persistence.rules import RuleSets
from tests.conftest import DATABASE
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import ADA, CLICK, COLD, HOT, WARM, editor, publish, set_levels, written
from tests.persistence.meanwhile import Meanwhile, heard_by

ENGAGEMENT, PROFILE = Dimension.ENGAGEMENT, Dimension.PROFILE
REPLY = Rule("reply", "Reply", "SMS_REPLIED", 10)


def named(number: int) -> Level:
    """A level that overlaps no other of its kind."""
    return Level(f"Level {number}", number * 10, number * 10 + 9)


def names(level_set: LevelSet) -> list[str]:
    return [level.name for level in level_set.levels]


async def current(house: House, workspace: Workspace, dimension: Dimension = ENGAGEMENT) -> LevelSet:
    scoring = await house.configuration.scoring(workspace.id)
    return scoring.levels[dimension]


async def draft_of(house: House, workspace: Workspace) -> RuleSet | None:
    return await house.rule_sets.in_state(workspace.id, RuleSetState.DRAFT)


def a_rule(number: int) -> Rule:
    return Rule(f"r{number}", f"Rule {number}", "LINK_CLICKED", number or 1)


async def add_rule(house: House, workspace: Workspace, rule: Rule, expected: int | None = None) -> RuleSet:
    return await house.rule_sets.edit(
        workspace.id, lambda rules: with_rule(rules, rule), editor(expected=expected)
    )


async def results_of(*calls: Coroutine[Any, Any, Any]) -> tuple[list[Any], list[DomainError]]:
    """What the calls gave when made at once, and what refusals."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [result for result in results if isinstance(result, DomainError)]
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, DomainError):
            raise result
    return [result for result in results if not isinstance(result, DomainError)], refusals


# Level sets


@pytest.mark.parametrize("dimension", Dimension)
async def test_a_new_workspace_has_an_empty_level_set_of_version_0(
    house: House, workspace: Workspace, dimension: Dimension
) -> None:
    level_set = await house.configuration.level_set(workspace.id, dimension, 0)

    assert (level_set.version, level_set.levels, level_set.dimension) == (0, (), dimension)
    assert await current(house, workspace, dimension) == level_set


async def test_versions_count_up_in_each_dimension_by_itself(house: House, workspace: Workspace) -> None:
    made = [
        await set_levels(house, workspace.id, HOT, dimension=dimension)
        for dimension in (ENGAGEMENT, ENGAGEMENT, PROFILE, ENGAGEMENT, PROFILE)
    ]

    assert [level_set.version for level_set in made] == [1, 2, 1, 3, 2]
    assert (await current(house, workspace)).version == 3
    assert (await current(house, workspace, PROFILE)).version == 2


async def test_a_level_set_tells_who_made_it_when_and_why(
    house: House, make_house: MakeHouse, workspace: Workspace
) -> None:
    by = editor("after the fair")

    made = await house.level_sets.change(workspace.id, ENGAGEMENT, lambda rows: added(rows, HOT), by)

    assert (made.created_by, made.created_at, made.comment) == (ADA, by.at, "after the fair")
    assert made.reverted_from is None
    assert await make_house().configuration.level_set(workspace.id, ENGAGEMENT, 1) == made


async def test_each_edit_is_made_upon_the_last(house: House, workspace: Workspace) -> None:
    edits: list[Callable[[tuple[Level, ...]], tuple[Level, ...]]] = [
        lambda rows: added(rows, HOT),
        lambda rows: added(rows, COLD),
        lambda rows: updated(rows, "cold", Level("Frozen", None, 24)),
        lambda rows: removed(rows, "HOT"),
    ]

    made = [await house.level_sets.change(workspace.id, ENGAGEMENT, edit, editor()) for edit in edits]

    assert [names(level_set) for level_set in made] == [
        ["Hot"],
        ["Cold", "Hot"],
        ["Frozen", "Hot"],
        ["Frozen"],
    ]


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        (lambda rows: added(rows, HOT), InvalidInput),
        (lambda rows: added(rows, Level("Late", 20, 30)), LevelsOverlap),
        (lambda rows: removed(rows, "Nobody"), NotFound),
    ],
)
async def test_a_refused_edit_of_the_levels_writes_nothing(
    house: House, mongo: Mongo, workspace: Workspace, edit: Any, refusal: type[DomainError]
) -> None:
    await set_levels(house, workspace.id, COLD, HOT)
    before = await written(mongo, workspace.id)

    with pytest.raises(refusal):
        await house.level_sets.change(workspace.id, ENGAGEMENT, edit, editor())

    assert await written(mongo, workspace.id) == before


async def test_a_comment_out_of_bounds_writes_nothing(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    before = await written(mongo, workspace.id)

    with pytest.raises(InvalidInput):
        await house.level_sets.change(workspace.id, ENGAGEMENT, lambda _: (HOT,), editor("x" * 1_001))

    assert await written(mongo, workspace.id) == before


async def test_an_edit_of_levels_that_are_as_expected_is_made(house: House, workspace: Workspace) -> None:
    await set_levels(house, workspace.id, COLD, expected=0)
    made = await set_levels(house, workspace.id, HOT, expected=1)

    assert made.version == 2


@pytest.mark.parametrize("expected", [0, 2, -1])
async def test_an_edit_of_levels_that_are_not_as_expected_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, expected: int
) -> None:
    await set_levels(house, workspace.id, COLD)
    before = await written(mongo, workspace.id)

    with pytest.raises(VersionConflict) as refusal:
        await set_levels(house, workspace.id, HOT, expected=expected)

    assert (refusal.value.expected, refusal.value.current) == (expected, 1)
    assert await written(mongo, workspace.id) == before


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
    assert sorted(level_set.version for level_set in made) == list(range(1, 17))
    assert len((await current(houses[0], workspace)).levels) == 16


async def test_a_revert_repeats_the_old_table_and_names_its_version(
    house: House, workspace: Workspace
) -> None:
    first = await set_levels(house, workspace.id, COLD, HOT)
    await set_levels(house, workspace.id, WARM)

    made = await house.level_sets.revert(workspace.id, ENGAGEMENT, 1, editor("back"))

    assert (made.version, made.reverted_from, made.comment) == (3, 1, "back")
    assert made.levels == first.levels
    assert await current(house, workspace) == made


async def test_a_revert_to_the_beginning_empties_the_table(house: House, workspace: Workspace) -> None:
    await set_levels(house, workspace.id, COLD, HOT)

    made = await house.level_sets.revert(workspace.id, ENGAGEMENT, 0, editor())

    assert (made.version, made.levels, made.reverted_from) == (2, (), 0)


@pytest.mark.parametrize("version", [2, 99, -1])
async def test_a_revert_to_an_unknown_version_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, version: int
) -> None:
    await set_levels(house, workspace.id, COLD)
    before = await written(mongo, workspace.id)

    with pytest.raises(NotFound):
        await house.level_sets.revert(workspace.id, ENGAGEMENT, version, editor())

    assert await written(mongo, workspace.id) == before


async def test_a_revert_of_levels_that_are_not_as_expected_is_refused(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD)
    await set_levels(house, workspace.id, HOT)
    before = await written(mongo, workspace.id)

    with pytest.raises(VersionConflict):
        await house.level_sets.revert(workspace.id, ENGAGEMENT, 1, editor(expected=1))

    assert await written(mongo, workspace.id) == before


@pytest.mark.parametrize("version", [2, -1, 2**63, -(2**70)])
async def test_an_unknown_level_set_is_not_found(house: House, workspace: Workspace, version: int) -> None:
    await set_levels(house, workspace.id, COLD)

    with pytest.raises(NotFound):
        await house.configuration.level_set(workspace.id, ENGAGEMENT, version)


async def test_the_history_of_levels_is_walked_from_the_newest_on(house: House, workspace: Workspace) -> None:
    for number in range(5):
        await set_levels(house, workspace.id, named(number))
    await set_levels(house, workspace.id, HOT, dimension=PROFILE)
    versions, after = [], None

    while True:
        page = await house.level_sets.page(workspace.id, ENGAGEMENT, 4, after)
        versions.append([edge.node.version for edge in page.edges])
        assert page.has_previous is (after is not None)
        if not page.has_next:
            break
        after = page.edges[-1].cursor
        await set_levels(house, workspace.id, HOT)  # a newer one does not move the walk

    assert versions == [[5, 4, 3, 2], [1, 0]]


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        pages.encode("ENGAGEMENT_SCORE -1", 1, "x", 1, 1),
        pages.encode("3"),
        pages.encode(3, 4),
        pages.encode(2**63),
    ],
)
async def test_a_cursor_of_another_list_is_refused(house: House, workspace: Workspace, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await house.level_sets.page(workspace.id, ENGAGEMENT, 4, cursor)

    assert [problem.fault for problem in refusal.value.problems] == [Fault.MALFORMED_CURSOR]


# Rule sets


async def test_a_new_workspace_scores_under_no_rules(house: House, workspace: Workspace) -> None:
    rules = (await house.configuration.scoring(workspace.id)).rules

    assert (rules.version, rules.rules, rules.floor, rules.ceiling) == (0, (), 0, None)
    for state in RuleSetState:
        assert await house.rule_sets.in_state(workspace.id, state) is None


async def test_the_first_edit_opens_a_draft_that_does_not_score(house: House, workspace: Workspace) -> None:
    by = editor()

    draft = await house.rule_sets.edit(workspace.id, lambda rules: with_rule(rules, CLICK), by)

    assert (draft.version, draft.state, draft.rules, draft.based_on) == (
        1,
        RuleSetState.DRAFT,
        (CLICK,),
        None,
    )
    assert (draft.created_by, draft.created_at, draft.published_at) == (ADA, by.at, None)
    assert await draft_of(house, workspace) == draft
    assert (await house.configuration.scoring(workspace.id)).rules.version == 0


async def test_every_edit_gives_the_draft_a_new_number(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    first = await add_rule(house, workspace, CLICK)
    second = await add_rule(house, workspace, REPLY)
    third = await house.rule_sets.edit(
        workspace.id, lambda rules: without_rule(rules, CLICK.id), editor(expected=2)
    )

    assert [first.version, second.version, third.version] == [1, 2, 3]
    assert third.rules == (REPLY,)
    assert (third.created_at, third.created_by) == (first.created_at, first.created_by)
    assert [each["version"] for each in (await written(mongo, workspace.id))["rule_sets"]] == [3]
    assert await house.rule_sets.numbered(workspace.id, 2) is None


async def test_a_published_draft_scores_and_retires_what_did(house: House, workspace: Workspace) -> None:
    await publish(house, workspace.id, CLICK)
    draft = await add_rule(house, workspace, REPLY)
    by = editor("Q2")

    published = await house.rule_sets.publish(workspace.id, by)

    assert (published.version, published.state, published.rules) == (
        2,
        RuleSetState.PUBLISHED,
        (CLICK, REPLY),
    )
    assert (published.comment, published.published_by, published.published_at) == ("Q2", ADA, by.at)
    assert (published.based_on, published.created_at) == (1, draft.created_at)
    old = await house.rule_sets.numbered(workspace.id, 1)
    assert old is not None
    assert (old.state, old.rules) == (RuleSetState.RETIRED, (CLICK,))
    assert await house.rule_sets.in_state(workspace.id, RuleSetState.PUBLISHED) == published
    assert await draft_of(house, workspace) is None
    assert (await house.configuration.scoring(workspace.id)).rules == published


async def test_the_next_draft_begins_with_what_is_published(house: House, workspace: Workspace) -> None:
    await add_rule(house, workspace, CLICK)
    await add_rule(house, workspace, REPLY)
    await house.rule_sets.publish(workspace.id, editor())

    draft = await house.rule_sets.edit(
        workspace.id,
        lambda rules: with_changed_rule(rules, Rule(CLICK.id, "Click", "LINK_CLICKED", 7)),
        editor(),
    )

    assert (draft.version, draft.based_on, draft.state) == (3, 2, RuleSetState.DRAFT)
    assert [rule.points for rule in draft.rules] == [7, 10]
    assert (draft.comment, draft.published_at, draft.published_by) == (None, None, None)
    assert (await house.configuration.scoring(workspace.id)).rules.version == 2


@pytest.mark.parametrize("published", [False, True])
async def test_without_a_draft_there_is_nothing_to_publish(
    house: House, mongo: Mongo, workspace: Workspace, published: bool
) -> None:
    if published:
        await publish(house, workspace.id, CLICK)
    before = await written(mongo, workspace.id)

    with pytest.raises(NothingToPublish):
        await house.rule_sets.publish(workspace.id, editor())

    assert await written(mongo, workspace.id) == before


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        (lambda rules: with_rule(rules, Rule("x", "", "LINK_CLICKED", 1)), InvalidInput),
        (lambda rules: without_rule(rules, "nobody"), NotFound),
    ],
)
@pytest.mark.parametrize("drafted", [False, True])
async def test_a_refused_edit_of_the_rules_writes_nothing(
    house: House, mongo: Mongo, workspace: Workspace, edit: Any, refusal: type[DomainError], drafted: bool
) -> None:
    if drafted:
        await add_rule(house, workspace, CLICK)
    before = await written(mongo, workspace.id)

    with pytest.raises(refusal):
        await house.rule_sets.edit(workspace.id, edit, editor())

    assert await written(mongo, workspace.id) == before


async def test_a_publication_with_a_comment_out_of_bounds_writes_nothing(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await add_rule(house, workspace, CLICK)
    before = await written(mongo, workspace.id)

    with pytest.raises(InvalidInput):
        await house.rule_sets.publish(workspace.id, editor("x" * 1_001))

    assert await written(mongo, workspace.id) == before


@pytest.mark.parametrize("expected", [0, 1, 3])
async def test_an_edit_of_a_draft_that_is_not_as_expected_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, expected: int
) -> None:
    await publish(house, workspace.id, CLICK)
    await add_rule(house, workspace, REPLY)
    before = await written(mongo, workspace.id)

    with pytest.raises(VersionConflict) as edited:
        await add_rule(house, workspace, a_rule(1), expected)
    with pytest.raises(VersionConflict):
        await house.rule_sets.publish(workspace.id, editor(expected=expected))

    assert (edited.value.expected, edited.value.current) == (expected, 2)
    assert await written(mongo, workspace.id) == before


async def test_without_a_draft_the_published_version_is_the_one_to_expect(
    house: House, workspace: Workspace
) -> None:
    await publish(house, workspace.id, CLICK)

    with pytest.raises(VersionConflict):
        await add_rule(house, workspace, REPLY, expected=0)
    draft = await add_rule(house, workspace, REPLY, expected=1)
    published = await house.rule_sets.publish(workspace.id, editor(expected=2))

    assert (draft.version, published.version) == (2, 2)


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

    assert [published.version for published in made] == [1]
    assert [type(refusal) for refusal in refusals] == [NothingToPublish] * 3
    assert (await houses[1].configuration.scoring(workspace.id)).rules == made[0]


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


async def test_an_unknown_rule_set_is_none(house: House, workspace: Workspace) -> None:
    await publish(house, workspace.id, CLICK)

    for version in (0, 2, -1, 2**63):
        assert await house.rule_sets.numbered(workspace.id, version) is None
        assert await house.configuration.rule_set(workspace.id, version) is None


async def test_a_rule_is_told_as_the_newest_set_that_has_it_says(house: House, workspace: Workspace) -> None:
    await publish(house, workspace.id, CLICK, REPLY)
    renamed = Rule(CLICK.id, "Clicked", "LINK_CLICKED", 7)
    await publish(house, workspace.id, renamed)

    assert await house.rule_sets.rule(workspace.id, CLICK.id) == renamed
    assert await house.rule_sets.rule(workspace.id, REPLY.id) == REPLY
    assert await house.rule_sets.rule(workspace.id, "nobody") is None


# What is in force


async def test_an_edit_made_by_another_process_is_in_force_at_once(
    mongo: Mongo, workspace: Workspace
) -> None:
    here, there = Configuration(mongo), Configuration(mongo)
    level_sets, rule_sets = LevelSets(mongo, there), RuleSets(mongo, there)
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
