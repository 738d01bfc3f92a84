"""What goes on while the demo runs: leads do things, and each tier change that follows is told in a line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

from rich.console import Console
from rich.text import Text

from api.command.demo.people import Person
from api.command.demo.stage import recorded
from api.command.demo.story import RIVALS, next_step
from api.context import House
from api.live.hub import Frame, Lost
from domain.actors import Workspace
from domain.history import ScoreChange, ScorePart
from domain.leads import Lead, LeadRef, RefKind
from domain.levels import LevelSet
from domain.scoring import Scoring
from persistence.feed import Event, TierChanged
from persistence.mongo import OutcomeUnknown, Unreachable

PACE = 1.0, 2.0  # seconds between two activities: every third or so is a tier change, and a person can follow

Sleep = Callable[[float], Awaitable[object]]


async def feed(
    house: House, workspace: Workspace, cast: Sequence[Person], chance: Random, sleep: Sleep = asyncio.sleep
) -> None:
    """Let one lead after the other do something, for ever."""
    while True:
        with suppress(Unreachable, OutcomeUnknown):  # the show goes on when the database is back
            await act(house, workspace, cast, chance)
        await sleep(chance.uniform(*PACE))


async def act(house: House, workspace: Workspace, cast: Sequence[Person], chance: Random) -> None:
    """Let the warmest of a few leads do something, unless all of them were deleted."""
    found = [await house.leads.find(workspace.id, person.ref) for person in chance.sample(cast, RIVALS)]
    if present := [lead for lead in found if lead]:
        lead = max(present, key=lambda each: each.engagement.score)
        change = recorded(*next_step(lead.engagement.score, chance), house.clock())
        # By id, which does not bring back a lead that is deleted just now; that refusal is as good as none.
        await house.ledger.apply_all(workspace.id, [(LeadRef(RefKind.ID, lead.id), change)])


async def narrate(house: House, workspace: Workspace, console: Console) -> None:
    """Print every tier change of the workspace, whoever caused it, for ever."""
    with house.hub.watch(workspace.id, _is_tier_change) as watcher:
        async for frame in watcher.frames():
            for line in await _lines(house, workspace, frame):
                console.print(line, soft_wrap=True)


def _is_tier_change(event: Event) -> bool:
    return isinstance(event, TierChanged)


async def _lines(house: House, workspace: Workspace, frame: Frame) -> list[Text]:
    if isinstance(frame, Lost):
        return [Text(frame.reason)]
    changes = [event.change for event in frame if isinstance(event, TierChanged)]
    leads, scoring = await house.readings.of(workspace.id, (change.lead_id for change in changes))
    return [_line(change, leads.get(change.lead_id), scoring) for change in changes]


def _line(change: ScoreChange, lead: Lead | None, scoring: Scoring) -> Text:
    levels = scoring.levels[change.dimension]
    return Text.assemble(
        (f"{change.cause.at.astimezone():%H:%M:%S}  ", "dim"),
        f"{_name(lead):<44.44} ",
        _badge(levels, change.before.level),
        " → ",
        _badge(levels, change.after.level),
        f" {change.after.score:>4}  ",
        (why(change), "dim"),
    )


def _name(lead: Lead | None) -> str:
    """What people call the lead."""
    if lead is None:
        return "a lead since deleted"
    name = lead.name or lead.email or lead.external_id or lead.id
    return f"{name}, {lead.company}" if lead.company else name


def _badge(levels: LevelSet, name: str | None) -> Text:
    """The level's name in its colour, if it has one still."""
    level = levels.named(name)
    return Text(f"{name or 'unclassified':<12}", f"bold {level.color}" if level else "bold")


def why(change: ScoreChange) -> str:
    """What moved the score, in the words of rules and reasons."""
    return ", ".join(f"{_source(change, part)} {part.points:+}" for part in change.parts)


def _source(change: ScoreChange, part: ScorePart) -> str:
    return part.name if part.rule_id else change.cause.reason or part.name
