"""Rules that are published with replay score anew all that was done, lead after lead, and say how far they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from domain.actors import Workspace
from domain.changes import RecordActivity
from domain.history import CauseKind
from domain.jobs import JobKind, JobState
from domain.levels import Announce
from domain.rules import Rescore
from persistence import past
from persistence.workspaces import Workspaces
from tests.persistence.given import COLD, HOT, WARM, accepted, entries_of, external, known, leads_of
from tests.persistence.rescoring.replaying import (
    anew,
    assert_replayed,
    do_all,
    job_of,
    published,
    scores,
    to_replay,
)
from tests.persistence.steps.passing import DAY, EXPIRING, LASTING, SECOND, Clock, Process

NEW = Rescore.NEW_ACTIVITY
DEARER = replace(LASTING, points=50)


async def test_every_lead_that_it_changes_has_one_entry_and_no_other_has_any(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.set_levels(workspace, COLD, WARM, HOT)
    await published(process, workspace, LASTING, EXPIRING, rescore=NEW)
    await process.crowd(workspace, 250, process.did("LASTING"), process.did("NOTHING"))
    for number in range(100):
        await process.do(workspace, f"other-{number}", process.did("EXPIRING"))
    clock.advance(DAY)
    job = await to_replay(process, workspace, DEARER, EXPIRING)

    await do_all(process, workspace)

    done = await job_of(process, workspace, job)
    assert (done.kind, done.state, done.dimension) == (JobKind.RESCORE, JobState.DONE, None)
    assert (done.done, done.total, done.changed) == (350, 350, 250)
    told = await anew(process, workspace)
    assert {(each.delta, each.after.level, each.rule_set) for each in told} == {(30, "Hot", 2)}
    assert set(Counter(each.lead_id for each in told).values()) == {1}
    assert Counter((await scores(process, workspace)).values()) == {50: 250, 30: 100}
    await assert_replayed(process, workspace)


async def test_an_entry_says_who_published_and_why_and_who_may_hear_of_it(
    process: Process, workspace: Workspace
) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    await process.do(workspace, "crm-0", process.did("LASTING"))
    await process.house.rule_sets.edit(workspace.id, lambda _: (DEARER,), process.editor())
    by = replace(process.editor(), comment="Quarterly review")
    await process.house.rule_sets.publish(workspace.id, by, Rescore.REPLAY, Announce.UPWARD)

    await do_all(process, workspace)

    (entry,) = await anew(process, workspace)
    cause = entry.cause
    assert (cause.actor, cause.reason, cause.announce) == (by.actor, "Quarterly review", Announce.UPWARD)
    assert [(part.rule_id, part.name, part.points) for part in entry.parts] == [("lasting", "Lasts", 30)]


async def test_what_rules_that_are_gone_had_given_is_gone(process: Process, workspace: Workspace) -> None:
    await published(process, workspace, LASTING, EXPIRING, rescore=NEW)
    await process.crowd(workspace, 3, process.did("LASTING"), process.did("EXPIRING"), process.given(7))
    await to_replay(process, workspace)

    await do_all(process, workspace)

    assert set((await scores(process, workspace)).values()) == {7}
    (parts,) = {
        tuple((each.name, each.points) for each in one.parts) for one in await anew(process, workspace)
    }
    assert sorted(parts) == [("Expires", -30), ("Lasts", -20)]
    await assert_replayed(process, workspace)


async def test_what_was_done_before_there_were_any_rules_is_scored(
    process: Process, workspace: Workspace
) -> None:
    await process.crowd(workspace, 3, process.did("LASTING"))
    await to_replay(process, workspace, LASTING)

    await do_all(process, workspace)

    assert set((await scores(process, workspace)).values()) == {20}
    await assert_replayed(process, workspace)


async def test_without_leads_it_is_done_at_once(process: Process, workspace: Workspace) -> None:
    job = await to_replay(process, workspace, LASTING)

    await do_all(process, workspace)

    done = await job_of(process, workspace, job)
    assert (done.state, done.done, done.total, done.changed) == (JobState.DONE, 0, 0, 0)


async def test_leads_without_activities_lie_between_those_with_many(
    process: Process, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each size that an answer of the database may be cut at."""
    monkeypatch.setattr(past, "PORTION", 4)
    await published(process, workspace, LASTING, rescore=NEW)
    sizes = [0, 1, 0, 0, 3, 4, 5, 8, 0, 9, 4, 4, 0]
    for number, size in enumerate(sizes):
        await process.do(workspace, f"crm-{number}", known())
        await process.house.ledger.apply_all(
            workspace.id, [(external(f"crm-{number}"), process.did("LASTING")) for _ in range(size)]
        )
    job = await to_replay(process, workspace, DEARER)

    await do_all(process, workspace)

    expected = {f"crm-{number}": 50 * size for number, size in enumerate(sizes)}
    assert await scores(process, workspace) == expected
    assert (await job_of(process, workspace, job)).changed == sum(size > 0 for size in sizes)
    await assert_replayed(process, workspace)


async def test_a_lead_with_more_activities_than_one_answer_holds_is_read_whole(
    process: Process, workspace: Workspace
) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    many = past.PORTION + past.PORTION // 2
    for name, size in (("a", 1), ("b", many), ("c", 0), ("d", 2), ("e", past.PORTION - 3), ("f", 1)):
        await process.do(workspace, name, known())
        if size:
            items = [(external(name), process.did("LASTING")) for _ in range(size)]
            accepted(await process.house.ledger.apply_all(workspace.id, items))
    await to_replay(process, workspace, DEARER)

    await do_all(process, workspace)

    expected = {"a": 1, "b": many, "c": 0, "d": 2, "e": past.PORTION - 3, "f": 1}
    assert await scores(process, workspace) == {name: 50 * size for name, size in expected.items()}


async def test_late_activities_are_scored_in_their_place(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await published(process, workspace, EXPIRING, rescore=NEW)
    clock.advance(20 * DAY)
    await process.do(workspace, "crm-0", process.did("EXPIRING", 12 * DAY))
    await process.do(workspace, "crm-1", process.did("EXPIRING", 4 * DAY))
    await to_replay(process, workspace, replace(EXPIRING, points=40))

    await do_all(process, workspace)

    assert await scores(process, workspace) == {"crm-0": 0, "crm-1": 40}
    assert (await process.lead(workspace, "crm-1")).due_at == clock() - SECOND + 6 * DAY
    await assert_replayed(process, workspace)


async def test_a_revert_scores_anew_as_well(process: Process, workspace: Workspace) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    await process.crowd(workspace, 2, process.did("LASTING"))
    await to_replay(process, workspace, DEARER)
    await do_all(process, workspace)
    assert set((await scores(process, workspace)).values()) == {50}

    reverted, job = await process.house.rule_sets.revert(workspace.id, 1, process.editor(), Rescore.REPLAY)
    await do_all(process, workspace)

    assert job
    assert (job.version, reverted.version, reverted.rescore) == (3, 3, Rescore.REPLAY)
    assert set((await scores(process, workspace)).values()) == {20}
    assert [each.delta for each in await anew(process, workspace)] == [30, -30] * 2
    await assert_replayed(process, workspace)


async def test_publishing_for_new_activity_alone_makes_no_job(process: Process, workspace: Workspace) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    await process.do(workspace, "crm-0", process.did("LASTING"))

    assert await published(process, workspace, DEARER, rescore=NEW) is None

    assert await do_all(process, workspace) == []
    assert await scores(process, workspace) == {"crm-0": 20}


async def test_other_workspaces_stay_as_they_are(process: Process, workspace: Workspace) -> None:
    other = await Workspaces(process.mongo).named("other", process.clock())
    for each in (workspace, other):
        await published(process, each, LASTING, rescore=NEW)
        await process.crowd(each, 5, process.did("LASTING"))
    before = await leads_of(process.mongo, other.id)
    await to_replay(process, workspace, DEARER)

    await do_all(process, workspace)

    assert await leads_of(process.mongo, other.id) == before
    assert {each.cause.kind for each in await entries_of(process.mongo, other.id)} == {CauseKind.ACTIVITY}
    assert set((await scores(process, workspace)).values()) == {50}


async def test_a_lead_that_cannot_be_read_fails_the_job_and_harms_no_other(
    process: Process, workspace: Workspace
) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    await process.crowd(workspace, 5, process.did("LASTING"))
    broken = {"workspace": workspace.id, "external_id": "crm-2"}
    kept = await process.mongo.leads.find_one(broken)
    assert kept
    await process.mongo.leads.update_one(broken, {"$unset": {"attributes": ""}})
    job = await to_replay(process, workspace, DEARER)

    await do_all(process, workspace)
    failed = await job_of(process, workspace, job)
    await process.mongo.leads.update_one(broken, {"$set": {"attributes": kept["attributes"]}})

    assert failed.state is JobState.FAILED
    assert failed.error
    assert "logged as" in failed.error
    found = await scores(process, workspace)
    assert found.pop("crm-2") == 20
    assert set(found.values()) == {50}
    await to_replay(process, workspace, DEARER)
    await do_all(process, workspace)
    assert set((await scores(process, workspace)).values()) == {50}
    assert len(await anew(process, workspace)) == 5
    await assert_replayed(process, workspace)


async def test_what_is_done_after_it_is_scored_by_the_new_rules_once(
    process: Process, workspace: Workspace
) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    change: RecordActivity = process.did("LASTING", key="k")
    await process.do(workspace, "crm-0", change)
    await to_replay(process, workspace, DEARER)
    await do_all(process, workspace)

    again = await process.house.ledger.apply(workspace.id, external("crm-0"), change)
    await process.do(workspace, "crm-0", process.did("LASTING"))

    assert again.duplicate
    assert await scores(process, workspace) == {"crm-0": 100}
    await assert_replayed(process, workspace)
