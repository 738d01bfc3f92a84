"""Jobs that are killed, cancelled or overtaken: another goes on, and no lead is told twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from domain.actors import Workspace
from domain.jobs import Job, JobState
from domain.rules import Rescore
from persistence import rescoring
from persistence.jobs import LEASE
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.persistence.given import COLD, HOT, WARM
from tests.persistence.rescoring.replaying import (
    anew,
    assert_replayed,
    do_all,
    job_of,
    published,
    scores,
    to_replay,
    until_over,
    working,
)
from tests.persistence.steps.conftest import database_of_its_own
from tests.persistence.steps.killed import killed_after
from tests.persistence.steps.passing import LASTING, SECOND, Clock, MakeProcess, Process, process_of, until

pytestmark = pytest.mark.slow

NEW = Rescore.NEW_ACTIVITY
DEARER, DEAREST = replace(LASTING, points=50), replace(LASTING, points=70)
LEADS = 400
KILLS = 2
RESCORER = "tests.persistence.rescoring.rescorer"


class TestKilled:
    @pytest.fixture
    async def mongo(self, fallible_uri: str) -> AsyncIterator[Mongo]:
        """On the server that soon ends the open transactions of the dead."""
        async with database_of_its_own(fallible_uri) as mongo:
            yield mongo

    @pytest.mark.parametrize("seed", range(2))
    async def test_in_the_middle_of_its_leads_another_finishes_and_each_is_told_once(
        self, mongo: Mongo, fallible_uri: str, seed: int
    ) -> None:
        random, process = Random(f"{seed} kills"), process_of(mongo, Clock())
        workspace = await Workspaces(mongo).named("test", process.clock())
        await published(process, workspace, LASTING, rescore=NEW)
        await process.crowd(workspace, LEADS, process.did("LASTING"), process.given(3))
        job = await to_replay(process, workspace, DEARER)
        reached = []

        for _ in range(KILLS):
            process.clock.advance(2 * LEASE)
            enough = len(await anew(process, workspace)) + random.randint(1, 80)
            await killed_after(RESCORER, fallible_uri, mongo, process, "RULES_CHANGED", enough)
            reached.append(await job_of(process, workspace, job))
        process.clock.advance(2 * LEASE)
        await do_all(process, workspace)

        assert [each.state for each in reached] == [JobState.RUNNING] * KILLS, "the kill came too late"
        assert reached[0].done <= reached[1].done < reached[1].total == LEADS
        told = Counter(entry.lead_id for entry in await anew(process, workspace))
        assert (len(told), set(told.values())) == (LEADS, {1})
        done = await job_of(process, workspace, job)
        assert (done.state, done.done, done.total, done.changed) == (JobState.DONE, LEADS, LEADS, LEADS)
        await assert_replayed(process, workspace)
        await process.house.ledger.close()


@pytest.fixture
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a job has many moments at which something may happen."""
    monkeypatch.setattr(rescoring, "FIRST", 5)
    monkeypatch.setattr(rescoring, "MOST", 5)


async def begun(process: Process, workspace: Workspace, enough: int = 1) -> None:
    async def told_enough() -> bool:
        wanted = {"workspace": workspace.id, "cause": "RULES_CHANGED"}
        return await process.mongo.score_changes.count_documents(wanted) >= enough

    await until(told_enough)


async def many_to_replay(process: Process, clock: Clock, workspace: Workspace) -> Job:
    """The job of leads that were all scored by other rules, which may be taken up now."""
    await published(process, workspace, LASTING, rescore=NEW)
    await process.crowd(workspace, LEADS, process.did("LASTING"))
    job = await to_replay(process, workspace, DEARER)
    clock.advance(SECOND)
    return job


@pytest.mark.usefixtures("in_small_steps")
class TestOvertaken:
    async def test_a_cancelled_one_does_no_more_and_all_that_is_told_is_true(
        self, process: Process, clock: Clock, workspace: Workspace
    ) -> None:
        job = await many_to_replay(process, clock, workspace)

        async with working(process):
            await begun(process, workspace)
            await process.house.jobs.cancel(workspace.id, job.id)
            told = len(await anew(process, workspace))
            await asyncio.sleep(0.3)

        assert len(await anew(process, workspace)) == told < LEADS
        cancelled = await job_of(process, workspace, job)
        assert (cancelled.state, cancelled.changed) == (JobState.CANCELLED, told)
        found = Counter((await scores(process, workspace)).values())
        assert found == {50: told, 20: LEADS - told}

    async def test_a_second_publication_with_replay_takes_its_place(
        self, process: Process, clock: Clock, workspace: Workspace
    ) -> None:
        first = await many_to_replay(process, clock, workspace)

        async with working(process):
            await begun(process, workspace)
            second = await to_replay(process, workspace, DEAREST)
            clock.advance(SECOND)
            await until_over(process, workspace)

        ended = [await job_of(process, workspace, each) for each in (first, second)]
        assert [each.state for each in ended] == [JobState.CANCELLED, JobState.DONE]
        assert ended[0].error == "rules were published again: all is scored by version 3 instead"
        assert ended[1].done == ended[1].total == ended[1].changed == LEADS
        assert set((await scores(process, workspace)).values()) == {70}
        rules = [(each.lead_id, each.rule_set) for each in await anew(process, workspace)]
        assert len(set(rules)) == len(rules), "told twice by one job"
        await assert_replayed(process, workspace)

    async def test_rules_for_new_activity_leave_to_it_what_was_done_before_them(
        self, process: Process, clock: Clock, workspace: Workspace
    ) -> None:
        job = await many_to_replay(process, clock, workspace)

        async with working(process):
            await begun(process, workspace)
            assert await published(process, workspace, DEAREST, rescore=NEW) is None
            clock.advance(SECOND)
            await process.crowd(workspace, 10, process.did("LASTING"))
            await until_over(process, workspace)

        assert (await job_of(process, workspace, job)).state is JobState.DONE
        assert Counter((await scores(process, workspace)).values()) == {50: LEADS - 10, 120: 10}
        told = Counter(each.lead_id for each in await anew(process, workspace))
        assert (len(told), set(told.values())) == (LEADS, {1})
        await assert_replayed(process, workspace)

    async def test_an_edit_of_the_levels_at_the_same_time_has_a_job_of_its_own(
        self, process: Process, clock: Clock, workspace: Workspace
    ) -> None:
        await process.set_levels(workspace, COLD, WARM, HOT)
        await published(process, workspace, LASTING, rescore=NEW)
        await process.crowd(workspace, LEADS, process.did("LASTING"))
        await do_all(process, workspace)
        await to_replay(process, workspace, replace(LASTING, points=30))
        clock.advance(SECOND)

        async with working(process):
            await begun(process, workspace)
            await process.set_levels(workspace, COLD, HOT)
            clock.advance(SECOND)
            jobs = await until_over(process, workspace)

        assert {each.state for each in jobs} == {JobState.DONE}
        scoring = await process.house.configuration.scoring(workspace.id)
        for number in range(LEADS):
            standing = (await process.lead(workspace, f"crm-{number}")).engagement
            wanted = scoring.position(process.given(1).dimension, 30)
            assert standing.announced.in_level_of(wanted)
        await assert_replayed(process, workspace)

    async def test_workers_of_several_processes_do_it_once(
        self, make_process: MakeProcess, clock: Clock, workspace: Workspace
    ) -> None:
        """Each of whom takes it from the other, for every lease has run out when it is looked at."""
        processes = [await make_process() for _ in range(3)]
        first = processes[0]
        await published(first, workspace, LASTING, rescore=NEW)
        await first.crowd(workspace, LEADS, first.did("LASTING"))
        job = await to_replay(first, workspace, DEARER)

        async with working(*processes):
            over = asyncio.create_task(until_over(first, workspace))
            while not over.done():
                clock.advance(timedelta(seconds=4))
                await asyncio.sleep(0.02)
            await over

        done = await job_of(first, workspace, job)
        assert (done.state, done.done, done.total) == (JobState.DONE, LEADS, LEADS)
        told = Counter(each.lead_id for each in await anew(first, workspace))
        assert (len(told), set(told.values()), done.changed) == (LEADS, {1}, LEADS)
        await assert_replayed(first, workspace)
