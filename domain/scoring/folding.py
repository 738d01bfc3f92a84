"""The fold: what a change makes of a lead. Pure: time and ids are arguments, nothing is stored or told."""

from __future__ import annotations

from datetime import datetime

from domain import bounds
from domain.bounds import Problems
from domain.changes import AdjustScore, Change, RecordActivity, UpsertLead
from domain.errors import Fault, Problem, refuse
from domain.history import Cause, CauseKind
from domain.leads import Lead
from domain.levels import Dimension
from domain.scoring.ahead import scheduled
from domain.scoring.giving import by_hand, earn, facts_of, of_profile
from domain.scoring.moving import moved
from domain.scoring.passing import passed
from domain.scoring.telling import tell
from domain.scoring.terms import Outcome, Scoring
from domain.values import replace


def fold(lead: Lead, change: Change, scoring: Scoring, now: datetime) -> Outcome:
    """What *change* makes of *lead* under *scoring*, *now* (with offset); raises InvalidInput.

    What time has done is told first, and nothing is done before it. Who the lead is, is looked at when it is first
    heard of and whenever that is edited.
    """
    now = max(now, lead.settled_at)
    seen = passed(lead, scoring, now)
    outcome = _folded(seen.lead, change, scoring, now)
    if lead.version == 0 or isinstance(change, UpsertLead):
        hops = change.hops if isinstance(change, UpsertLead) else 0
        outcome = _profiled(outcome, Cause(CauseKind.PROFILE, change.actor, now, hops=hops))
    if outcome.lead is lead:
        return outcome
    told = (*seen.told, *outcome.told)
    return replace(outcome, lead=scheduled(outcome.lead, scoring, now), told=told)


def _folded(lead: Lead, change: Change, scoring: Scoring, now: datetime) -> Outcome:
    match change:
        case RecordActivity():
            return _recorded(lead, change, scoring, now)
        case AdjustScore():
            return _adjusted(lead, change, scoring, now)
        case UpsertLead():
            return _upserted(lead, change, scoring, now)


def _profiled(outcome: Outcome, cause: Cause) -> Outcome:
    """With the points that the rules of the profile give the lead as it is now, and take where they no longer hold."""
    lead, scoring = outcome.lead, outcome.scoring
    moves, given = of_profile(lead, scoring, cause.at)
    if not moves:
        return outcome
    seen = tell(lead, Dimension.PROFILE, scoring, cause.at)
    lead, entry = moved(seen.lead, Dimension.PROFILE, moves, given, scoring, cause)
    return replace(outcome, lead=lead, changes=(*outcome.changes, entry), told=(*outcome.told, *seen.told))


def _recorded(lead: Lead, change: RecordActivity, scoring: Scoring, now: datetime) -> Outcome:
    activity = change.activity
    last = max(lead.last_activity_at or activity.occurred_at, activity.occurred_at)
    rules = scoring.rules.triggered_by(activity.kind)
    if not rules:
        known = replace(lead, last_activity_at=last, updated_at=now, version=lead.version + 1)
        return Outcome(known, scoring, activity=activity)
    cause = Cause(CauseKind.ACTIVITY, change.actor, now, activity_id=activity.id)
    facts = facts_of(lead, activity, scoring) if scoring.rules.asks(activity.kind) else None
    standing = lead.engagement
    given = dict(standing.contributions)
    moves = earn(rules, given, standing.score, activity, facts, scoring, now)
    seen = tell(replace(lead, last_activity_at=last), Dimension.ENGAGEMENT, scoring, now)
    known, entry = moved(seen.lead, Dimension.ENGAGEMENT, moves, given, scoring, cause)
    return Outcome(known, scoring, (entry,), activity, told=seen.told)


def _adjusted(lead: Lead, change: AdjustScore, scoring: Scoring, now: datetime) -> Outcome:
    refuse(_when_it_expires(change.expires_at, now))
    asked = change.asked
    kind = CauseKind.AUTOMATION if change.hops else CauseKind.ADJUSTMENT
    cause = Cause(kind, change.actor, now, change.reason, change.key, adjusted=asked, hops=change.hops)
    moves, given = by_hand(lead, change.dimension, asked, scoring, now)
    seen = tell(lead, change.dimension, scoring, now)
    adjusted, entry = moved(seen.lead, change.dimension, moves, given, scoring, cause)
    return Outcome(adjusted, scoring, (entry,), told=seen.told)


def _when_it_expires(at: datetime | None, now: datetime) -> Problems:
    if at is not None and at <= now:
        return (Problem(("expiresAt",), Fault.NOT_AHEAD, now.isoformat(), at.isoformat()),)
    return bounds.moment(("expiresAt",), at, now, bounds.FORESEEN)


def _upserted(lead: Lead, change: UpsertLead, scoring: Scoring, now: datetime) -> Outcome:
    edited = change.edit.applied(lead)
    if edited is lead and lead.version:
        return Outcome(lead, scoring)
    return Outcome(replace(edited, updated_at=now, version=lead.version + 1), scoring)
