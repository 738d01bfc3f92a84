"""After an edit of the levels every lead that it moved is told so once, with who edited and why; the others are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.context import House
from domain.actors import Workspace
from domain.changes import UpsertLead
from domain.history import CauseKind
from domain.jobs import JobState
from domain.leads import LeadEdit, LeadFields, Position
from domain.levels import Announce, Dimension, Level
from domain.scoring import tell
from domain.templates import TEMPLATES
from persistence.leads import LeadFilter, LeadOrder
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    ADA,
    COLD,
    ENGAGEMENT,
    HOT,
    PROFILE,
    WARM,
    adjusted,
    editor,
    external,
    leads_of,
)
from tests.persistence.reclassification.telling import (
    assert_told,
    crowd,
    edit_levels,
    job_of,
    of_name,
    settle,
    state_of,
    tell_all,
    told_of,
    until_over,
    working,
)

# 30 is Warm by the other table, and Cold by this.
LOW, HIGH = Level("Cold", None, 39), Level("Hot", 40, None)
WARM_ABOVE = Level("Warm", 50, None)
SCORES = [0, 10, 30, 39, 40, 49, 50, 60]


async def test_reads_are_right_before_anybody_was_told(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, (COLD, WARM, HOT), SCORES)

    job = await job_of(house, workspace, LOW, HIGH)

    scoring = await house.configuration.scoring(workspace.id)
    hot = LeadFilter(((ENGAGEMENT, scoring.levels[ENGAGEMENT].ranges(["Hot"])),))
    page = await house.leads.page(workspace.id, hot, LeadOrder(descending=False), 10, None)
    assert [edge.node.engagement.score for edge in page.edges] == [40, 49, 50, 60]
    assert await house.leads.count(workspace.id, hot) == 4
    assert (job.state, job.done, job.total, job.changed) == (JobState.RUNNING, 0, 0, 0)
    assert await told_of(mongo, workspace) == []


async def test_every_lead_that_moved_is_told_once_and_no_other(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, (COLD, WARM, HOT), SCORES)
    by = editor("after the fair")
    job = await job_of(house, workspace, LOW, HIGH, announce=Announce.UPWARD, by=by)

    (done, first) = await tell_all(house, workspace)

    told = await told_of(mongo, workspace)
    assert sorted((entry.before.score, entry.before.level, entry.after.level) for entry in told) == [
        (30, "Warm", "Cold"),
        (39, "Warm", "Cold"),
        (40, "Warm", "Hot"),
        (49, "Warm", "Hot"),
    ]
    for entry in told:
        assert (entry.before.level_set, entry.after.level_set) == (1, 2)
        assert (entry.delta, entry.parts, entry.dimension, entry.tier_changed) == (0, (), ENGAGEMENT, True)
        cause = entry.cause
        assert (cause.kind, cause.actor, cause.reason) == (CauseKind.LEVELS_CHANGED, ADA, "after the fair")
        assert (cause.announce, cause.key, cause.activity_id) == (Announce.UPWARD, None, None)
    assert replace(done, finished_at=None) == replace(job, state=JobState.DONE, done=4, total=4, changed=4)
    assert done.finished_at
    assert (first.version, first.state) == (1, JobState.DONE)


async def test_leads_that_are_told_together_are_told_as_each_would_be_alone(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    """They stand at many scores, in levels of several versions, with names, tags and points of their own."""
    await settle(house, workspace, (COLD, WARM, HOT), [*range(0, 60, 2), *range(0, 60, 3)])
    edit = LeadEdit(LeadFields(name="Ada"), {"plan": 1}, add_tags=("eu",))
    await house.ledger.apply(workspace.id, external("crm-3"), UpsertLead(ADA, edit))
    await edit_levels(house, workspace, LOW, HIGH)
    for number in (2, 13, 40):
        await house.ledger.apply(workspace.id, external(f"crm-{number}"), adjusted(1))
    before = {lead.id: lead for lead in await leads_of(mongo, workspace.id)}
    await job_of(house, workspace, Level("Frozen", None, 19), Level("hot", 20, 49), WARM_ABOVE)

    await tell_all(house, workspace)

    scoring = await house.configuration.scoring(workspace.id)
    by_lead = {entry.lead_id: entry for entry in await told_of(mongo, workspace)}
    assert len({(entry.before, entry.after.level) for entry in by_lead.values()}) > len(SCORES)
    for lead in await leads_of(mongo, workspace.id):
        (alone,) = tell(before[lead.id], ENGAGEMENT, scoring, lead.updated_at).told or (None,)
        if alone is None:
            assert lead == before[lead.id]
        else:
            assert by_lead[lead.id] == alone
            assert lead == tell(before[lead.id], ENGAGEMENT, scoring, lead.updated_at).lead
    await assert_told(house, mongo, workspace)


async def test_a_lead_that_was_told_has_been_in_its_level_since_the_edit(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, (COLD, WARM, HOT), [30, 60])
    (before, _), (unmoved, _) = [await of_name(mongo, workspace, name) for name in ("crm-0", "crm-1")]
    by = editor()
    await job_of(house, workspace, LOW, HIGH, by=by)

    await tell_all(house, workspace)

    lead, _ = await of_name(mongo, workspace, "crm-0")
    assert (lead.engagement.since, lead.engagement.announced) == (by.at, Position(30, "Cold", 2))
    assert (lead.version, lead.profile) == (before.version + 1, before.profile)
    assert lead.engagement.contributions == before.engagement.contributions
    assert lead.updated_at >= before.updated_at
    assert await house.leads.find(workspace.id, external("crm-1")) == unmoved


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ((COLD, WARM, HOT), (COLD, HOT), [("Warm", None)]),
        ((COLD, HOT), (COLD, WARM, HOT), [(None, "Warm")]),
        ((COLD, WARM, HOT), (), [("Cold", None), ("Hot", None), ("Warm", None)]),
        ((), (COLD, WARM, HOT), [(None, "Cold"), (None, "Hot"), (None, "Warm")]),
        ((WARM,), (replace(WARM, name="Lukewarm"),), [("Warm", "Lukewarm")]),
        ((COLD, WARM, HOT), (Level("All", None, None),), [("Cold", "All"), ("Hot", "All"), ("Warm", "All")]),
    ],
)
@pytest.mark.parametrize("dimension", [ENGAGEMENT, PROFILE])
async def test_leads_are_told_of_gaps_that_close_and_open(
    house: House,
    mongo: Mongo,
    workspace: Workspace,
    dimension: Dimension,
    before: tuple[Level, ...],
    after: tuple[Level, ...],
    moves: list[tuple[str | None, str | None]],
) -> None:
    await settle(house, workspace, before, [10, 30, 70], dimension)
    job = await job_of(house, workspace, *after, dimension=dimension)

    await tell_all(house, workspace)

    told = await told_of(mongo, workspace)
    assert sorted(((e.before.level, e.after.level) for e in told), key=str) == sorted(moves, key=str)
    assert {entry.dimension for entry in told} == {dimension}
    done = await state_of(house, workspace, job)
    assert (done.state, done.done, done.total, done.changed) == (JobState.DONE, *[len(moves)] * 3)
    await assert_told(house, mongo, workspace)


async def test_a_lead_left_unclassified_can_be_told_again(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, (COLD, WARM, HOT), [30])

    for levels in ((COLD, HOT), (COLD, WARM, HOT), ()):
        await job_of(house, workspace, *levels)
        await tell_all(house, workspace)

    told = await told_of(mongo, workspace)
    assert [(entry.before.level, entry.after.level) for entry in told] == [
        ("Warm", None),
        (None, "Warm"),
        ("Warm", None),
    ]
    assert [entry.version for entry in told] == [2, 3, 4]
    await assert_told(house, mongo, workspace)


async def test_each_dimension_is_told_by_itself(house: House, mongo: Mongo, workspace: Workspace) -> None:
    for dimension in (ENGAGEMENT, PROFILE):
        await settle(house, workspace, (COLD, WARM, HOT), SCORES, dimension)
    jobs = [
        await job_of(house, workspace, LOW, HIGH, dimension=ENGAGEMENT),
        await job_of(house, workspace, COLD, HOT, dimension=PROFILE),
    ]

    await tell_all(house, workspace)

    ended = [await state_of(house, workspace, job) for job in jobs]
    assert [(job.dimension, job.state, job.changed) for job in ended] == [
        (ENGAGEMENT, JobState.DONE, 4),
        (PROFILE, JobState.DONE, 4),
    ]
    told = [entry for entry in await told_of(mongo, workspace) if entry.after.level_set == 2]
    assert {entry.after.level for entry in told if entry.dimension is PROFILE} == {None}
    assert {entry.after.level for entry in told if entry.dimension is ENGAGEMENT} == {"Cold", "Hot"}
    await assert_told(house, mongo, workspace)


async def test_a_crowd_of_more_than_one_batch_is_told_to_the_last(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    """Many of them with the same score, so that a batch ends among leads that are alike."""
    house = make_house()
    await settle(house, workspace, (COLD, WARM, HOT), [30 + number % 2 for number in range(603)])
    job = await job_of(house, workspace, LOW, HIGH)

    await tell_all(house, workspace)

    done = await state_of(house, workspace, job)
    assert (done.done, done.total, done.changed) == (603, 603, 603)
    assert len(await told_of(mongo, workspace)) == 603
    await assert_told(house, mongo, workspace)


async def test_leads_of_another_workspace_are_told_nothing(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    for each in (workspace, other):
        await settle(house, each, (COLD, WARM, HOT), [30])
    await tell_all(house, other)
    before = await leads_of(mongo, other.id)
    await job_of(house, workspace, LOW, HIGH)

    await tell_all(house, workspace)

    assert len(await told_of(mongo, workspace)) == 1
    assert await told_of(mongo, other) == []
    assert await leads_of(mongo, other.id) == before


async def test_the_worker_of_the_process_that_edits_is_woken_and_others_find_the_job(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    here, there = make_house(), make_house()
    await settle(here, workspace, (COLD, WARM, HOT), [30])

    async with working(there):
        await job_of(here, workspace, LOW, HIGH)
        await until_over(here, workspace.id)

    await assert_told(here, mongo, workspace)


async def test_leads_that_were_there_before_a_quick_start_are_told_of_its_levels(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    template = TEMPLATES["b2b-saas"]
    await crowd(house, workspace, [0, 30, 90])
    await crowd(house, workspace, [0, 20, 40], PROFILE)

    await house.quick_start.begin(workspace.id, template, editor())
    jobs = await tell_all(house, workspace)

    assert sorted((job.dimension and job.dimension.value, job.state, job.changed) for job in jobs) == [
        ("ENGAGEMENT", JobState.DONE, 3),
        ("PROFILE", JobState.DONE, 3),
    ]
    told = await told_of(mongo, workspace)
    assert {entry.after.level for entry in told if entry.dimension is ENGAGEMENT} == {
        "Cold",
        "Warm",
        "Very Hot",
    }
    await assert_told(house, mongo, workspace)
