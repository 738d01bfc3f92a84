"""Which edits of the levels have something to tell, and what of an earlier edit is told with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from api.context import House
from domain.actors import Workspace
from domain.jobs import JobState
from domain.levels import Announce, Level
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import COLD, ENGAGEMENT, HOT, PROFILE, WARM, editor
from tests.persistence.reclassification.telling import (
    assert_told,
    edit_levels,
    job_of,
    settle,
    tell_all,
    told_of,
)

FULL = (COLD, WARM, HOT)


async def told_up_to(mongo: Mongo, workspace: Workspace) -> Mapping[str, int]:
    document = await mongo.workspaces.find_one({"_id": workspace.id})
    assert document
    told: Mapping[str, int] = document["told"]
    return told


@pytest.mark.parametrize(
    "levels",
    [
        FULL,
        (replace(COLD, color="#123456"), WARM, HOT),
        (COLD, replace(WARM, name="WARM"), HOT),
        (COLD, replace(WARM, motion="Call"), HOT),
    ],
    ids=["the same again", "another colour", "another case", "another motion"],
)
async def test_an_edit_that_moves_no_score_makes_no_job(
    house: House, mongo: Mongo, workspace: Workspace, levels: tuple[Level, ...]
) -> None:
    await settle(house, workspace, FULL, [10, 30, 70])
    before = await house.jobs.newest(workspace.id, 10)

    job = await edit_levels(house, workspace, *levels)

    assert job is None
    assert await tell_all(house, workspace) == before
    assert await told_of(mongo, workspace) == []
    assert await told_up_to(mongo, workspace) == {"ENGAGEMENT": 2, "PROFILE": 0}
    await assert_told(house, mongo, workspace)


async def test_an_edit_among_scores_that_no_lead_has_makes_a_job_that_tells_nobody(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [10, 30, 70])
    await job_of(house, workspace, COLD, replace(WARM, max=39), replace(HOT, min=40))

    (job, *_) = await tell_all(house, workspace)

    assert (job.state, job.done, job.total, job.changed) == (JobState.DONE, 0, 0, 0)
    assert await told_up_to(mongo, workspace) == {"ENGAGEMENT": 2, "PROFILE": 0}


async def test_a_revert_has_a_job_of_its_own(house: House, mongo: Mongo, workspace: Workspace) -> None:
    await settle(house, workspace, FULL, [30])
    await job_of(house, workspace, HOT)
    await tell_all(house, workspace)

    _, job = await house.level_sets.revert(
        workspace.id, ENGAGEMENT, 1, editor("oh no"), announce=Announce.SILENT
    )
    await tell_all(house, workspace)

    assert job is not None
    assert (job.told, job.version) == (2, 3)
    told = await told_of(mongo, workspace)
    assert [(entry.after.level, entry.cause.reason, entry.cause.announce) for entry in told] == [
        (None, None, Announce.ALL),
        ("Warm", "oh no", Announce.SILENT),
    ]
    await assert_told(house, mongo, workspace)


async def test_a_job_that_is_done_leaves_nothing_for_the_next_to_look_at(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [10, 30, 70])
    await tell_all(house, workspace)
    await job_of(house, workspace, COLD, HOT)
    await tell_all(house, workspace)

    job = await job_of(house, workspace, *FULL)
    (done, *_) = await tell_all(house, workspace)

    assert (job.told, job.version) == (2, 3)
    assert (done.total, done.changed) == (1, 1)
    assert await told_up_to(mongo, workspace) == {"ENGAGEMENT": 3, "PROFILE": 0}


async def test_a_recolour_beside_a_job_that_runs_goes_on_with_what_it_had_to_tell(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [10, 30, 70])
    moving = await job_of(house, workspace, COLD, HOT)
    recolouring = await job_of(house, workspace, replace(COLD, color="#123456"), HOT)

    await tell_all(house, workspace)

    assert (recolouring.told, recolouring.version) == (1, 3)
    superseded = await house.jobs.find(workspace.id, moving.id)
    assert superseded
    assert superseded.state is JobState.CANCELLED
    assert [(e.before.level, e.after.level, e.after.level_set) for e in await told_of(mongo, workspace)] == [
        ("Warm", None, 3)
    ]
    await assert_told(house, mongo, workspace)


async def test_an_edit_that_takes_another_back_before_anybody_was_told_tells_nobody(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await settle(house, workspace, FULL, [10, 30, 70])
    await tell_all(house, workspace)
    await job_of(house, workspace, COLD, HOT)

    await edit_levels(house, workspace, *FULL)
    jobs = await tell_all(house, workspace)

    assert await told_of(mongo, workspace) == []
    assert [job.changed for job in jobs] == [0, 0, 0]
    assert (await told_up_to(mongo, workspace))["ENGAGEMENT"] == 3
    await assert_told(house, mongo, workspace)


async def test_edits_of_one_dimension_leave_the_job_of_the_other_alone(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace
) -> None:
    house = make_house()
    for dimension in (ENGAGEMENT, PROFILE):
        await settle(house, workspace, FULL, [30], dimension)
    profile = await job_of(house, workspace, HOT, dimension=PROFILE)
    await job_of(house, workspace, HOT, dimension=ENGAGEMENT)

    found = await house.jobs.find(workspace.id, profile.id)
    assert found == profile
    await tell_all(house, workspace)
    moved = {(e.dimension, e.after.level) for e in await told_of(mongo, workspace) if e.after.level_set == 2}
    assert moved == {(PROFILE, None), (ENGAGEMENT, None)}
    await assert_told(house, mongo, workspace)
