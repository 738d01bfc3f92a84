"""Drafts thrown away, old rules that score again, scores that end somewhere, and the history of all that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.rules import RuleSet, RuleSetState
from persistence.mongo import Mongo
from tests.persistence.configuration.edits import REPLY, add_rule, draft_of
from tests.persistence.given import ADA, CLICK, adjusted, clicked, editor, external, publish, written


async def in_force(house: House, workspace: Workspace) -> RuleSet:
    return (await house.configuration.scoring(workspace.id)).rules


async def versions(house: House, workspace: Workspace) -> list[tuple[int, RuleSetState]]:
    page = await house.rule_sets.page(workspace.id, 100, None)
    return [(edge.node.version, edge.node.state) for edge in page.edges]


async def test_an_old_set_scores_again_as_the_next_version(house: House, workspace: Workspace) -> None:
    await publish(house, workspace.id, CLICK)
    await publish(house, workspace.id, REPLY)
    by = editor("the old ones were better")

    reverted, _ = await house.rule_sets.revert(workspace.id, 1, by)

    assert (reverted.version, reverted.based_on, reverted.rules) == (3, 1, (CLICK,))
    assert (reverted.comment, reverted.created_by, reverted.published_by) == (by.comment, ADA, ADA)
    assert (reverted.created_at, reverted.published_at) == (by.at, by.at)
    assert await in_force(house, workspace) == reverted
    states = [RuleSetState.PUBLISHED, RuleSetState.RETIRED, RuleSetState.RETIRED]
    assert await versions(house, workspace) == list(zip((3, 2, 1), states, strict=True))
    outcome = await house.ledger.apply(workspace.id, external("crm-1"), clicked())
    assert (outcome.lead.engagement.score, outcome.changes[0].rule_set) == (30, 3)


async def test_a_draft_outlives_a_revert_and_is_then_published_after_it(
    house: House, workspace: Workspace
) -> None:
    await publish(house, workspace.id, CLICK)
    draft = await add_rule(house, workspace, REPLY)

    reverted, _ = await house.rule_sets.revert(workspace.id, 1, editor())
    kept = await draft_of(house, workspace)
    published, _ = await house.rule_sets.publish(workspace.id, editor(expected=draft.version))

    assert (draft.version, reverted.version, kept) == (2, 3, draft)
    assert (published.version, published.rules) == (4, (CLICK, REPLY))
    assert await in_force(house, workspace) == published
    assert [version for version, _ in await versions(house, workspace)] == [4, 3, 1]


@pytest.mark.parametrize("version", [0, 2, 3, -1, 2**63])
async def test_only_what_scored_once_scores_again(
    house: House, mongo: Mongo, workspace: Workspace, version: int
) -> None:
    """Version 2 is the draft."""
    await publish(house, workspace.id, CLICK)
    await add_rule(house, workspace, REPLY)
    before = await written(mongo, workspace.id)

    with pytest.raises(NotFound):
        await house.rule_sets.revert(workspace.id, version, editor())

    assert await written(mongo, workspace.id) == before


async def test_a_revert_of_what_is_not_as_expected_changes_nothing(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await publish(house, workspace.id, CLICK)
    await publish(house, workspace.id, REPLY)
    before = await written(mongo, workspace.id)

    with pytest.raises(VersionConflict) as refusal:
        await house.rule_sets.revert(workspace.id, 1, editor(expected=1))
    with pytest.raises(InvalidInput):
        await house.rule_sets.revert(workspace.id, 1, editor("x" * 1_001))

    assert refusal.value.current == 2
    assert await written(mongo, workspace.id) == before


@pytest.mark.parametrize("published", [True, False])
async def test_a_draft_thrown_away_leaves_what_is_published(
    house: House, workspace: Workspace, published: bool
) -> None:
    if published:
        await publish(house, workspace.id, CLICK)
    draft = await add_rule(house, workspace, REPLY)
    before = await in_force(house, workspace)

    left = await house.rule_sets.discard(workspace.id, editor(expected=draft.version))

    assert left == before == await in_force(house, workspace)
    assert await draft_of(house, workspace) is None
    assert await versions(house, workspace) == ([(1, RuleSetState.PUBLISHED)] if published else [])
    assert (await add_rule(house, workspace, REPLY)).version == draft.version + 1


async def test_without_a_draft_or_by_another_version_nothing_is_thrown_away(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await publish(house, workspace.id, CLICK)
    with pytest.raises(NotFound):
        await house.rule_sets.discard(workspace.id, editor())
    await add_rule(house, workspace, REPLY)
    before = await written(mongo, workspace.id)

    with pytest.raises(VersionConflict):
        await house.rule_sets.discard(workspace.id, editor(expected=1))

    assert await written(mongo, workspace.id) == before


async def test_ends_of_scores_are_drafted_with_the_rules_and_hold_when_these_are_published(
    house: House, workspace: Workspace
) -> None:
    await publish(house, workspace.id, CLICK)
    lead = external("crm-1")

    draft = await house.rule_sets.change(workspace.id, lambda drafted: drafted.within(-10, 20), editor())
    before = await house.ledger.apply(workspace.id, lead, adjusted(-50))
    published, _ = await house.rule_sets.publish(workspace.id, editor())
    after = await house.ledger.apply(workspace.id, lead, adjusted(-50))
    up = await house.ledger.apply(workspace.id, lead, clicked())

    assert (draft.version, draft.rules, draft.floor, draft.ceiling) == (2, (CLICK,), -10, 20)
    assert published == replace(
        draft,
        state=RuleSetState.PUBLISHED,
        published_at=published.published_at,
        published_by=ADA,
    )
    assert [each.lead.engagement.score for each in (before, after, up)] == [0, -10, 20]


async def test_the_history_of_rules_is_read_in_pages(house: House, workspace: Workspace) -> None:
    for rule in (CLICK, REPLY, CLICK):
        await publish(house, workspace.id, rule)
    await add_rule(house, workspace, REPLY)

    first = await house.rule_sets.page(workspace.id, 3, None)
    second = await house.rule_sets.page(workspace.id, 3, first.edges[-1].cursor)

    assert [edge.node.version for edge in (*first.edges, *second.edges)] == [4, 3, 2, 1]
    assert (first.has_next, second.has_next, second.has_previous) == (True, False, True)
    with pytest.raises(InvalidInput):
        await house.rule_sets.page(workspace.id, 3, "nonsense")
