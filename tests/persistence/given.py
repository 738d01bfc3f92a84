"""Examples in a few words: names of leads, changes, rules, levels; and the history held against the promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from api.context import House
from api.scalars import now
from domain.actors import Actor, ActorKind
from domain.changes import Activity, AdjustScore, RecordActivity, UpsertLead
from domain.contributions import ADJUSTMENTS, INACTIVITY
from domain.errors import DomainError
from domain.history import ScoreChange
from domain.leads import Lead, LeadEdit, LeadFields, LeadRef, RefKind
from domain.levels import Dimension, Level, LevelSet, table
from domain.rules import Rule, RuleSet
from domain.scoring import Outcome
from persistence.configuration import Editor
from persistence.documents import to_lead, to_level_set, to_score_change
from persistence.mongo import Mongo, new_id

ADA = Actor(ActorKind.USER, "Ada")
ENGAGEMENT, PROFILE = Dimension.ENGAGEMENT, Dimension.PROFILE
CLICK = Rule("click", "Click", "LINK_CLICKED", 30)
COLD, WARM, HOT = Level("Cold", None, 24), Level("Warm", 25, 49), Level("Hot", 50, None)


def external(value: str) -> LeadRef:
    return LeadRef(RefKind.EXTERNAL_ID, value)


def email(value: str) -> LeadRef:
    return LeadRef(RefKind.EMAIL, value)


def by_id(value: str) -> LeadRef:
    return LeadRef(RefKind.ID, value)


def clicked(key: str | None = None, kind: str = "LINK_CLICKED", **properties: Any) -> RecordActivity:
    at = now()
    return RecordActivity(ADA, Activity(new_id(), kind, properties, at, at, key))


def adjusted(
    delta: int = 5, key: str | None = None, dimension: Dimension = Dimension.ENGAGEMENT
) -> AdjustScore:
    return AdjustScore(ADA, dimension, delta, key=key)


def known(
    fields: LeadFields | None = None,
    attributes: dict[str, Any] | None = None,
    add_tags: tuple[str, ...] = (),
) -> UpsertLead:
    return UpsertLead(ADA, LeadEdit(fields or {}, attributes or {}, add_tags))


def editor(comment: str | None = None, expected: int | None = None) -> Editor:
    return Editor(ADA, now(), comment, expected)


async def publish(house: House, workspace: str, *rules: Rule) -> RuleSet:
    """Let just these rules score from now on."""
    await house.rule_sets.edit(workspace, lambda _: rules, editor())
    published, _ = await house.rule_sets.publish(workspace, editor())
    return published


async def set_levels(
    house: House,
    workspace: str,
    *levels: Level,
    dimension: Dimension = Dimension.ENGAGEMENT,
    expected: int | None = None,
) -> LevelSet:
    """Make a version of just these levels."""
    rows = table(levels)
    made, _ = await house.level_sets.change(workspace, dimension, lambda _: rows, editor(expected=expected))
    return made


def accepted(results: Iterable[Outcome | DomainError]) -> list[Outcome]:
    """The results, none of which may be a refusal."""
    outcomes: list[Outcome] = []
    for result in results:
        assert isinstance(result, Outcome), result
        outcomes.append(result)
    return outcomes


async def leads_of(mongo: Mongo, workspace: str) -> list[Lead]:
    return [to_lead(each) async for each in mongo.leads.find({"workspace": workspace}).sort("_id", 1)]


async def entries_of(mongo: Mongo, workspace: str) -> list[ScoreChange]:
    """The whole history, each lead's entries by version."""
    return [
        to_score_change(each)
        async for each in mongo.score_changes.find({"workspace": workspace}).sort("_id", 1)
    ]


async def written(mongo: Mongo, workspace: str) -> dict[str, list[Any]]:
    """Everything that the workspace has, to tell that a refusal changed nothing."""
    names = ("leads", "activities", "score_changes", "level_sets", "rule_sets")
    state = {
        name: await mongo.database[name].find({"workspace": workspace}).sort("_id", 1).to_list(None)
        for name in names
    }
    return {**state, "workspaces": await mongo.workspaces.find({"_id": workspace}).to_list(None)}


async def assert_explained(mongo: Mongo, workspace: str) -> None:
    """Every score of every lead is the sum of its history, and the history holds together."""
    entries = await entries_of(mongo, workspace)
    leads = await leads_of(mongo, workspace)
    levels, rules = await _versions(mongo, workspace)
    assert {entry.lead_id for entry in entries} <= {lead.id for lead in leads}
    history: dict[str, list[ScoreChange]] = {}
    for entry in entries:
        history.setdefault(entry.lead_id, []).append(entry)
    for lead in leads:
        of_lead = history.get(lead.id, [])
        versions = [entry.version for entry in of_lead]
        assert versions == sorted(set(versions)), "two entries of one version"
        assert not versions or versions[-1] <= lead.version
        rule_sets = [entry.rule_set for entry in of_lead]
        assert rule_sets == sorted(rule_sets), "scored under retired rules"
        for dimension in Dimension:
            _assert_sum(lead, dimension, [entry for entry in of_lead if entry.dimension is dimension])
    for entry in entries:
        assert entry.rule_set in rules
        assert sum(part.points for part in entry.parts) == entry.delta
        for position in (entry.before, entry.after):
            level = levels[entry.dimension, position.level_set].level_of(position.score)
            assert position.level == (level.name if level else None)


def _assert_sum(lead: Lead, dimension: Dimension, entries: list[ScoreChange]) -> None:
    standing = lead.standing(dimension)
    points: Counter[str] = Counter()
    for part in (part for entry in entries for part in entry.parts):
        points[part.rule_id or ADJUSTMENTS] += part.points
    assert standing.score == sum(entry.delta for entry in entries)
    assert all(earlier.after == later.before for earlier, later in pairwise(entries))
    level_sets = [entry.after.level_set for entry in entries]
    assert level_sets == sorted(level_sets), "classified under old levels"
    assert not entries or (entries[0].before.score == 0 and entries[-1].after == standing.announced)
    assert max(standing.unbounded(lead.settled_at), 0) == standing.score, "the floor hides the rest"
    if standing.score == 0 or any(each.halving for each in standing.contributions.values()):
        return  # what the floor hides is no part, and of fractions only the sum is told in whole points
    contributed: Counter[str] = Counter()
    for source, given in standing.contributions.items():
        contributed[ADJUSTMENTS if source == INACTIVITY else source] += int(given.worth(lead.settled_at))
    assert +contributed == +points
    assert -contributed == -points


async def _versions(mongo: Mongo, workspace: str) -> tuple[dict[tuple[Dimension, int], LevelSet], set[int]]:
    from_levels = mongo.level_sets.find({"workspace": workspace})
    levels = [to_level_set(each) async for each in from_levels]
    published = mongo.rule_sets.find({"workspace": workspace, "state": {"$ne": "DRAFT"}})
    rules = {each["version"] async for each in published}
    return {(each.dimension, each.version): each for each in levels}, rules | {0}
