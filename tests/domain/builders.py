"""Domain values with defaults, so that a test says only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import domain.scoring
from domain.actors import Actor, ActorKind
from domain.changes import Activity, AdjustScore, Change, RecordActivity, UpsertLead
from domain.contributions import ADJUSTMENTS, Contribution
from domain.history import ScoreChange
from domain.leads import Lead, LeadEdit, LeadFields, Standing
from domain.levels import Announce, Dimension, Level, LevelSet, table
from domain.rules import Rule, RuleSet, RuleSetState
from domain.scoring import Outcome, Scoring

ADA = Actor(ActorKind.USER, "Ada")
GRACE = Actor(ActorKind.USER, "Grace")
CREATED = datetime(2026, 3, 1, 9, tzinfo=UTC)
EDITED = datetime(2026, 3, 1, 10, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KIND = "LINK_CLICKED"


@dataclass(frozen=True, slots=True)
class Reclassify:
    """A lead is told what an edit of that dimension's levels did."""

    dimension: Dimension


Event = Change | Reclassify  # what may befall a lead
RECLASSIFY = Reclassify(Dimension.ENGAGEMENT)

FOUR_LEVELS = table(
    [Level("Cold", 0, 24), Level("Warm", 25, 49), Level("Hot", 50, 74), Level("Very Hot", 75, None)]
)
RAISED = table(
    [Level("Cold", 0, 39), Level("Warm", 40, 59), Level("Hot", 60, 74), Level("Very Hot", 75, None)]
)
TWO_LEVELS = table([Level("Poor", None, 9), Level("Good", 10, None)])


def a_level_set(
    levels: tuple[Level, ...] = FOUR_LEVELS,
    version: int = 1,
    dimension: Dimension = Dimension.ENGAGEMENT,
    created_at: datetime = CREATED,
) -> LevelSet:
    return LevelSet(dimension, version, levels, created_at, ADA)


def stairs(count: int) -> list[Level]:
    """Levels of one score each, without gaps."""
    return [Level(f"L{at}", at, at) for at in range(count)]


def names(levels: tuple[Level, ...]) -> list[str]:
    return [level.name for level in levels]


def a_rule(
    points: int = 10, rule_id: str = "click", activity: str = KIND, name: str = "Click", enabled: bool = True
) -> Rule:
    return Rule(rule_id, name, activity, points, enabled)


def a_rule_set(
    *rules: Rule,
    version: int = 1,
    state: RuleSetState = RuleSetState.PUBLISHED,
    floor: int | None = 0,
    ceiling: int | None = None,
) -> RuleSet:
    return RuleSet(version, state, rules, CREATED, ADA, floor=floor, ceiling=ceiling)


def scoring(
    *rules: Rule,
    floor: int | None = 0,
    ceiling: int | None = None,
    engagement: LevelSet | None = None,
    profile: LevelSet | None = None,
) -> Scoring:
    """Rule set 1; by default four levels of engagement as set 1 and two of profile as set 4."""
    levels = {
        Dimension.ENGAGEMENT: engagement or a_level_set(),
        Dimension.PROFILE: profile or a_level_set(TWO_LEVELS, 4, Dimension.PROFILE),
    }
    return Scoring(7, levels, a_rule_set(*rules, floor=floor, ceiling=ceiling))


def a_lead(score: int = 0, profile: int = 0, under: Scoring | None = None) -> Lead:
    """A lead of version 1 with these scores, all adjusted by hand, announced in the levels of *under*."""
    told = under or scoring()
    return Lead(
        "lead",
        _standing(told, Dimension.ENGAGEMENT, score),
        _standing(told, Dimension.PROFILE, profile),
        CREATED,
        CREATED,
        CREATED,
        version=1,
    )


def _standing(told: Scoring, dimension: Dimension, score: int) -> Standing:
    given = {ADJUSTMENTS: Contribution("Adjustments", score, 1)} if score else {}
    return Standing(told.position(dimension, score), CREATED, given)


def an_activity(
    kind: str = KIND,
    occurred_at: datetime = NOW,
    properties: Mapping[str, Any] | None = None,
    key: str | None = None,
    activity_id: str = "activity",
) -> Activity:
    return Activity(activity_id, kind, properties or {}, occurred_at, NOW, key)


def recorded(kind: str = KIND, occurred_at: datetime = NOW) -> RecordActivity:
    return RecordActivity(ADA, an_activity(kind, occurred_at))


def adjusted(delta: int, dimension: Dimension = Dimension.ENGAGEMENT) -> AdjustScore:
    return AdjustScore(ADA, dimension, delta)


def upserted(
    fields: LeadFields | None = None,
    attributes: Mapping[str, Any] | None = None,
    add_tags: tuple[str, ...] = (),
    remove_tags: tuple[str, ...] = (),
) -> UpsertLead:
    return UpsertLead(ADA, LeadEdit(fields or {}, attributes or {}, add_tags, remove_tags))


def fold(lead: Lead, event: Event, under: Scoring, now: datetime) -> Outcome:
    """What any event makes of a lead."""
    if isinstance(event, Reclassify):
        return domain.scoring.tell(lead, event.dimension, under, now)
    return domain.scoring.fold(lead, event, under, now)


def moved(lead: Lead, change: Change, under: Scoring) -> tuple[Lead, ScoreChange]:
    """The lead after *change*, and the one entry that it made, with nothing to be told before it."""
    outcome = fold(lead, change, under, NOW)
    (entry,) = outcome.changes
    assert outcome.told == ()
    return outcome.lead, entry


def edited(
    levels: tuple[Level, ...] = RAISED,
    dimension: Dimension = Dimension.ENGAGEMENT,
    comment: str | None = "Quarterly review",
    announce: Announce = Announce.ALL,
) -> LevelSet:
    """Grace's edit of the levels that leads stand announced in."""
    before = scoring().levels[dimension]
    return before.next(levels, GRACE, EDITED, comment, announce=announce)


def told(lead: Lead, event: Event, under: Scoring) -> tuple[Lead, ScoreChange]:
    """The lead after *event*, and the one entry that told what an edit of the levels had done."""
    outcome = fold(lead, event, under, NOW)
    (entry,) = outcome.told
    return outcome.lead, entry
