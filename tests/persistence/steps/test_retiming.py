"""After an edit of the levels or of the policy every lead finds its next moment anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.actors import Workspace
from domain.levels import Level
from domain.rules import Inactivity, RuleSet
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.persistence.given import COLD, HOT, PROFILE, WARM, assert_explained, entries_of
from tests.persistence.steps.passing import (
    BEGINNING,
    DAY,
    EXPIRING,
    HALVING,
    IDLE,
    LASTING,
    Clock,
    MakeProcess,
    Process,
    assert_timed,
    interrupted,
)

LOW, HIGH = Level("Low", None, 38), Level("High", 39, None)
LATER = Inactivity(after_days=30, every_days=30, percent=50)


async def is_marked(process: Process, workspace: Workspace) -> bool:
    """Whether the workspace's leads are still to find their moments."""
    found = await process.mongo.workspaces.find_one({"_id": workspace.id})
    assert found
    return "retime" in found


async def halving(process: Process, workspace: Workspace, size: int = 1) -> None:
    """Leads whose points halve, in levels that none of them leaves today, and nothing left to be found anew."""
    await process.set_levels(workspace, COLD, Level("Warm", 25, None))
    await process.publish(workspace, HALVING)
    await process.crowd(workspace, size, process.did("HALVING"))
    await process.look()
    assert not await is_marked(process, workspace)


async def test_an_edit_of_the_levels_brings_the_moment_forward_at_which_one_is_left(
    process: Process, workspace: Workspace
) -> None:
    await halving(process, workspace)
    before = await process.lead(workspace)

    await process.set_levels(workspace, LOW, HIGH)
    assert await is_marked(process, workspace)
    await process.look()

    after = await process.lead(workspace)
    assert not await is_marked(process, workspace)
    assert before.due_at == BEGINNING + DAY
    assert after.due_at
    assert BEGINNING < after.due_at < BEGINNING + DAY
    assert replace(after, due_at=before.due_at, version=before.version) == before
    await assert_timed(process, workspace)
    await process.look_at(after.due_at)
    (told,) = await process.told(workspace)
    assert (told.before.score, told.after.score, told.after.level) == (40, 38, "Low")
    await assert_explained(process.mongo, workspace.id)


async def test_a_level_that_was_left_before_it_was_made_is_told_at_once(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    """By levels of before nobody had to look at the score that soon."""
    await halving(process, workspace)
    clock.advance(0.9 * DAY)
    await process.set_levels(workspace, LOW, HIGH)

    await process.look()

    (told,) = await process.told(workspace)
    assert (told.before.score, told.after.score, told.after.level) == (40, 37, "Low")
    assert told.cause.at == clock()
    await assert_timed(process, workspace)


async def test_a_lead_without_points_is_timed_too_where_time_gives_some_back(
    process: Process, workspace: Workspace
) -> None:
    await process.house.rule_sets.change(
        workspace.id, lambda draft: draft.within(-50, None), process.editor()
    )
    await process.publish(workspace, replace(HALVING, points=-40))
    await process.do(workspace, "crm-0", process.did("HALVING"))
    await process.look()

    await process.set_levels(workspace, Level("Lost", None, -39), Level("Not lost", -38, None))
    await process.look()

    lead = await process.lead(workspace)
    assert lead.engagement.score == -40
    assert lead.due_at
    assert lead.due_at < BEGINNING + DAY
    await assert_timed(process, workspace)


async def test_a_lead_whose_moment_stays_is_left_alone(process: Process, workspace: Workspace) -> None:
    await halving(process, workspace)
    before = await process.lead(workspace)

    await process.set_levels(workspace, COLD, WARM, HOT)
    await process.look()

    assert not await is_marked(process, workspace)
    assert await process.lead(workspace) == before


async def test_an_edit_of_the_levels_of_the_profile_counts_for_it(
    process: Process, workspace: Workspace
) -> None:
    await halving(process, workspace)

    rows = (COLD, WARM, HOT)
    await process.house.level_sets.change(workspace.id, PROFILE, lambda _: rows, process.editor())
    await process.look()

    assert not await is_marked(process, workspace)
    await assert_timed(process, workspace)


async def test_leads_with_points_are_timed_when_inactivity_begins_to_cost(
    process: Process, workspace: Workspace
) -> None:
    await process.publish(workspace, LASTING)
    await process.do(workspace, "rich", process.did("LASTING"))
    await process.do(workspace, "poor", process.did("OTHER"))

    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.look()

    assert (await process.lead(workspace, "rich")).due_at == BEGINNING + 5 * DAY
    assert (await process.lead(workspace, "poor")).due_at is None
    assert await process.told(workspace) == []


async def test_who_has_long_done_nothing_loses_nothing_for_the_time_before(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.publish(workspace, LASTING)
    await process.do(workspace, "crm-0", process.did("LASTING"))
    clock.advance(100 * DAY)

    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.look()
    before = await process.lead(workspace)
    await process.live_until(BEGINNING + 102 * DAY)

    assert (before.engagement.score, before.due_at) == (20, BEGINNING + 101 * DAY)
    told = await process.told(workspace)
    assert [(entry.cause.at, entry.delta) for entry in told] == [(BEGINNING + 101 * DAY, -3)]


async def test_a_policy_that_is_withdrawn_costs_nothing_any_more(
    process: Process, workspace: Workspace
) -> None:
    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.do(workspace, "crm-0", process.did("LASTING"))
    assert (await process.lead(workspace)).due_at

    await process.publish(workspace, LASTING)
    await process.look()
    await process.live_until(BEGINNING + 50 * DAY)

    lead = await process.lead(workspace)
    assert (lead.engagement.score, lead.due_at) == (20, None)


async def test_a_revert_to_rules_with_another_policy_counts_for_one(
    process: Process, workspace: Workspace
) -> None:
    published = [
        await process.publish(workspace, LASTING, inactivity=inactivity) for inactivity in (IDLE, LATER)
    ]
    await process.do(workspace, "crm-0", process.did("LASTING"))
    await process.look()

    await process.house.rule_sets.revert(workspace.id, published[0].version, process.editor())
    marked = await is_marked(process, workspace)
    await process.look()

    assert marked
    assert (await process.lead(workspace)).due_at == BEGINNING + 5 * DAY
    await assert_timed(process, workspace)


async def test_rules_that_leave_the_policy_alone_leave_the_moments_alone(
    process: Process, workspace: Workspace
) -> None:
    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.look()

    await process.publish(workspace, LASTING, EXPIRING, inactivity=IDLE)

    assert not await is_marked(process, workspace)


@pytest.mark.parametrize("ends", [{"floor": -5}, {"ceiling": 50}], ids=str)
async def test_other_ends_for_scores_count_as_another_policy(
    process: Process, workspace: Workspace, ends: dict[str, int]
) -> None:
    def edited(draft: RuleSet) -> RuleSet:
        return replace(draft, **ends)  # type: ignore[arg-type] # these are whole numbers

    await halving(process, workspace)
    await process.house.rule_sets.change(workspace.id, edited, process.editor())
    await process.house.rule_sets.publish(workspace.id, process.editor())

    assert await is_marked(process, workspace)
    await process.look()
    assert not await is_marked(process, workspace)
    await assert_timed(process, workspace)


async def test_a_moment_of_levels_that_are_no_more_tells_nothing(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.set_levels(workspace, LOW, HIGH)
    await process.publish(workspace, HALVING)
    await process.crowd(workspace, 1, process.did("HALVING"))
    due_at = (await process.lead(workspace)).due_at
    assert due_at
    assert due_at < BEGINNING + DAY

    clock.at = due_at
    await process.set_levels(workspace, COLD, Level("Warm", 25, None))
    await process.look()

    assert await process.told(workspace) == []
    assert (await process.lead(workspace)).due_at == BEGINNING + DAY


@pytest.mark.usefixtures("small_pages")
async def test_who_lost_the_lease_on_the_way_leaves_the_rest_to_be_found(
    process: Process, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await halving(process, workspace, 6)
    await process.set_levels(workspace, LOW, HIGH)
    holds = iter([True, True, False])

    async def hold() -> bool:
        return next(holds)

    with monkeypatch.context() as patched:
        patched.setattr(process.steps, "_hold", hold)
        await process.look()

    assert await is_marked(process, workspace)
    await process.look()
    assert not await is_marked(process, workspace)
    await assert_timed(process, workspace)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_edit_while_the_moments_are_found_is_not_forgotten(
    process: Process, workspace: Workspace, when: str
) -> None:
    await halving(process, workspace)
    await process.set_levels(workspace, COLD, WARM, Level("Hot", 50, None))

    async def edit() -> None:
        await process.set_levels(workspace, LOW, HIGH)

    # Found for the one edit, the leads hear of the other on their way, or when they are done.
    walking = interrupted(process, **{when: edit})
    await walking.look()

    assert await is_marked(process, workspace)
    await walking.look()
    assert not await is_marked(process, workspace)
    await assert_timed(process, workspace)
    due_at = (await process.lead(workspace)).due_at
    assert due_at
    assert due_at < BEGINNING + DAY


async def test_what_one_process_did_not_come_to_another_does(
    make_process: MakeProcess, process: Process, workspace: Workspace
) -> None:
    await halving(process, workspace)
    await process.steps.release()

    await process.set_levels(workspace, LOW, HIGH)
    await (await make_process()).look()

    assert not await is_marked(process, workspace)
    await assert_timed(process, workspace)


async def test_only_the_workspace_that_was_edited_is_looked_at(
    process: Process, mongo: Mongo, clock: Clock, workspace: Workspace
) -> None:
    other = await Workspaces(mongo).named("other", clock())
    for each in (workspace, other):
        await halving(process, each)
    before = await process.lead(other)

    await process.set_levels(workspace, LOW, HIGH)

    assert (await is_marked(process, workspace), await is_marked(process, other)) == (True, False)
    await process.look()
    assert await process.lead(other) == before
    await assert_timed(process, workspace)


async def test_nothing_is_told_of_it(process: Process, workspace: Workspace) -> None:
    await halving(process, workspace, 20)
    before = await entries_of(process.mongo, workspace.id)

    await process.set_levels(workspace, LOW, HIGH)
    await process.publish(workspace, HALVING, inactivity=LATER)
    await process.look()

    assert await entries_of(process.mongo, workspace.id) == before
    await assert_timed(process, workspace)
