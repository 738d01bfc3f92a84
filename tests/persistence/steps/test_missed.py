"""What time did while no process ran is told when one runs again, and comes to what it would have come to all along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest

from domain.actors import Workspace
from domain.changes import Change
from domain.history import CauseKind
from domain.leads import Lead, Standing
from domain.rules import Inactivity, Rule
from persistence.workspaces import Workspaces
from tests.persistence.given import COLD, HOT, PROFILE, WARM, assert_explained, leads_of
from tests.persistence.steps.conftest import database_of_its_own
from tests.persistence.steps.passing import (
    BEGINNING,
    DAY,
    EXPIRING,
    HALVING,
    IDLE,
    LASTING,
    Clock,
    Process,
    assert_timed,
    process_of,
)

DOWN = 20 * DAY
TENTH = Inactivity(after_days=3, every_days=1, percent=10)
TWICE = Rule("twice", "Expires, too", "HALVING", 15, expires_after=4)


@dataclass(frozen=True, slots=True)
class Twin:
    """The same workspace once more, in a database and by a clock of its own."""

    process: Process
    workspace: Workspace


@pytest.fixture
async def twin(mongo_uri: str) -> AsyncIterator[Twin]:
    async with database_of_its_own(mongo_uri) as mongo:
        clock = Clock()
        process = process_of(mongo, clock)
        yield Twin(process, await Workspaces(mongo).named("twin", clock()))
        await process.house.ledger.close()


def standing(lead: Lead, end: datetime) -> object:
    """All that time has made of a lead, but for when it was told and in how many versions.

    Of points that halve a score may be as old as a day, unless the level changes.
    """
    return [
        (
            each.announced.level,
            each.unbounded(end),
            each.score if not _halves(each) else None,
            each.contributions,
        )
        for each in (lead.engagement, lead.profile)
    ]


def _halves(standing: Standing) -> bool:
    return any(each.halving for each in standing.contributions.values())


async def test_what_fell_due_over_days_is_told_when_one_runs_again_and_once(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.publish(workspace, EXPIRING, HALVING, inactivity=IDLE)
    for kind in ("EXPIRING", "EXPIRING", "HALVING"):
        await process.do(workspace, "crm-0", process.did(kind))

    clock.advance(DOWN)
    again = process_of(process.mongo, clock)
    for _ in range(2):
        await again.look()

    told = await process.told(workspace)
    assert [entry.cause.kind for entry in told] == [CauseKind.EXPIRY, CauseKind.DECAY]
    assert {entry.cause.at for entry in told} == {clock()}
    assert told[0].delta == -60
    assert {part.name for part in told[1].parts} == {"Halves", "Inactivity"}
    await assert_timed(process, workspace)


@pytest.mark.parametrize(
    ("rules", "inactivity"),
    [
        ((EXPIRING,), None),
        ((HALVING,), None),
        ((LASTING,), IDLE),
        ((LASTING,), TENTH),
        ((EXPIRING, HALVING, LASTING, TWICE), None),
        ((EXPIRING, LASTING, TWICE), IDLE),
        ((EXPIRING, HALVING, LASTING, TWICE), IDLE),
        ((EXPIRING, HALVING, LASTING, TWICE), TENTH),
    ],
    ids=["expiring", "halving", "idle", "percent", "mixed", "expiring idle", "mixed idle", "mixed percent"],
)
@pytest.mark.parametrize("seed", range(2))
async def test_it_comes_to_what_steady_running_would_have_come_to(
    process: Process,
    workspace: Workspace,
    twin: Twin,
    rules: tuple[Rule, ...],
    inactivity: Inactivity | None,
    seed: int,
) -> None:
    """One runs all along, the other only when something is sent and in the end; both are sent the same."""
    kinds = sorted({rule.activity or "" for rule in rules})
    for each, of in ((process, workspace), (twin.process, twin.workspace)):
        random = Random(f"{seed} sends")
        await each.set_levels(of, COLD, WARM, HOT)
        await each.publish(of, *rules, inactivity=inactivity)
        for _ in range(12):
            at = each.clock() + timedelta(minutes=random.randrange(4 * 24 * 60))
            if each is twin.process:
                await each.live_until(at)
            each.clock.at = at
            lead = f"crm-{random.randrange(3)}"
            await each.do(of, lead, _something(each, kinds, random))
    end = max(process.clock(), twin.process.clock()) + DOWN

    await twin.process.live_until(end)
    await process.look_at(end)

    slept, steady = [
        {lead.external_id: lead for lead in await leads_of(each.mongo, of.id)}
        for each, of in ((process, workspace), (twin.process, twin.workspace))
    ]
    assert slept.keys() == steady.keys()
    assert {name: standing(lead, end) for name, lead in slept.items()} == {
        name: standing(lead, end) for name, lead in steady.items()
    }
    for each, of in ((process, workspace), (twin.process, twin.workspace)):
        await assert_explained(each.mongo, of.id)
        await assert_timed(each, of)


def _something(process: Process, kinds: list[str], random: Random) -> Change:
    match random.randrange(6):
        case 0:
            return process.given(random.choice([-4, 9, 25]), random.randrange(1, 12) * DAY)
        case 1:
            return process.given(random.choice([6, 11]), random.randrange(1, 12) * DAY, dimension=PROFILE)
        case 2:
            return process.did(random.choice(kinds), ago=random.randrange(6) * DAY)
    return process.did(random.choice(kinds))


async def test_a_lead_that_did_something_while_nobody_looked_lost_only_until_then(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.do(workspace, "crm-0", process.did("LASTING"))
    clock.advance(6 * DAY)
    await process.do(workspace, "crm-0", process.did("LASTING"))

    await process.look()
    await process.look_at(clock() + 5 * DAY)

    told = await process.told(workspace)
    assert [(entry.cause.at, entry.after.score) for entry in told] == [
        (BEGINNING + 6 * DAY, 17),
        (BEGINNING + 11 * DAY, 34),
    ]


async def test_the_longest_overdue_are_told_first(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    moments: list[datetime] = []
    for days in (3, 1, 2):
        await process.do(workspace, f"crm-{days}", process.given(days, days * DAY))
        moments.append(clock() + days * DAY)
    clock.at = max(moments)

    found = [lead["names"] async for page in process.steps._due() for lead in page]

    assert found == [["external_id:crm-1"], ["external_id:crm-2"], ["external_id:crm-3"]]
