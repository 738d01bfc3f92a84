"""An activity that is retracted counts no more, and what follows is as if it had never been."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from domain.actors import Workspace
from domain.errors import NotFound
from domain.history import CauseKind
from domain.rules import Limit, Period, Rescore
from persistence.workspaces import Workspaces
from tests.persistence.given import ADA, COLD, HOT, WARM, entries_of, external, written
from tests.persistence.rescoring.replaying import assert_replayed, published, scores
from tests.persistence.steps.passing import DAY, EXPIRING, LASTING, Clock, MakeProcess, Process

NEW = Rescore.NEW_ACTIVITY
ONCE = replace(LASTING, limit=Limit(1, Period.DAY))


async def retract(process: Process, workspace: Workspace, activity: str, reason: str | None = None) -> int:
    """Retract it; what that did to the score."""
    outcome = await process.house.corrections.retract(workspace.id, activity, ADA, reason)
    return sum(each.delta for each in outcome.changes)


async def test_its_points_are_taken_back_and_it_is_marked(process: Process, workspace: Workspace) -> None:
    await process.set_levels(workspace, COLD, WARM, HOT)
    await published(process, workspace, LASTING, rescore=NEW)
    change = process.did("LASTING")
    await process.do(workspace, "crm-0", process.did("LASTING"))
    await process.do(workspace, "crm-0", change)

    outcome = await process.house.corrections.retract(workspace.id, change.activity.id, ADA, "a bot")

    (entry,) = outcome.changes
    assert (entry.delta, entry.before.level, entry.after.level) == (-20, "Warm", "Cold")
    assert [(part.rule_id, part.points) for part in entry.parts] == [("lasting", -20)]
    cause = entry.cause
    assert (cause.kind, cause.reason, cause.activity_id) == (
        CauseKind.RETRACTION,
        "a bot",
        change.activity.id,
    )
    found = await process.mongo.activities.find_one({"_id": change.activity.id})
    assert found
    assert (found["is_retracted"], found["retracted"]["reason"]) == (True, "a bot")
    assert await scores(process, workspace) == {"crm-0": 20}
    await assert_replayed(process, workspace)


async def test_twice_is_once(process: Process, workspace: Workspace) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    change = process.did("LASTING")
    await process.do(workspace, "crm-0", change)
    assert await retract(process, workspace, change.activity.id) == -20
    before = await written(process.mongo, workspace.id)

    assert await retract(process, workspace, change.activity.id, "again") == 0

    assert await written(process.mongo, workspace.id) == before


async def test_what_it_kept_another_from_is_paid_instead(process: Process, workspace: Workspace) -> None:
    await published(process, workspace, ONCE, rescore=NEW)
    first, second = process.did("LASTING"), process.did("LASTING")
    await process.do(workspace, "crm-0", first)
    await process.do(workspace, "crm-0", second)

    assert await retract(process, workspace, first.activity.id) == 0
    assert await scores(process, workspace) == {"crm-0": 20}
    assert await retract(process, workspace, second.activity.id) == -20

    await assert_replayed(process, workspace)


async def test_an_activity_whose_rule_is_gone_takes_back_what_that_gave(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    change = process.did("LASTING")
    await process.do(workspace, "crm-0", change)
    clock.advance(DAY)
    await published(process, workspace, EXPIRING, rescore=NEW)

    assert await retract(process, workspace, change.activity.id) == -20

    assert await scores(process, workspace) == {"crm-0": 0}
    await assert_replayed(process, workspace)


async def test_the_others_keep_what_the_rules_of_then_gave(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    early, late = process.did("LASTING"), []
    await process.do(workspace, "crm-0", early)
    for points in (20, 30, 40):
        clock.advance(DAY)
        await published(process, workspace, replace(LASTING, points=points), rescore=NEW)
        clock.advance(DAY)
        late.append(process.did("LASTING"))
        await process.do(workspace, "crm-0", late[-1])

    assert await retract(process, workspace, early.activity.id) == 0
    assert await retract(process, workspace, late[1].activity.id) == -30

    assert await scores(process, workspace) == {"crm-0": 60}
    await assert_replayed(process, workspace)


async def test_the_lead_was_last_active_before_it(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.do(workspace, "crm-0", process.did("LASTING"))
    began = clock()
    clock.advance(DAY)
    change = process.did("LASTING")
    await process.do(workspace, "crm-0", change)

    await retract(process, workspace, change.activity.id)

    assert (await process.lead(workspace)).last_activity_at == began


async def test_points_that_would_have_expired_never_do(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await published(process, workspace, EXPIRING, rescore=NEW)
    change = process.did("EXPIRING")
    await process.do(workspace, "crm-0", change)
    assert (await process.lead(workspace)).due_at

    assert await retract(process, workspace, change.activity.id) == -30

    assert (await process.lead(workspace)).due_at is None
    clock.advance(30 * DAY)
    await process.look()
    assert await process.told(workspace) == []


async def test_sent_again_with_its_key_it_is_not_recorded_anew(
    process: Process, workspace: Workspace
) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    change = process.did("LASTING", key="k")
    await process.do(workspace, "crm-0", change)
    await retract(process, workspace, change.activity.id)

    again = await process.house.ledger.apply(workspace.id, external("crm-0"), change)

    assert again.duplicate
    assert again.activity
    assert again.activity.is_retracted
    assert await scores(process, workspace) == {"crm-0": 0}


async def test_one_that_there_is_not_or_of_others_is_refused(process: Process, workspace: Workspace) -> None:
    other = await Workspaces(process.mongo).named("other", process.clock())
    change = process.did("LASTING")
    await process.do(other, "crm-0", change)
    await process.do(workspace, "crm-0", process.did("LASTING"))
    before = [await written(process.mongo, each.id) for each in (workspace, other)]

    for unknown in (change.activity.id, "0" * 24, ""):
        with pytest.raises(NotFound):
            await retract(process, workspace, unknown)

    assert [await written(process.mongo, each.id) for each in (workspace, other)] == before


async def test_one_of_a_lead_that_was_deleted_is_not_there(process: Process, workspace: Workspace) -> None:
    change = process.did("LASTING")
    await process.do(workspace, "crm-0", change)
    await process.house.leads.delete(workspace.id, external("crm-0"))

    with pytest.raises(NotFound):
        await retract(process, workspace, change.activity.id)


@pytest.mark.parametrize("processes", [1, 2])
async def test_at_the_same_time_as_new_activity_and_each_other_nothing_is_lost(
    make_process: MakeProcess, workspace: Workspace, processes: int
) -> None:
    all_ = [await make_process() for _ in range(processes)]
    first, last = all_[0], all_[-1]
    await published(first, workspace, LASTING, rescore=NEW)
    changes = [first.did("LASTING") for _ in range(20)]
    for change in changes:
        await first.do(workspace, "crm-0", change)

    deltas = await asyncio.gather(
        *(retract(all_[at % processes], workspace, each.activity.id) for at, each in enumerate(changes[:10])),
        *(retract(last, workspace, each.activity.id) for each in changes[:10]),
        *(last.do(workspace, "crm-0", last.did("LASTING")) for _ in range(15)),
        *(first.do(workspace, "crm-0", first.given(1)) for _ in range(15)),
    )

    assert sum(each or 0 for each in deltas) == -10 * 20
    assert await scores(first, workspace) == {"crm-0": (20 - 10 + 15) * 20 + 15}
    told = [
        each
        for each in await entries_of(first.mongo, workspace.id)
        if each.cause.kind is CauseKind.RETRACTION
    ]
    assert len(told) == 10
    await assert_replayed(first, workspace)
