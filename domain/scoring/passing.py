"""Time: what it does to scores by itself. Points expire and halve, and a lead that does nothing loses some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from domain.actors import SYSTEM
from domain.contributions import (
    DAY,
    INACTIVITY,
    Contribution,
    Contributions,
    Payment,
    total,
)
from domain.history import Cause, CauseKind, ScoreChange, ScorePart
from domain.leads import Lead, Standing
from domain.levels import DIMENSIONS, Dimension
from domain.scoring.moving import move, moved
from domain.scoring.telling import tell
from domain.scoring.terms import Outcome, Scoring
from domain.values import replace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Step = tuple[Lead, ScoreChange | None]


def passed(lead: Lead, scoring: Scoring, now: datetime) -> Outcome:
    """The lead with all that time has done to it since it was settled, told as entries of its own."""
    now, outcome = max(now, lead.settled_at), Outcome(lead, scoring)
    for dimension in DIMENSIONS:
        outcome = _passed_in(dimension, outcome, now)
    if outcome.lead is lead:
        return outcome
    return Outcome(replace(outcome.lead, settled_at=now), scoring, told=outcome.told)


def _passed_in(dimension: Dimension, outcome: Outcome, now: datetime) -> Outcome:
    lead, scoring = outcome.lead, outcome.scoring
    standing, worn = lead.standing(dimension), _worn(lead, dimension, scoring, now)
    if worn is standing.contributions and not standing.is_timed and not _hidden(lead, dimension, scoring):
        return outcome
    seen = tell(lead, dimension, scoring, now)
    told, lead = [*outcome.told, *seen.told], seen.lead
    for step in (_surfaced, _expired, partial(_decayed, worn=worn)):
        lead, entry = step(lead, dimension, scoring, now)
        told += [entry] if entry else []
    return Outcome(lead, scoring, told=tuple(told))


def later(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime) -> Lead:
    """The lead as time has left it in a dimension, settled, with nothing told of it."""
    worn = _worn(lead, dimension, scoring, now)
    left = {source: each.without_expired(now)[0] for source, each in worn.items()}
    return replace(standing_with(lead, dimension, left, scoring, now), settled_at=now)


def standing_with(
    lead: Lead,
    dimension: Dimension,
    contributions: Contributions,
    scoring: Scoring,
    now: datetime,
    active: datetime | None = None,
) -> Lead:
    """The lead with these contributions, last active at *active* if that is given, with nothing told of it."""
    standing = lead.standing(dimension)
    score = scoring.rules.allowed(standing.score, round(total(contributions, now)))
    after = Standing(scoring.position(dimension, score), standing.since, contributions)
    if dimension is Dimension.ENGAGEMENT:
        return replace(lead, engagement=after, last_activity_at=active or lead.last_activity_at)
    return replace(lead, profile=after)


def _worn(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime) -> Contributions:
    """The contributions with what the lead has lost by doing nothing; each loss is of the score at its moment."""
    standing, rules = lead.standing(dimension), scoring.rules
    worn, score = standing.contributions, standing.score
    if rules.inactivity is None:
        return worn
    for at in _idle(lead, dimension, scoring, now):
        score = rules.allowed(score, round(total(worn, at)))
        if loss := rules.inactivity.loss(score, rules.floor):
            lost = worn.get(INACTIVITY, Contribution("Inactivity"))
            worn = {**worn, INACTIVITY: lost.paid("Inactivity", Payment(-loss, at))}
            score -= loss
        elif not standing.may_rise:
            break
    return worn


def _idle(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime) -> Iterator[datetime]:
    """The moments until now at which the lead was inactive for too long, since the rules have it so."""
    at, inactivity = next_idle(lead, dimension, scoring), scoring.rules.inactivity
    while at and inactivity and at <= now:
        yield at
        at += inactivity.every_days * DAY


def next_idle(lead: Lead, dimension: Dimension, scoring: Scoring) -> datetime | None:
    """When the lead will next have been inactive for too long; None where that costs nothing."""
    inactivity = scoring.rules.inactivity
    if inactivity is None or dimension is Dimension.PROFILE:
        return None
    since = max(lead.settled_at, scoring.rules.idle_since or EPOCH)
    return inactivity.next(lead.last_activity_at or lead.created_at, since)


def _surfaced(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime) -> Step:
    """With what a floor or ceiling hid that the rules no longer have."""
    standing, rules = lead.standing(dimension), scoring.rules
    hidden = _hidden(lead, dimension, scoring)
    if not hidden:
        return lead, None
    moves = [(ScorePart(None, "Floor and ceiling", hidden), hidden)]
    by = rules.published_by or SYSTEM
    cause = Cause(CauseKind.RULES_CHANGED, by, now, rules.comment, announce=rules.announce)
    return moved(lead, dimension, moves, standing.contributions, scoring, cause, lead.settled_at)


def _hidden(lead: Lead, dimension: Dimension, scoring: Scoring) -> int:
    standing = lead.standing(dimension)
    return scoring.rules.allowed(standing.score, standing.unbounded(lead.settled_at)) - standing.score


def _expired(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime) -> Step:
    """Without the points that have expired."""
    standing = lead.standing(dimension)
    had = standing.contributions
    left = {source: each.without_expired(now) for source, each in had.items()}
    kept = {source: each for source, (each, _) in left.items()}
    moves = [move(source, had[source], -gone) for source, (_, gone) in left.items() if gone]
    if moves:
        cause = Cause(CauseKind.EXPIRY, SYSTEM, now)
        return moved(lead, dimension, moves, kept, scoring, cause, lead.settled_at)
    if any(kept[source] is not each for source, each in had.items()):
        # What was given and what was taken have gone together.
        return lead.standing_at(dimension, replace(standing, contributions=kept), now), None
    return lead, None


def _decayed(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime, worn: Contributions) -> Step:
    """Without what was lost by halving and by doing nothing; told when it shows."""
    had = lead.standing(dimension).contributions
    is_worn = worn.get(INACTIVITY) != had.get(INACTIVITY)
    left = {**had, INACTIVITY: worn[INACTIVITY]} if is_worn else had
    halved = [(source, each) for source, each in had.items() if each.halving]
    changed = [(source, each, each.worth(now) - each.worth(lead.settled_at)) for source, each in halved]
    moves = [move(source, each, points) for source, each, points in changed if points]
    if not moves and not is_worn:
        return lead, None
    decayed, entry = moved(lead, dimension, moves, left, scoring, Cause(CauseKind.DECAY, SYSTEM, now))
    parts = tuple(part for part in entry.parts if part.points or part.suppressed)
    return (decayed, replace(entry, parts=parts)) if entry.delta or is_worn else (lead, None)
