"""The one place where a score moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.contributions import NO_RULES, Contribution, Contributions, lost, total
from domain.history import Cause, ScoreChange, ScorePart, Suppression
from domain.leads import Lead, Standing
from domain.levels import Dimension
from domain.rules import RuleSet
from domain.scoring.terms import Scoring
from domain.values import replace

# What one source does to a score: its part as it is to be told, and by how many points, which may be a fraction.
Move = tuple[ScorePart, float]


def move(source: str, given: Contribution, points: float) -> Move:
    """What a source of the contributions does, by the name under which it has *given*."""
    rule = None if source in NO_RULES else source
    return ScorePart(rule, given.name, round(points)), points


def moved(
    lead: Lead,
    dimension: Dimension,
    moves: Sequence[Move],
    contributions: Contributions,
    scoring: Scoring,
    cause: Cause,
    at: datetime | None = None,
) -> tuple[Lead, ScoreChange]:
    """The lead with these contributions, its score their sum between floor and ceiling, and the entry that says so.

    The sum is as of *at*, or else of the cause. The *moves* are what led from the contributions of before to these, but
    for what inactivity takes of them, which follows from the others. Fractions are in contributions alone: the score is
    rounded once, half to even, and what that, floor and ceiling make of the moves is told in their parts, whose sum is
    what was applied.
    """
    standing = lead.standing(dimension)
    at = at or cause.at
    wanted = round(total(contributions, at))
    score = scoring.rules.allowed(standing.score, wanted)
    idle = lost(contributions, at) - lost(standing.contributions, lead.settled_at)
    parts = in_points((*moves, *([(ScorePart(None, "Inactivity", 0), idle)] if idle else [])))
    if excess := sum(part.points for part in parts) - (score - standing.score):
        hidden = standing.unbounded(lead.settled_at) - standing.score, wanted - score
        parts = _cut(parts, excess, _reason(*hidden))
    if idle and not parts[-1].points:
        parts = parts[:-1]
    return entered(lead, dimension, score, contributions, parts, scoring, cause)


def entered(
    lead: Lead,
    dimension: Dimension,
    score: int,
    contributions: Contributions,
    parts: tuple[ScorePart, ...],
    scoring: Scoring,
    cause: Cause,
) -> tuple[Lead, ScoreChange]:
    """The lead with that score, and the entry that says so."""
    standing = lead.standing(dimension)
    before, after = standing.announced, scoring.position(dimension, score)
    since = standing.since if before.in_level_of(after) else cause.at
    lead = lead.standing_at(dimension, Standing(after, since, contributions), cause.at)
    return lead, ScoreChange(
        lead.id, dimension, lead.version, before, after, cause, parts, scoring.rules.version
    )


def in_points(moves: Iterable[Move]) -> tuple[ScorePart, ...]:
    """The parts in whole points: what is rounded off one is in the next."""
    parts: list[ScorePart] = []
    sum_, told = 0.0, 0
    for part, moved_by in moves:
        sum_ += moved_by
        whole = round(sum_)
        points, told = whole - told, whole
        parts.append(part if part.points == points else replace(part, points=points))
    return tuple(parts)


def _reason(before: int, after: int) -> Suppression | None:
    """Why a score did not move by what it was given; *before* and *after* is what lay beyond floor and ceiling."""
    if before == after == 0:
        return None  # but for rounding
    return Suppression.FLOOR if min(before, after) < 0 else Suppression.CEILING


def _cut(parts: Sequence[ScorePart], excess: int, why: Suppression | None) -> tuple[ScorePart, ...]:
    """The parts without the *excess*, taken from those that overstep, the last first."""
    cut: list[ScorePart] = []
    for part in reversed(parts):
        points = _overlap(excess, part.points)
        excess -= points
        cut.append(
            replace(part, points=part.points - points, suppressed=why or part.suppressed) if points else part
        )
    # A score of exactly a half may round against what moves it: then the last part is a point more.
    cut[0] = replace(cut[0], points=cut[0].points - excess)
    return tuple(reversed(cut))


def _overlap(excess: int, points: int) -> int:
    """As much of *excess* as lies in *points* of the same sign."""
    return max(min(excess, points), 0) if excess > 0 else min(max(excess, points), 0)


def held(parts: Sequence[ScorePart], score: int, rules: RuleSet) -> Sequence[ScorePart]:
    """The parts with what floor or ceiling forbids, so that nothing is owed for what could not be given or taken."""
    wanted = score
    for part in parts:
        wanted += part.points
    excess = wanted - rules.allowed(score, wanted)
    if not excess:
        return parts
    return _cut(parts, excess, Suppression.FLOOR if excess < 0 else Suppression.CEILING)
