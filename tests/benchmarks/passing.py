"""What time and replay cost: leads that are due caught up with, and leads whose activities are all scored anew.

usage: python -m tests.benchmarks.passing [leads due, a million by default] [leads to replay, 100,000 by default]

Prints how many leads a second are told that points of theirs have expired, all of them overdue, and how many a second
are scored anew by a job, 20 activities each: both in the back office, with the feed at work in the process that serves.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from api.app import build_house, settle_memory
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.changes import Activity
from domain.contributions import Contribution, Expiring
from domain.jobs import Job, JobState
from domain.leads import Lead, Standing
from domain.levels import Dimension
from domain.rules import Rescore, Rule
from domain.scoring import Past, Scoring, new_lead, replayed
from persistence.configuration import Editor
from persistence.documents import from_activity, from_lead
from persistence.embedded import embedded_mongo
from persistence.mongo import Mongo, new_id, open_mongo
from persistence.workspaces import Workspaces
from tests.benchmarks.levels import ACTOR, TABLES, edit, say
from tests.benchmarks.served import DATABASE, as_served, written

DUE, REPLAYED, ACTIVITIES = 1_000_000, 100_000, 20
KINDS, RULES = 8, 12
PORTION = 5_000


async def prepared(mongo: Mongo, house: House, name: str) -> tuple[Workspace, Scoring]:
    workspace = await Workspaces(mongo).named(name, now())
    await edit(house, workspace, TABLES[0])
    return workspace, await house.configuration.scoring(workspace.id)


def overdue(scoring: Scoring, number: int) -> Lead:
    """A lead with points that have just expired."""
    lead, at = new_lead(new_id(), scoring, now() - timedelta(days=1)), now() - timedelta(seconds=1)
    given = {
        "visit": Contribution("Visit", 10, 3),
        "webinar": Contribution(
            "Webinar", 0, 2, {}, (Expiring(at, 20), Expiring(at + timedelta(days=9), 10))
        ),
    }
    standing = Standing(scoring.position(Dimension.ENGAGEMENT, 40), at, given)
    return replace(lead, engagement=standing, external_id=f"l{number}", due_at=at, version=1)


async def caught_up(uri: str, mongo: Mongo, leads: int) -> float:
    """Leads a second, from when the back office has begun."""
    workspace, scoring = await prepared(mongo, build_house(mongo), "due")
    for at in range(0, leads, PORTION):
        documents = [
            from_lead(workspace.id, overdue(scoring, number))
            for number in range(at, min(at + PORTION, leads))
        ]
        await mongo.leads.insert_many(documents, ordered=False)
    await mongo.workspaces.update_many({}, {"$unset": {"retime": ""}})
    await mongo.leases.delete_many({})
    await written(mongo)
    async with as_served(uri, mongo):
        while not await mongo.leases.find_one({"_id": "steps"}):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
        started = time.perf_counter()
        while await mongo.leads.find_one({"due_at": {"$lte": now()}}):  # noqa: ASYNC110 - nor here
            await asyncio.sleep(0.2)
        return leads / (time.perf_counter() - started)


async def rescored(mongo: Mongo, house: House, leads: int) -> float:
    """Leads a second, by rules of which one pays a point more than those that leads were scored by so far."""
    workspace, scoring = await prepared(mongo, house, "rescored")
    await publish(house, workspace, rules(0))
    under = replace(scoring, rules=(await house.configuration.scoring(workspace.id)).rules)
    for at in range(0, leads, PORTION // ACTIVITIES):
        some = [scored(under, number) for number in range(at, min(at + PORTION // ACTIVITIES, leads))]
        await mongo.leads.insert_many([from_lead(workspace.id, lead) for lead, _ in some], ordered=False)
        done = [from_activity(workspace.id, lead.id, each, ()) for lead, past in some for each in past]
        await mongo.activities.insert_many(done, ordered=False)
    await written(mongo)
    started = time.perf_counter()
    job = await publish(house, workspace, rules(1), Rescore.REPLAY)
    while job and job.state is JobState.RUNNING:
        await asyncio.sleep(0.2)
        job = await house.jobs.find(workspace.id, job.id)
    assert job
    assert (job.state, job.changed) == (JobState.DONE, leads)
    return leads / (time.perf_counter() - started)


def rules(more: int) -> tuple[Rule, ...]:
    """The first pays *more*."""
    return tuple(
        Rule(f"r{each}", f"Rule {each}", f"KIND_{each % KINDS}", 1 + each % 5 + more * (each == 0))
        for each in range(RULES)
    )


async def publish(
    house: House, workspace: Workspace, wanted: tuple[Rule, ...], rescore: Rescore = Rescore.NEW_ACTIVITY
) -> Job | None:
    await house.rule_sets.edit(workspace.id, lambda _: wanted, Editor(ACTOR, now()))
    _, job = await house.rule_sets.publish(workspace.id, Editor(ACTOR, now()), rescore)
    return job


def scored(under: Scoring, number: int) -> tuple[Lead, list[Activity]]:
    """A lead with its activities, as these have scored it."""
    begin = now() - timedelta(days=60)
    moments = [begin + timedelta(hours=70 * each) for each in range(ACTIVITIES)]
    past = [
        Activity(new_id(), f"KIND_{(number + each) % KINDS}", {"url": "/pricing", "seconds": each}, at, at)
        for each, at in enumerate(moments)
    ]
    lead = replace(new_lead(new_id(), under, begin), external_id=f"r{number}", version=1)
    return replayed(lead, Past(past), under, [under.rules], now()), past


async def main(uri: str, due: int, again: int) -> None:
    async with open_mongo(uri, DATABASE) as mongo:
        settle_memory()
        async with as_served(uri, mongo) as house:
            rate = await rescored(mongo, house, again)
        say(f"{again:,} leads with {ACTIVITIES} activities each: {rate:,.0f} a second anew")
        say(f"{due:,} leads overdue: {await caught_up(uri, mongo, due):,.0f} a second caught up")


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as data, embedded_mongo(Path(data)) as uri:
        asyncio.run(main(uri, *(numbers or (DUE, REPLAYED))))
