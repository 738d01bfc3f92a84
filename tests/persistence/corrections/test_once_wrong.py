"""What replay once got wrong: publications under way, hidden points, keys and versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.actors import Workspace
from domain.conditions import Operator
from domain.rules import Inactivity, Limit, Period, Rescore, Rule, RuleSetState
from persistence.mongo import Mongo
from tests.domain.conditions.builders import check
from tests.persistence.given import ADA, PROFILE, external, known
from tests.persistence.meanwhile import Meanwhile, heard_by
from tests.persistence.rescoring.replaying import do_all, published, scores
from tests.persistence.steps.passing import DAY, Clock, Process, process_of

NEW = Rescore.NEW_ACTIVITY
RULE = Rule("lasting", "Lasts", "LASTING", 20)
FLEETING = Rule("expiring", "Expires", "EXPIRING", 20, expires_after=1)


async def test_leads_made_while_a_publication_waits_are_rescored(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await published(process, workspace, RULE, rescore=NEW)
    rules = (replace(RULE, points=50),)
    await process.house.rule_sets.edit(workspace.id, lambda _: rules, process.editor())
    editor = process.editor()
    clock.advance(timedelta(seconds=1))
    await process.do(workspace, "crm-0", process.did("LASTING"))

    await process.house.rule_sets.publish(workspace.id, editor, Rescore.REPLAY)
    await do_all(process, workspace)

    assert await scores(process, workspace) == {"crm-0": 50}


async def test_an_activity_stays_scored_by_the_rules_that_scored_it(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    """Received before they were published, and committed after."""
    await published(process, workspace, RULE, rescore=NEW)
    change, other = process.did("LASTING"), process.did("NOTHING")
    clock.advance(timedelta(seconds=1))
    await published(process, workspace, replace(RULE, points=50), rescore=NEW)
    await process.do(workspace, "crm-0", change)
    await process.do(workspace, "crm-0", other)

    await process.house.corrections.retract(workspace.id, other.activity.id, ADA)

    assert await scores(process, workspace) == {"crm-0": 50}


async def test_two_retractions_at_once_each_know_of_the_other(
    process: Process, clock: Clock, workspace: Workspace, mongo: Mongo, mongo_uri: str
) -> None:
    """Of two activities a limit lets one pay: without the other it is either, without both it is none."""
    await published(process, workspace, replace(RULE, limit=Limit(1, Period.EVER)), rescore=NEW)
    one, two = (process.did("LASTING", timedelta(hours=hours)) for hours in (2, 1))
    for each in (one, two):
        await process.do(workspace, "crm-0", each)

    async def meanwhile() -> None:
        await process.house.corrections.retract(workspace.id, two.activity.id, ADA)

    async with heard_by(mongo_uri, mongo.database.name, Meanwhile("find", "score_changes", meanwhile)) as own:
        held = process_of(own, clock)
        await held.house.corrections.retract(workspace.id, one.activity.id, ADA)
        await held.house.ledger.close()

    assert await scores(process, workspace) == {"crm-0": 0}


async def test_a_key_of_a_merged_lead_is_known_by_every_name(process: Process, workspace: Workspace) -> None:
    change = process.given(5, key="k")
    await process.do(workspace, "a", process.given(1))
    await process.do(workspace, "b", change)
    await process.house.corrections.merge(workspace.id, external("a"), external("b"), ADA)

    again = [await process.house.ledger.apply(workspace.id, external(name), change) for name in ("a", "b")]

    assert [each.duplicate for each in again] == [True, True]
    assert await scores(process, workspace) == {"a": 6}


async def test_points_that_surfaced_stay_so(process: Process, clock: Clock, workspace: Workspace) -> None:
    """Hidden under a floor that is no longer."""
    await published(process, workspace, FLEETING, RULE, rescore=NEW)
    await process.do(workspace, "crm-0", process.did("EXPIRING"))
    await process.do(workspace, "crm-0", process.given(-20))
    clock.advance(2 * DAY)
    await process.look()
    await published(process, workspace, RULE, rescore=NEW, floor=None)
    nothing = process.did("NOTHING")
    await process.do(workspace, "crm-0", nothing)
    assert await scores(process, workspace) == {"crm-0": -20}

    await process.house.corrections.retract(workspace.id, nothing.activity.id, ADA)

    assert await scores(process, workspace) == {"crm-0": -20}


async def test_a_profile_that_surfaced_stays_so(process: Process, clock: Clock, workspace: Workspace) -> None:
    condition = check("lead.tags", Operator.CONTAINS, "x")
    minus = Rule("p", "P", None, -50, dimension=PROFILE, condition=condition)
    await published(process, workspace, minus, rescore=NEW)
    for name in ("a", "b"):
        await process.do(workspace, name, known(add_tags=("x",)))
    clock.advance(DAY)
    await published(process, workspace, minus, rescore=NEW, floor=None)
    await process.do(workspace, "a", process.did("NOTHING"))
    assert (await process.lead(workspace, "a")).profile.score == -50

    await process.house.corrections.merge(workspace.id, external("a"), external("b"), ADA)

    assert (await process.lead(workspace, "a")).profile.score == -50


@pytest.mark.parametrize(
    "policy", [{"inactivity": Inactivity(5, 2, 3)}, {"ceiling": 10}, {"floor": -100}], ids=str
)
async def test_a_preview_counts_the_scores_that_publishing_then_changes(
    process: Process, clock: Clock, workspace: Workspace, policy: dict[str, Any]
) -> None:
    await published(process, workspace, RULE, FLEETING, rescore=NEW)
    await process.do(workspace, "a", process.did("LASTING"))
    await process.do(workspace, "b", process.did("EXPIRING"))
    await process.do(workspace, "b", process.given(-20))
    clock.advance(30 * DAY)
    await process.look()
    rule_sets = process.house.rule_sets
    await rule_sets.change(
        workspace.id, lambda draft: replace(draft, rules=(RULE,), **policy), process.editor()
    )
    draft = await rule_sets.in_state(workspace.id, RuleSetState.DRAFT)
    assert draft
    before, scoring = (
        await scores(process, workspace),
        await process.house.configuration.scoring(workspace.id),
    )

    preview = await process.house.rehearsals.of(workspace.id, draft, scoring, clock())
    await rule_sets.publish(workspace.id, process.editor(), Rescore.REPLAY)
    (job,) = await do_all(process, workspace)

    after = await scores(process, workspace)
    assert preview.changed == job.changed == sum(before[each] != after[each] for each in before)


async def test_a_retraction_that_moves_nothing_is_a_new_version_all_the_same(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.do(workspace, "a", process.did("LASTING"))
    clock.advance(DAY)
    nothing = process.did("NOTHING")
    await process.do(workspace, "a", nothing)
    before = await process.lead(workspace, "a")

    await process.house.corrections.retract(workspace.id, nothing.activity.id, ADA)

    after = await process.lead(workspace, "a")
    assert (after.last_activity_at != before.last_activity_at, after.version) == (True, before.version + 1)
