"""Leads to whom time happens, so that a test says only what it waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil, log2

from domain.changes import AdjustScore, RecordActivity
from domain.history import ScoreChange, ScorePart
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Inactivity, Rule
from domain.scoring import Outcome, Scoring, passed, scheduled
from tests.domain.builders import ADA, KIND, NOW, a_lead, a_rule, an_activity, fold

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


def expiring(points: int = 10, days: int = 30, rule_id: str = "click", activity: str = KIND) -> Rule:
    return replace(a_rule(points, rule_id, activity), expires_after=days)


def halving(points: int = 10, days: int = 7, rule_id: str = "click", activity: str = KIND) -> Rule:
    return replace(a_rule(points, rule_id, activity), half_life=days)


def idling(
    under: Scoring, after_days: int, every_days: int, points: int | None = None, percent: float | None = None
) -> Scoring:
    """*under* with a loss for those who do nothing."""
    return replace(
        under, rules=replace(under.rules, inactivity=Inactivity(after_days, every_days, points, percent))
    )


def a_click(at: datetime = NOW, late: timedelta = timedelta(0), kind: str = KIND) -> RecordActivity:
    """Heard of at a moment, and done that much earlier."""
    return RecordActivity(ADA, replace(an_activity(kind, at - late), received_at=at))


def clicks(
    under: Scoring,
    at: datetime = NOW,
    late: timedelta = timedelta(0),
    lead: Lead | None = None,
    kind: str = KIND,
) -> Outcome:
    return fold(lead or a_lead(under=under), a_click(at, late, kind), under, at)


def lent(points: int, expires_at: datetime, dimension: Dimension = Dimension.ENGAGEMENT) -> AdjustScore:
    return AdjustScore(ADA, dimension, points, expires_at=expires_at)


def later(lead: Lead, under: Scoring, at: datetime) -> tuple[Lead, tuple[ScoreChange, ...]]:
    """The lead at a moment, and what time has told until then, all at once."""
    outcome = passed(lead, under, at)
    return scheduled(outcome.lead, under, at), outcome.told


def waited(lead: Lead, under: Scoring, until: datetime) -> tuple[Lead, list[ScoreChange]]:
    """The lead at a moment, and what time has told, looked at whenever it was due."""
    entries: list[ScoreChange] = []
    while lead.due_at and lead.due_at <= until:
        lead, told = later(lead, under, lead.due_at)
        entries += told
    return lead, entries


def points(entry: ScoreChange) -> list[tuple[str, int]]:
    """Who gave how much."""
    return [(_source(part), part.points) for part in entry.parts]


def _source(part: ScorePart) -> str:
    return part.rule_id or part.name


def falls_at(points: int, half_life: int, to: float) -> datetime:
    """The first second in which less than *to* is left: points * 2^(-t/half-life) < to."""
    return NOW + ceil(half_life * 86_400 * log2(points / to)) * SECOND
