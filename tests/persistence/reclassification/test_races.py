"""A change and an edit at once, one held at any of its steps while the other goes on: nothing is committed under
levels or rules that were retired, nobody is told wrongly, and nobody is forgotten."""

from __future__ import annotations

import pytest

from api.context import House
from domain.actors import Workspace
from domain.history import CauseKind
from domain.leads import Position
from domain.rules import Rule
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    adjusted,
    clicked,
    editor,
    entries_of,
    external,
    publish,
)
from tests.persistence.reclassification.held import Step, held_at
from tests.persistence.reclassification.log import assert_nothing_retired, begun
from tests.persistence.reclassification.telling import (
    assert_told,
    edit_levels,
    job_of,
    of_name,
    settle,
    tell_all,
)

FULL = (COLD, WARM, HOT)
CLICKS_LESS = Rule("click", "Click", "LINK_CLICKED", 7)
AND_TAGS = Rule("tag", "Tag", "TAG_ADDED", 7)

SCORING: dict[str, Step] = {
    "reads the workspace": ("find", "workspaces", 0),
    "reads its leads": ("find", "leads", 0),
    "writes its leads": ("update", "leads", 0),
    "writes the history": ("insert", "score_changes", 0),
    "leaves by the gate": ("update", "gate", 0),
    "commits": ("commitTransaction", 1, 0),
}
# The first batch of a process takes a new place at the gate, in a transaction of its own.
FIRST: dict[str, Step] = {
    "passes the gatepost": ("update", "gate", 0),
    "writes its place": ("update", "gate", 1),
    "commits its place": ("commitTransaction", 1, 0),
    "reads the workspace": ("find", "workspaces", 0),
    "leaves by the gate": ("update", "gate", 2),
    "commits": ("commitTransaction", 1, 1),
}
EDITING: dict[str, Step] = {
    "reads the workspace": ("find", "workspaces", 0),
    "writes the levels": ("insert", "level_sets", 0),
    "writes the workspace": ("update", "workspaces", 0),
    "writes the job": ("insert", "jobs", 0),
    "shuts the gate": ("update", "gate", 0),
    "commits": ("commitTransaction", 1, 0),
}
PUBLISHING: dict[str, Step] = {
    "reads the draft": ("find", "rule_sets", 0),
    "writes the rules": ("update", "rule_sets", 0),
    "writes the workspace": ("update", "workspaces", 0),
    "shuts the gate": ("update", "gate", 0),
    "commits": ("commitTransaction", 1, 0),
}


def at_every(steps: dict[str, Step]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("step", steps.values(), ids=steps)


@pytest.fixture(params=["at its place", "at a new place"])
def scorer(request: pytest.FixtureRequest, house: House, make_house: MakeHouse) -> House:
    """Whoever scores: a process that has passed the gate before, or one that has not."""
    return house if request.param == "at its place" else make_house()


async def assert_nothing_wrong(house: House, mongo: Mongo, workspace: Workspace) -> None:
    await tell_all(house, workspace)
    await assert_told(house, mongo, workspace)


@at_every(SCORING)
async def test_levels_edited_while_a_change_is_held_classify_it_or_are_told_after_it(
    house: House, mongo: Mongo, mongo_uri: str, workspace: Workspace, step: Step
) -> None:
    """Up to where it leaves by the gate the change must be folded again; once it has left, the edit comes after it."""
    await settle(house, workspace, FULL, [30, 30])
    log = await begun(mongo, workspace)

    async def edit() -> None:
        await job_of(house, workspace, COLD, HOT)

    async def warm_up(process: House) -> None:
        await process.ledger.apply(workspace.id, external("crm-1"), adjusted(1))

    async with held_at(mongo_uri, step, edit, warm_up) as process:
        outcome = await process.ledger.apply(workspace.id, external("crm-0"), adjusted(30))

    (change,) = outcome.changes
    committed_first = step == SCORING["commits"]
    assert change.after == Position(60, "Hot", 1 if committed_first else 2)
    _, entries = await of_name(mongo, workspace, "crm-0")
    kinds = [entry.cause.kind for entry in entries]
    told = [] if committed_first else [CauseKind.LEVELS_CHANGED]
    assert kinds == [CauseKind.ADJUSTMENT, *told, CauseKind.ADJUSTMENT]
    await assert_nothing_wrong(house, mongo, workspace)
    await assert_nothing_retired(log)


@at_every(FIRST)
async def test_levels_edited_while_the_first_batch_of_a_process_is_held_classify_it_or_are_told_after_it(
    house: House, mongo: Mongo, mongo_uri: str, workspace: Workspace, step: Step
) -> None:
    await settle(house, workspace, FULL, [30, 30])
    log = await begun(mongo, workspace)

    async def edit() -> None:
        await job_of(house, workspace, COLD, HOT)

    async with held_at(mongo_uri, step, edit) as process:
        outcome = await process.ledger.apply(workspace.id, external("crm-0"), adjusted(30))

    assert outcome.lead.engagement.score == 60
    await assert_nothing_wrong(house, mongo, workspace)
    await assert_nothing_retired(log)


@at_every(EDITING)
async def test_a_change_made_while_an_edit_is_held_is_told_of_it(
    house: House, scorer: House, mongo: Mongo, mongo_uri: str, workspace: Workspace, step: Step
) -> None:
    """Whichever is committed first: the other begins again, or the edit's job tells the lead."""
    await settle(house, workspace, FULL, [10, 10])
    log = await begun(mongo, workspace)

    async def score() -> None:
        await scorer.ledger.apply(workspace.id, external("crm-0"), adjusted(20))

    async with held_at(mongo_uri, step, score) as process:
        await edit_levels(process, workspace, COLD, HOT)

    lead, _ = await of_name(mongo, workspace, "crm-0")
    assert lead.engagement.score == 30
    await assert_nothing_wrong(house, mongo, workspace)
    lead, _ = await of_name(mongo, workspace, "crm-0")
    assert lead.engagement.announced == Position(30, None, 2)
    await assert_nothing_retired(log)


@at_every(SCORING)
async def test_rules_published_while_a_change_is_held_score_it_or_come_after_it(
    house: House, mongo: Mongo, mongo_uri: str, workspace: Workspace, step: Step
) -> None:
    await publish(house, workspace.id, CLICK)
    log = await begun(mongo, workspace)

    async def publish_less() -> None:
        await publish(house, workspace.id, CLICKS_LESS)

    async def warm_up(process: House) -> None:
        await process.ledger.apply(workspace.id, external("crm-0"), adjusted(1))

    async with held_at(mongo_uri, step, publish_less, warm_up) as process:
        outcome = await process.ledger.apply(workspace.id, external("crm-0"), clicked())

    committed_first = step == SCORING["commits"]
    assert [(each.delta, each.rule_set) for each in outcome.changes] == [
        (30, 1) if committed_first else (7, 2)
    ]
    await assert_told(house, mongo, workspace)
    await assert_nothing_retired(log)


@at_every(PUBLISHING)
async def test_an_activity_recorded_while_a_publication_is_held_is_scored_by_what_is_in_force(
    house: House, scorer: House, mongo: Mongo, mongo_uri: str, workspace: Workspace, step: Step
) -> None:
    await publish(house, workspace.id, CLICK)
    await house.ledger.apply(workspace.id, external("crm-0"), clicked())
    await house.rule_sets.edit(workspace.id, lambda _: (CLICKS_LESS, AND_TAGS), editor())
    log = await begun(mongo, workspace)

    async def click() -> None:
        await scorer.ledger.apply(workspace.id, external("crm-0"), clicked())

    async with held_at(mongo_uri, step, click) as process:
        await process.rule_sets.publish(workspace.id, editor())

    *_, last = await entries_of(mongo, workspace.id)
    assert (last.delta, last.rule_set) in {(30, 1), (7, 2)}
    await assert_told(house, mongo, workspace)
    await assert_nothing_retired(log)
