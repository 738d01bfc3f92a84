"""Whatever several processes do to the same leads at once: every score is the sum of its history."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

import pytest

from api.context import House
from domain.actors import Workspace
from domain.changes import AdjustScore, Change, RecordActivity, UpsertLead
from domain.errors import DomainError, Fault, InvalidInput
from domain.history import Adjustment
from domain.leads import LeadRef, RefKind
from domain.levels import Dimension, Level
from domain.rules import Rule
from domain.scoring import Outcome
from persistence.batch import Item, Key, key_of
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    adjusted,
    assert_explained,
    clicked,
    email,
    entries_of,
    external,
    known,
    leads_of,
    publish,
    set_levels,
)

LEADS = 5
KEYS = 60  # few, so that most are sent more than once
KINDS = ("LINK_CLICKED", "EMAIL_OPENED", "UNSUBSCRIBED", "UNHEARD_OF")


@dataclass(slots=True)
class Sent:
    """Every item that was sent, with what became of it."""

    results: list[tuple[Item, Outcome | DomainError]] = field(default_factory=list)

    def add(self, items: Iterable[Item], results: Iterable[Outcome | DomainError]) -> None:
        self.results += zip(items, results, strict=True)

    def outcomes(self) -> list[tuple[Item, Outcome]]:
        return [(item, result) for item, result in self.results if isinstance(result, Outcome)]

    def refusals(self) -> list[tuple[Item, DomainError]]:
        return [(item, result) for item, result in self.results if isinstance(result, DomainError)]

    def first(self, key: Key) -> Outcome:
        """What came of the one item that the key counted for."""
        (first,) = (
            outcome
            for (_, change), outcome in self.outcomes()
            if key_of(change) == key and not outcome.duplicate
        )
        return first


def some_rules(random: Random) -> tuple[Rule, ...]:
    return tuple(
        Rule(f"r{number}", f"Rule {number}", random.choice(KINDS[:3]), points, random.random() < 0.8)
        for number in range(random.randint(0, 4))
        if (points := random.randint(-40, 40))
    )


def some_levels(random: Random) -> tuple[Level, ...]:
    low, high = sorted(random.sample(range(-20, 120), 2))
    levels = (Level("Cold", None, low - 1), Level("Warm", low, high), Level("Hot", high + 1, None))
    return tuple(level for level in levels if random.random() < 0.8)


def some_ref(random: Random) -> LeadRef:
    number = random.randrange(LEADS)
    return external(f"crm-{number}") if random.random() < 0.8 else email(f"{number}@example.com")


def some_item(random: Random) -> Item:
    """A change of any kind; a key belongs to one lead and one kind, but for one time in twenty."""
    number = random.randrange(KEYS)
    key = f"k{number}" if random.random() < 0.7 else None
    ref = external(f"crm-{number % LEADS}") if key and random.random() < 0.95 else some_ref(random)
    match random.randrange(10):
        case 0 | 1 | 2 | 3:
            return ref, clicked(key, KINDS[number % len(KINDS)], number=number)
        case 4 | 5 | 6:
            points = random.choice([-25, -5, 5, 10, 30])
            return ref, adjusted(points, key, random.choice([*Dimension]))
        case 7:
            return external(f"crm-{number % LEADS}"), known({"email": f"{number % LEADS}@example.com"})
        case _:
            return some_ref(random), known(None, {"n": random.randrange(3)}, (f"t{random.randrange(4)}",))


async def send(house: House, workspace: str, random: Random, sent: Sent) -> None:
    """Bulks of random sizes, some of them at once."""
    for _ in range(6):
        bulks = [
            [some_item(random) for _ in range(random.choice([1, 1, 2, 5, 40]))]
            for _ in range(random.randint(1, 4))
        ]
        results = await asyncio.gather(*(house.ledger.apply_all(workspace, bulk) for bulk in bulks))
        for bulk, result in zip(bulks, results, strict=True):
            sent.add(bulk, result)


async def configure(house: House, workspace: str, random: Random) -> None:
    """Now and then other rules, other levels."""
    for _ in range(5):
        await asyncio.sleep(random.uniform(0, 0.03))
        if random.random() < 0.5:
            await publish(house, workspace, *some_rules(random))
        else:
            await set_levels(house, workspace, *some_levels(random), dimension=random.choice([*Dimension]))


@pytest.mark.parametrize("seed", range(6))
async def test_every_score_is_the_sum_of_its_history(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, seed: int
) -> None:
    houses = [make_house() for _ in range(3)]
    sent = Sent()
    first = await publish(houses[0], workspace.id, *some_rules(Random(seed)))

    async with asyncio.TaskGroup() as group:
        for number, house in enumerate(houses):
            group.create_task(send(house, workspace.id, Random(f"{seed} sends {number}"), sent))
        group.create_task(configure(houses[1], workspace.id, Random(f"{seed} configures")))

    await assert_explained(mongo, workspace.id)
    await assert_stored_once(mongo, workspace.id, sent)
    await assert_versions_are_contiguous(mongo, workspace.id, sent)
    await assert_refusals_are_due(mongo, workspace.id, sent)
    assert all(entry.rule_set >= first.version for entry in await entries_of(mongo, workspace.id))


async def assert_stored_once(mongo: Mongo, workspace: str, sent: Sent) -> None:
    """What was accepted and was no repeat is there, and nothing else; each key once."""
    new = [(item, outcome) for item, outcome in sent.outcomes() if not outcome.duplicate]
    stored = await mongo.activities.find({"workspace": workspace}).to_list(None)
    assert Counter(each["_id"] for each in stored) == Counter(
        outcome.activity.id
        for (_, change), outcome in new
        if isinstance(change, RecordActivity) and outcome.activity
    )
    for kind, collection in ((RecordActivity, mongo.activities), (AdjustScore, mongo.score_changes)):
        used = await collection.find({"workspace": workspace, "key": {"$exists": True}}).to_list(None)
        assert Counter(each["key"] for each in used) == Counter(
            change.key for (_, change), _ in new if isinstance(change, kind) and change.key
        )
        accepted = {
            change.key for (_, change), _ in sent.outcomes() if isinstance(change, kind) and change.key
        }
        assert {each["key"] for each in used} == accepted
    changes = [entry for _, outcome in new for entry in (*outcome.told, *outcome.changes)]
    assert await mongo.score_changes.count_documents({"workspace": workspace}) == len(changes)


async def assert_versions_are_contiguous(mongo: Mongo, workspace: str, sent: Sent) -> None:
    """Every effective change took its lead one version on: no version was made twice, none is missing."""
    leads = await leads_of(mongo, workspace)
    assert leads
    for lead in leads:
        of_lead = [(change, made) for (_, change), made in sent.outcomes() if made.lead.id == lead.id]
        new = [(change, made) for change, made in of_lead if not made.duplicate]
        moved = [made.lead.version for change, made in new if not isinstance(change, UpsertLead)]
        assert len(moved) == len(set(moved))
        versions = [made.lead.version for _, made in new] + [
            told.version for _, made in new for told in made.told
        ]
        assert set(versions) == set(range(1, lead.version + 1))
        assert sum(made.created for _, made in of_lead) == 1


def is_repeat(change: Change, first: Outcome) -> bool:
    """Whether the change is what its key stood for at first, as far as what was kept of it tells."""
    match change:
        case RecordActivity(activity=activity):
            return first.activity is not None and first.activity.kind == activity.kind
        case AdjustScore(dimension=dimension, delta=delta):
            (moved,) = first.changes
            return moved.dimension is dimension and moved.cause.adjusted == Adjustment(delta)
    return False


async def assert_refusals_are_due(mongo: Mongo, workspace: str, sent: Sent) -> None:
    """Only what belongs to another lead, or to another kind of activity or adjustment, was refused. No lead lost a name here."""
    leads = await leads_of(mongo, workspace)
    by_name = {name: lead.id for lead in leads for name in (lead.external_id, lead.email) if name}
    for (ref, change), refusal in sent.refusals():
        assert isinstance(refusal, InvalidInput), refusal
        (problem,) = refusal.problems
        if problem.fault is Fault.TAKEN:
            assert by_name[str(problem.actual)] != by_name.get(ref.value)
            continue
        assert problem.fault is Fault.KEY_REUSED
        key = key_of(change)
        assert key
        first = sent.first(key)
        same_kind = is_repeat(change, first)
        # An email may have become this lead's name only later.
        assert ref.kind is RefKind.EMAIL or by_name.get(ref.value) != first.lead.id or not same_kind
