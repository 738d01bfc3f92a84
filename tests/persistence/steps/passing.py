"""Time that passes when a test says so: its clock, the processes that go by it, and what they make of leads."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from api.app import build_house
from api.context import House
from domain.actors import Workspace
from domain.changes import Activity, AdjustScore, Change, RecordActivity
from domain.history import CauseKind, ScoreChange
from domain.leads import Lead
from domain.levels import Level, table
from domain.rules import Inactivity, Rule, RuleSet
from domain.scoring import due
from persistence.batch import Item
from persistence.commits import Work
from persistence.configuration import Editor
from persistence.documents import to_lead
from persistence.leads import Name
from persistence.ledger import Ledger
from persistence.mongo import Mongo, new_id
from persistence.steps import Steps
from tests.persistence.given import (
    ADA,
    ENGAGEMENT,
    accepted,
    entries_of,
    external,
    leads_of,
)

PATIENCE = 60.0  # seconds; what never comes fails its test instead of holding all up
BEGINNING = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
EXPIRING = Rule("expiring", "Expires", "EXPIRING", 30, expires_after=10)
HALVING = Rule("halving", "Halves", "HALVING", 40, half_life=7)
LASTING = Rule("lasting", "Lasts", "LASTING", 20)
IDLE = Inactivity(after_days=5, every_days=2, points=3)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = BEGINNING) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


@dataclass(frozen=True, slots=True)
class Process:
    """What one process is made of."""

    mongo: Mongo
    clock: Clock
    house: House
    steps: Steps

    async def look(self) -> None:
        """Look once for what there is to do, and do it."""
        async with asyncio.timeout(PATIENCE):
            await self.steps._turn()

    async def look_at(self, moment: datetime) -> None:
        """The same, when it is that time."""
        self.clock.at = moment
        await self.look()

    async def live_until(self, end: datetime) -> None:
        """Look at every moment until then at which something is due, as who never stops does in time."""
        while coming := await self.mongo.leads.find_one(
            {"due_at": {"$lte": end}}, {"due_at": 1}, sort=[("due_at", 1)]
        ):
            await self.look_at(max(coming["due_at"], self.clock()))
        await self.look_at(end)

    async def do(self, workspace: Workspace, lead: str, change: Change) -> None:
        """Apply a change to a lead, by its external id."""
        await self.house.ledger.apply(workspace.id, external(lead), change)

    def did(self, kind: str, ago: timedelta = timedelta(0), key: str | None = None) -> RecordActivity:
        now = self.clock()
        return RecordActivity(ADA, Activity(new_id(), kind, {}, now - ago, now, key))

    def given(self, delta: int, lasting: timedelta | None = None, **more: Any) -> AdjustScore:
        """Points by hand, that last so long or for good."""
        expires_at = None if lasting is None else self.clock() + lasting
        dimension = more.pop("dimension", ENGAGEMENT)
        return AdjustScore(ADA, dimension, delta, expires_at=expires_at, **more)

    async def crowd(self, workspace: Workspace, size: int, *changes: Change) -> None:
        """Leads crm-0, crm-1 and so on, to each of whom all of that is done."""
        items: list[Item] = [
            (external(f"crm-{number}"), _anew(change)) for number in range(size) for change in changes
        ]
        accepted(await self.house.ledger.apply_all(workspace.id, items))

    def editor(self) -> Editor:
        return Editor(ADA, self.clock(), None, None)

    async def publish(
        self, workspace: Workspace, *rules: Rule, inactivity: Inactivity | None = None
    ) -> RuleSet:
        """Let just these rules score from now on, with that policy."""

        def edited(draft: RuleSet) -> RuleSet:
            return _with(draft, rules, inactivity)

        await self.house.rule_sets.change(workspace.id, edited, self.editor())
        published, _ = await self.house.rule_sets.publish(workspace.id, self.editor())
        return published

    async def set_levels(self, workspace: Workspace, *levels: Level) -> None:
        """Make a version of just these levels of engagement."""
        rows = table(levels)
        await self.house.level_sets.change(workspace.id, ENGAGEMENT, lambda _: rows, self.editor())

    async def lead(self, workspace: Workspace, name: str = "crm-0") -> Lead:
        found = await self.mongo.leads.find_one({"workspace": workspace.id, "external_id": name})
        assert found
        return to_lead(found)

    async def told(self, workspace: Workspace, *kinds: CauseKind) -> list[ScoreChange]:
        """What was told of what time did, each lead's by version."""
        wanted = kinds or (CauseKind.EXPIRY, CauseKind.DECAY)
        return [entry for entry in await entries_of(self.mongo, workspace.id) if entry.cause.kind in wanted]

    async def times_told(self, workspace: Workspace) -> Counter[str]:
        """How often each lead was told."""
        return Counter(entry.lead_id for entry in await self.told(workspace))


MakeProcess = Callable[[], Awaitable[Process]]
Happening = Callable[[], Awaitable[object]]


def _anew(change: Change) -> Change:
    """The same once more: each activity has an id of its own."""
    if isinstance(change, RecordActivity):
        return replace(change, activity=replace(change.activity, id=new_id()))
    return change


def _with(draft: RuleSet, rules: Sequence[Rule], inactivity: Inactivity | None) -> RuleSet:
    return replace(draft, rules=tuple(rules), inactivity=inactivity)


def process_of(mongo: Mongo, clock: Clock) -> Process:
    house = build_house(mongo, clock)
    return Process(mongo, clock, house, Steps(mongo, house.ledger, clock))


async def assert_timed(process: Process, workspace: Workspace) -> None:
    """Every lead knows the moment that its scores will next move at, by the levels and rules in force."""
    scoring = await process.house.configuration.scoring(workspace.id)
    for lead in await leads_of(process.mongo, workspace.id):
        assert lead.due_at == due(lead, scoring), lead


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.005)


class Interrupted(Ledger):
    """A ledger before and after whose first long work something happens."""

    before: Happening | None = None
    after: Happening | None = None

    async def work_behind(
        self, workspace: str, leads: Sequence[Sequence[Name]], work: Work, *, soon: bool = False
    ) -> None:
        before, after = self.before, self.after
        self.before = self.after = None
        if before:
            await before()
        await super().work_behind(workspace, leads, work, soon=soon)
        if after:
            await after()


def interrupted(process: Process, before: Happening | None = None, after: Happening | None = None) -> Process:
    """The same process, but that this happens once it has found leads, or when it is done with the first of them."""
    ledger = Interrupted(process.mongo, process.house.configuration, process.clock)
    ledger.before, ledger.after = before, after
    steps = Steps(process.mongo, ledger, process.clock)
    steps._lease = process.steps._lease
    return replace(process, steps=steps)
