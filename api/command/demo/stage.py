"""The demo's workspace, set up as if a sales team had worked with it for weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from random import Random
from typing import Any

from api.app import build_house
from api.command.demo.people import TAG, Person, people
from api.command.demo.story import DAYS, LEVELS, RULES, past
from api.context import House
from domain.actors import Actor, ActorKind, Workspace
from domain.changes import Activity, AdjustScore, RecordActivity, UpsertLead
from domain.errors import DomainError
from domain.levels import Dimension, table
from domain.rules import Rule, with_rule
from persistence.batch import Item
from persistence.configuration import Editor
from persistence.leads import LeadFilter
from persistence.ledger import Ledger
from persistence.mongo import Mongo, new_id

SEED = 2  # of the people and their past; any will do
ACTOR = Actor(ActorKind.SYSTEM, "Tierwire demo")

Scene = tuple[datetime, list[Item]]


@dataclass(slots=True)
class StoryClock:
    """Shows the time that is told of, so that the history spans the weeks it speaks of."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time


async def set_up(mongo: Mongo, workspace: Workspace, now: datetime, seed: int = SEED) -> tuple[Person, ...]:
    """Set the workspace up, unless it is, and return the people in it."""
    house, chance = build_house(mongo), Random(seed)  # noqa: S311 - tells stories, keeps no secret
    everybody = people(chance)
    if not await house.leads.count(workspace.id, LeadFilter(tags=(TAG,))):
        # Every step may be repeated: a setup that was interrupted is completed by the next start.
        begin = now - timedelta(days=DAYS + 1)
        await _configure(house, workspace.id, Editor(ACTOR, begin, "As agreed with sales"))
        clock = StoryClock(begin)
        ledger = Ledger(mongo, house.configuration, clock)
        for moment, items in _scenes(everybody, chance, begin, now):
            clock.time = moment
            await _apply(ledger, workspace.id, items)
    return everybody


async def _configure(house: House, workspace: str, editor: Editor) -> None:
    """Levels and rules, where there are none yet."""
    scoring = await house.configuration.scoring(workspace)
    for dimension, levels in LEVELS.items():
        if not scoring.levels[dimension].version:
            await house.level_sets.change(workspace, dimension, lambda _, to=levels: table(to), editor)  # type: ignore[misc]
    if not scoring.rules.version:
        rules = [Rule(new_id(), name, kind, points) for kind, (name, points) in RULES.items()]
        await house.rule_sets.edit(workspace, lambda _: reduce(with_rule, rules, ()), editor)
        await house.rule_sets.publish(workspace, editor)


def _scenes(everybody: Sequence[Person], chance: Random, begin: datetime, now: datetime) -> Iterator[Scene]:
    """What happened when, from the first list of leads to today."""
    yield begin, [item for person in everybody for item in _fits(person)]
    for number, deed in enumerate(past(everybody, chance, now)):
        key = f"{TAG}-{number}"
        yield deed.at, [(deed.person.ref, recorded(deed.kind, deed.properties, deed.at, key))]
    # The people last, and in one transaction: that they are there says that the setup is complete.
    yield now, [(person.ref, UpsertLead(ACTOR, person.edit)) for person in everybody]


def _fits(person: Person) -> Iterator[Item]:
    for reason, points in person.fit:
        key = f"{TAG}-{person.external_id}-{reason}"
        yield person.ref, AdjustScore(ACTOR, Dimension.PROFILE, points, reason, key)


def recorded(
    kind: str, properties: Mapping[str, Any], at: datetime, key: str | None = None
) -> RecordActivity:
    """The change of a lead that did that then."""
    return RecordActivity(ACTOR, Activity(new_id(), kind, properties, at, at, key))


async def _apply(ledger: Ledger, workspace: str, items: list[Item]) -> None:
    for result in await ledger.apply_all(workspace, items):
        if isinstance(result, DomainError):
            raise result
