"""What an edit of the levels costs: on a thousand leads and on many, and beside live traffic.

usage: python -m tests.benchmarks.levels [leads, a million by default]

Prints how long an edit takes to return and to be read right on either number of leads, how long previews,
distributions and the matrix take on the many, how many leads a second a reclassification tells in the back office, and
what is left meanwhile of the rate of 64 callers of adjustScore in the process that serves.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median

from api.app import build_house, settle_memory
from api.context import Context, House
from api.scalars import now
from api.schema import schema
from domain.actors import Actor, ActorKind, Role, Viewer, Workspace
from domain.contributions import ADJUSTMENTS, Contribution, Contributions
from domain.jobs import Job
from domain.leads import Lead, Standing
from domain.levels import Dimension, Level, ScoreRange, table
from domain.scoring import Scoring
from persistence.configuration import Editor
from persistence.documents import from_lead
from persistence.embedded import embedded_mongo
from persistence.leads import LeadFilter, LeadOrder
from persistence.mongo import Mongo, new_id, open_mongo
from persistence.workspaces import Workspaces
from tests.benchmarks.served import DATABASE, as_served, written

FEW, MANY = 1_000, 1_000_000
TRIES = 15
CALLERS = 64
ROUNDS, SECONDS = 3, 8.0
ACTOR = Actor(ActorKind.USER, "benchmark")
SCORES = 100


def levels_of(low: int, lowest: str = "Cold") -> tuple[Level, ...]:
    """A table whose second level begins at *low*."""
    return table([Level(lowest, None, low - 1), Level("Warm", low, 74), Level("Hot", 75, None)])


TABLES = [levels_of(low) for low in (25, 50)]
ADJUST = """mutation($lead: String!) { adjustScore(input: {lead: {externalId: $lead}, delta: 1}) {
  ... on AdjustScorePayload { lead { id version engagement { score level { name color } } } }
  ... on UserError { message } } }"""
PREVIEW = """{ previewLevels(dimension: ENGAGEMENT, levels: [
  {name: "Cold", max: 9} {name: "Warm", min: 10, max: 79} {name: "Hot", min: 80}]) {
  before { leads } after { leads } moves { from { name } to { name } leads sample { id } } } }"""
DISTRIBUTION = "{ tierDistribution(dimension: ENGAGEMENT) { total shares { leads share } warnings } }"
MATRIX = "{ levelMatrix { total cells { leads } } }"


async def timed(work: Callable[[], Awaitable[object]], tries: int = 1) -> float:
    """Seconds at the median."""
    taken = []
    for _ in range(tries):
        started = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - started)
    return median(taken)


async def furnished(mongo: Mongo, house: House, leads: int) -> Workspace:
    """A workspace with levels and so many leads, evenly spread over a hundred scores and announced there."""
    workspace = await Workspaces(mongo).named(f"{leads:,} leads", now())
    await edit(house, workspace, TABLES[0])
    scoring = await house.configuration.scoring(workspace.id)
    for at in range(0, leads, 10_000):
        numbers = range(at, min(at + 10_000, leads))
        documents = [from_lead(workspace.id, _lead(scoring, number)) for number in numbers]
        await mongo.leads.insert_many(documents, ordered=False)
    return workspace


def _lead(scoring: Scoring, number: int) -> Lead:
    engagement, profile = (
        Standing(scoring.position(dimension, score), now(), _points(score))
        for dimension, score in ((Dimension.ENGAGEMENT, number % SCORES), (Dimension.PROFILE, number % 7))
    )
    return Lead(new_id(), engagement, profile, now(), now(), now(), external_id=f"l{number}", version=1)


def _points(score: int) -> Contributions:
    """What the score is the sum of: without, every change would first tell where it came from."""
    return {ADJUSTMENTS: Contribution("Adjustments", score, 1)} if score else {}


async def edit(house: House, workspace: Workspace, levels: tuple[Level, ...]) -> Job | None:
    _, job = await house.level_sets.change(
        workspace.id, Dimension.ENGAGEMENT, lambda _: levels, Editor(ACTOR, now())
    )
    return job


async def edited_and_read(house: House, workspace: Workspace) -> float:
    """Seconds until an edit has returned and a page of the level it moved was read by it."""
    which = 0

    async def once() -> None:
        nonlocal which
        which = 1 - which
        await edit(house, workspace, TABLES[which])
        warm = ScoreRange(TABLES[which][1].min, 74)
        wanted = LeadFilter(((Dimension.ENGAGEMENT, (warm,)),))
        page = await house.leads.page(workspace.id, wanted, LeadOrder(descending=False), 20, None)
        assert page.edges[0].node.engagement.score == warm.min

    return await timed(once, TRIES)


async def asked(house: House, workspace: Workspace, document: str) -> float:
    context = Context(house, Viewer(workspace, ACTOR, Role.INTEGRATION, "benchmark"))

    async def once() -> None:
        result = await schema.execute(document, None, context)
        assert result.data, result.errors

    return await timed(once, 3)


async def adjusting(house: House, workspace: Workspace, leads: int, until: Callable[[], bool]) -> float:
    """Adjustments a second, by 64 callers, until told to stop."""
    context = Context(house, Viewer(workspace, ACTOR, Role.INTEGRATION, "benchmark"))
    started, done = time.perf_counter(), 0

    async def caller() -> None:
        nonlocal done
        while not until():
            lead = f"l{random.randrange(leads)}"
            result = await schema.execute(ADJUST, {"lead": lead}, context)
            assert result.data, result.errors
            done += 1

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return done / (time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Beside:
    """Adjustments a second alone and beside a reclassification, leads a second that it told, seconds the edit took."""

    alone: float
    beside: float
    told: float
    edit: float


async def beside(house: House, workspace: Workspace, leads: int) -> Beside:
    """What an edit and its job cost those who adjust scores meanwhile, and these them: in turns, at the median.

    For the machine has weather, which both sides shall have alike. A new name for a level is told to all its leads.
    """
    rounds = [await _beside(house, workspace, leads, levels_of(50, f"Cold {each}")) for each in range(ROUNDS)]
    return Beside(*(median(each) for each in zip(*map(astuple, rounds), strict=True)))


async def _beside(house: House, workspace: Workspace, leads: int, levels: tuple[Level, ...]) -> Beside:
    alone = await adjusting(house, workspace, leads, for_seconds(SECONDS))
    callers = asyncio.create_task(adjusting(house, workspace, leads, for_seconds(SECONDS)))
    started = time.perf_counter()
    job = await edit(house, workspace, levels)
    taken = time.perf_counter() - started
    rate = await callers
    assert job
    ended = await house.jobs.cancel(workspace.id, job.id)
    return Beside(alone, rate, ended.changed / (time.perf_counter() - started), taken)


def for_seconds(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


async def main(uri: str, leads: int) -> None:
    async with open_mongo(uri, DATABASE) as mongo:
        house = build_house(mongo)
        settle_memory()
        few, many = [await furnished(mongo, house, number) for number in (FEW, leads)]
        slow, quick = await edited_and_read(house, many), await edited_and_read(house, few)
        say(f"an edit returned and read right: {quick * 1000:.1f} ms on {FEW:,} leads, {slow * 1000:.1f} ms")
        say(f"on {leads:,}: ratio {slow / quick:.2f}")
        for name, document in {"preview": PREVIEW, "distribution": DISTRIBUTION, "matrix": MATRIX}.items():
            say(f"{name} on {leads:,} leads: {await asked(house, many, document):.2f} s")
        await edit(house, many, TABLES[0])
        await house.ledger.close()
        await written(mongo)
        async with as_served(uri, mongo) as served:
            shown = await beside(served, many, leads)
        say(f"adjustScore alone {shown.alone:,.0f}/s; beside a reclassification {shown.beside:,.0f}/s,")
        say(f"ratio {shown.beside / shown.alone:.2f}, while {shown.told:,.0f} leads/s were told;")
        say(f"the edit returned under that load in {shown.edit * 1000:.0f} ms")


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its purpose


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data, embedded_mongo(Path(data)) as uri:
        asyncio.run(main(uri, int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
