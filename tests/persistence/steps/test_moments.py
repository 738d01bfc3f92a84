"""Time does to a score what it does at its moment: not before, and once."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from domain.actors import SYSTEM, Workspace
from domain.changes import AdjustScore
from domain.history import CauseKind, ScorePart
from domain.levels import Dimension
from domain.rules import Rule
from domain.scoring import upcoming
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.persistence.given import (
    ADA,
    COLD,
    ENGAGEMENT,
    HOT,
    PROFILE,
    WARM,
    assert_explained,
    entries_of,
    leads_of,
)
from tests.persistence.steps.passing import (
    BEGINNING,
    DAY,
    EXPIRING,
    HALVING,
    IDLE,
    LASTING,
    SECOND,
    Clock,
    Process,
    assert_timed,
)

MOMENT = timedelta(milliseconds=1)
EXPIRED, DECAYED = CauseKind.EXPIRY, CauseKind.DECAY


async def test_points_expire_at_their_moment_and_that_is_told(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.set_levels(workspace, COLD, WARM, HOT)
    await process.publish(workspace, EXPIRING, LASTING)
    for kind in ("EXPIRING", "LASTING"):
        await process.do(workspace, "crm-0", process.did(kind))
    before = await process.lead(workspace)

    await process.look_at(BEGINNING + 10 * DAY)

    after, (entry,) = await process.lead(workspace), await process.told(workspace)
    assert (before.engagement.score, before.due_at) == (50, BEGINNING + 10 * DAY)
    assert (after.engagement.score, after.due_at) == (20, None)
    assert (after.settled_at, after.updated_at, after.version) == (clock(), clock(), before.version + 1)
    assert after.engagement.since == clock()
    assert (entry.lead_id, entry.version, entry.dimension) == (after.id, after.version, ENGAGEMENT)
    assert (entry.before, entry.after) == (before.engagement.announced, after.engagement.announced)
    assert (entry.before.level, entry.after.level, entry.tier_changed) == ("Hot", "Cold", True)
    assert entry.parts == (ScorePart("expiring", "Expires", -30),)
    assert (entry.cause.kind, entry.cause.actor, entry.cause.at) == (EXPIRED, SYSTEM, clock())
    await assert_explained(process.mongo, workspace.id)


async def test_it_is_told_once_however_often_one_looks(process: Process, workspace: Workspace) -> None:
    await process.do(workspace, "crm-0", process.given(5, DAY))

    for _ in range(3):
        await process.look_at(BEGINNING + DAY)
    told = await process.told(workspace)
    lead = await process.lead(workspace)
    await process.look_at(BEGINNING + 30 * DAY)

    assert [entry.delta for entry in told] == [-5]
    assert await process.told(workspace) == told
    assert await process.lead(workspace) == lead


async def test_nothing_happens_before(process: Process, clock: Clock, workspace: Workspace) -> None:
    await process.publish(workspace, EXPIRING, HALVING, inactivity=IDLE)
    for kind in ("EXPIRING", "HALVING"):
        await process.do(workspace, "crm-0", process.did(kind))
    before = await process.lead(workspace)
    assert before.due_at

    await process.look()
    await process.look_at(before.due_at - MOMENT)

    assert await process.lead(workspace) == before
    assert len(await entries_of(process.mongo, workspace.id)) == 2
    await process.look_at(before.due_at)
    assert (await process.lead(workspace)).settled_at == clock()


async def test_the_moment_moves_on_until_nothing_is_left_to_lose(
    process: Process, workspace: Workspace
) -> None:
    for days in (3, 1, 2):
        await process.do(workspace, "crm-0", process.given(days * 10, days * DAY))
    moments = []

    while (due_at := (await process.lead(workspace)).due_at) is not None:
        moments.append(due_at)
        await process.look_at(due_at)

    assert moments == [BEGINNING + days * DAY for days in (1, 2, 3)]
    told = await process.told(workspace)
    assert [(entry.cause.kind, entry.delta) for entry in told] == [
        (EXPIRED, -10),
        (EXPIRED, -20),
        (EXPIRED, -30),
    ]
    assert [entry.cause.at for entry in told] == moments
    await assert_explained(process.mongo, workspace.id)


async def test_points_that_were_taken_come_back(process: Process, workspace: Workspace) -> None:
    await process.do(workspace, "crm-0", process.given(40))
    await process.do(workspace, "crm-0", process.given(-25, DAY))

    await process.look_at(BEGINNING + DAY)

    (entry,) = await process.told(workspace)
    assert (entry.cause.kind, entry.delta, entry.after.score) == (EXPIRED, 25, 40)
    await assert_explained(process.mongo, workspace.id)


async def test_points_that_halve_are_told_once_a_day_and_come_to_an_end(
    process: Process, workspace: Workspace
) -> None:
    await process.publish(workspace, HALVING)
    await process.do(workspace, "crm-0", process.did("HALVING"))

    await process.live_until(BEGINNING + 90 * DAY)

    lead, told = await process.lead(workspace), await process.told(workspace)
    assert (lead.engagement.score, lead.due_at) == (0, None)
    assert {entry.cause.kind for entry in told} == {DECAYED}
    assert sum(entry.delta for entry in told) == -40
    assert all(entry.delta < 0 for entry in told)
    score_of = {entry.cause.at: entry.after.score for entry in told}
    assert score_of[BEGINNING + 7 * DAY] == 20
    moments = list(score_of)
    assert all(later - earlier >= DAY for earlier, later in pairwise(moments))
    await assert_explained(process.mongo, workspace.id)


async def test_who_does_nothing_loses_points_again_and_again(process: Process, workspace: Workspace) -> None:
    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.do(workspace, "crm-0", process.did("LASTING"))

    await process.live_until(BEGINNING + 100 * DAY)

    told = await process.told(workspace)
    assert [(entry.cause.kind, entry.after.score) for entry in told] == [
        (DECAYED, score) for score in (17, 14, 11, 8, 5, 2, 0)
    ]
    assert [entry.cause.at - BEGINNING for entry in told] == [days * DAY for days in range(5, 19, 2)]
    assert told[0].parts == (ScorePart(None, "Inactivity", -3),)
    assert (await process.lead(workspace)).due_at is None
    await assert_explained(process.mongo, workspace.id)


@pytest.mark.parametrize("rule", [EXPIRING, HALVING, LASTING], ids=lambda rule: rule.id)
async def test_a_lead_leaves_its_level_in_the_second_that_was_foretold(
    process: Process, workspace: Workspace, rule: Rule
) -> None:
    await process.set_levels(workspace, COLD, WARM, HOT)
    await process.publish(workspace, rule, inactivity=IDLE if rule is LASTING else None)
    for _ in range(2):
        await process.do(workspace, "crm-0", process.did(rule.activity or ""))
    scoring = await process.house.configuration.scoring(workspace.id)
    foretold = upcoming(await process.lead(workspace), ENGAGEMENT, scoring)
    assert foretold
    position, at = foretold

    await process.live_until(at - SECOND)
    early = (await process.lead(workspace)).engagement
    await process.live_until(at)

    late = (await process.lead(workspace)).engagement
    (fall,) = [entry for entry in await process.told(workspace) if entry.tier_changed]
    assert not early.announced.in_level_of(position)
    assert (late.announced, late.since) == (position, at)
    assert fall.cause.at == at


async def test_each_dimension_has_its_own_moments(process: Process, workspace: Workspace) -> None:
    for dimension, days in ((ENGAGEMENT, 1), (PROFILE, 2)):
        await process.do(workspace, "crm-0", process.given(7, days * DAY, dimension=dimension))
    scores = []

    for days in (1, 2):
        await process.look_at(BEGINNING + days * DAY)
        lead = await process.lead(workspace)
        scores.append([lead.standing(dimension).score for dimension in Dimension])

    assert scores == [[0, 7], [0, 0]]
    assert [entry.dimension for entry in await process.told(workspace)] == [ENGAGEMENT, PROFILE]


async def test_leads_of_many_workspaces_are_seen_to_each_by_its_own_rules(
    process: Process, mongo: Mongo, clock: Clock
) -> None:
    workspaces = [await Workspaces(mongo).named(f"number {number}", clock()) for number in range(6)]
    for days, each in enumerate(workspaces, 1):
        await process.publish(each, Rule("click", "Click", "CLICK", 10 * days, expires_after=days))
        await process.crowd(each, 3, process.did("CLICK"))

    await process.look_at(BEGINNING + 3 * DAY)

    for days, each in enumerate(workspaces, 1):
        gone = days <= 3
        leads = await leads_of(mongo, each.id)
        assert [lead.engagement.score for lead in leads] == [0 if gone else 10 * days] * 3
        assert [entry.delta for entry in await process.told(each)] == [-10 * days] * 3 * gone
        await assert_explained(mongo, each.id)


async def test_a_crowd_of_more_than_one_page_is_told_to_the_last(
    process: Process, workspace: Workspace
) -> None:
    await process.crowd(workspace, 2_100, process.given(5, DAY))

    await process.look_at(BEGINNING + DAY)

    told = await process.times_told(workspace)
    assert (len(told), set(told.values())) == (2_100, {1})
    assert {lead.due_at for lead in await leads_of(process.mongo, workspace.id)} == {None}


async def test_a_change_sees_what_time_did_though_nobody_looked(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    """The change tells it first, and who looks then has nothing to tell."""
    await process.do(workspace, "crm-0", process.given(30, DAY))
    clock.advance(2 * DAY)

    await process.do(workspace, "crm-0", process.given(5))
    await process.look()

    entries = await entries_of(process.mongo, workspace.id)
    assert [(entry.cause.kind, entry.delta) for entry in entries] == [
        (CauseKind.ADJUSTMENT, 30),
        (EXPIRED, -30),
        (CauseKind.ADJUSTMENT, 5),
    ]
    await assert_timed(process, workspace)


async def test_what_was_given_until_a_far_day_waits_for_it(process: Process, workspace: Workspace) -> None:
    far = BEGINNING + 3_650 * DAY
    await process.do(workspace, "crm-0", AdjustScore(ADA, ENGAGEMENT, 5, expires_at=far))

    await process.look_at(BEGINNING + 3_000 * DAY)

    lead = await process.lead(workspace)
    assert (lead.engagement.score, lead.due_at) == (5, far)
