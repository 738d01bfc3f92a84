"""Rule sets: drafted, numbered with every edit, published, retired, and never overwritten."""

from __future__ import annotations

from typing import Any

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import DomainError, InvalidInput, NotFound, NothingToPublish, VersionConflict
from domain.rules import Rule, RuleSetState, with_changed_rule, with_rule, without_rule
from persistence.mongo import Mongo
from tests.persistence.configuration.edits import REPLY, a_rule, add_rule, draft_of
from tests.persistence.given import ADA, CLICK, editor, publish, written


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

    published, _ = await house.rule_sets.publish(workspace.id, by)

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
    published, _ = await house.rule_sets.publish(workspace.id, editor(expected=2))

    assert (draft.version, published.version) == (2, 2)


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
