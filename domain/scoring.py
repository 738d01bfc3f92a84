"""The fold: what a change makes of a lead. Pure: time and ids are arguments, nothing is stored or told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.changes import Activity, AdjustScore, Change, RecordActivity, UpsertLead
from domain.conditions import Facts
from domain.history import Cause, CauseKind, ScoreChange, ScorePart, Suppression
from domain.leads import ADJUSTMENTS, Contribution, Lead, Position, Standing
from domain.levels import Dimension, LevelSet
from domain.pricing import day_of, is_met, priced
from domain.rules import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Scoring:
    """What leads are scored under at one moment: the configuration's version, its levels and its rules."""

    version: int
    levels: Mapping[Dimension, LevelSet]
    rules: RuleSet

    def position(self, dimension: Dimension, score: int) -> Position:
        levels = self.levels[dimension]
        level = levels.level_of(score)
        return Position(score, level.name if level else None, levels.version)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change made of a lead. `duplicate`: its key was seen before, and this is what it did then.

    `told` is what an earlier edit of the levels had made of the lead's level, where that had yet to be told: an entry
    of the history before those of the change itself.
    """

    lead: Lead
    scoring: Scoring
    changes: tuple[ScoreChange, ...] = ()
    activity: Activity | None = None
    created: bool = False
    duplicate: bool = False
    told: tuple[ScoreChange, ...] = ()


def new_lead(lead_id: str, scoring: Scoring, now: datetime) -> Lead:
    """A lead nobody has heard of: score 0 in both dimensions, announced in the levels 0 lies in."""
    engagement, profile = (
        Standing(scoring.position(dimension, 0), since=now)
        for dimension in (Dimension.ENGAGEMENT, Dimension.PROFILE)
    )
    return Lead(lead_id, engagement, profile, created_at=now, updated_at=now)


def fold(lead: Lead, change: Change, scoring: Scoring, now: datetime) -> Outcome:
    """What *change* makes of *lead* under *scoring*, *now* (with offset); raises InvalidInput.

    Who the lead is, is looked at when it is first heard of and whenever that is edited.
    """
    outcome = _folded(lead, change, scoring, now)
    if lead.version == 0 or isinstance(change, UpsertLead):
        return _profiled(outcome, Cause(CauseKind.PROFILE, change.actor, now))
    return outcome


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
    parts = tuple(_profile_parts(lead, scoring))
    if not parts:
        return outcome
    seen = tell(lead, Dimension.PROFILE, scoring, cause.at)
    moved, entry = _moved(seen.lead, Dimension.PROFILE, parts, scoring, cause)
    if not any(part.points for part in entry.parts):  # floor or ceiling took them whole
        return outcome
    return replace(outcome, lead=moved, changes=(*outcome.changes, entry), told=(*outcome.told, *seen.told))


def _profile_parts(lead: Lead, scoring: Scoring) -> Iterator[ScorePart]:
    """The difference that each rule makes, and each that is a rule no longer."""
    given, facts = lead.profile.contributions, Facts(lead, None, {})
    rules = scoring.rules.of_profile
    for rule in rules:
        wanted = rule.points if rule.is_enabled and is_met(rule, facts) else 0
        had = given[rule.id].points if rule.id in given else 0
        if wanted != had:
            yield ScorePart(rule.id, rule.name, wanted - had)
    gone = given.keys() - {rule.id for rule in rules} - {ADJUSTMENTS}
    yield from (
        ScorePart(each, given[each].name, -given[each].points) for each in sorted(gone) if given[each].points
    )


def tell(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime) -> Outcome:
    """*lead* announced in the level that its score has by the levels in force, if it was not already."""
    standing = lead.standing(dimension)
    entry = announcement(lead.id, lead.version + 1, dimension, standing.announced, scoring, now)
    if entry is None:
        return Outcome(lead, scoring)
    told = replace(standing, announced=entry.after, since=scoring.levels[dimension].created_at)
    return Outcome(lead.standing_at(dimension, told, now), scoring, told=(entry,))


def announcement(
    lead_id: str, version: int, dimension: Dimension, announced: Position, scoring: Scoring, now: datetime
) -> ScoreChange | None:
    """What tells a lead, by its next *version*, that an edit has changed the level it stands *announced* in.

    None when it is the same by name. A lead has been in its new level since the levels in force are.
    """
    levels, after = scoring.levels[dimension], scoring.position(dimension, announced.score)
    if announced.in_level_of(after):
        return None
    cause = Cause(CauseKind.LEVELS_CHANGED, levels.created_by, now, levels.comment, announce=levels.announce)
    return ScoreChange(
        lead_id, dimension, version, announced, after, cause, parts=(), rule_set=scoring.rules.version
    )


def _recorded(lead: Lead, change: RecordActivity, scoring: Scoring, now: datetime) -> Outcome:
    activity = change.activity
    last = max(lead.last_activity_at or activity.occurred_at, activity.occurred_at)
    rules = scoring.rules.triggered_by(activity.kind)
    if not rules:
        known = replace(lead, last_activity_at=last, updated_at=now, version=lead.version + 1)
        return Outcome(known, scoring, activity=activity)
    cause = Cause(CauseKind.ACTIVITY, change.actor, now, activity_id=activity.id)
    seen = tell(replace(lead, last_activity_at=last), Dimension.ENGAGEMENT, scoring, now)
    facts, given = _facts(lead, activity, scoring), lead.engagement.contributions
    parts = tuple(priced(rule, activity, facts, given.get(rule.id)) for rule in rules)
    days = dict.fromkeys(_counted(rules), day_of(activity.occurred_at))
    moved, entry = _moved(seen.lead, Dimension.ENGAGEMENT, parts, scoring, cause, days)
    return Outcome(moved, scoring, (entry,), activity, told=seen.told)


def _facts(lead: Lead, activity: Activity, scoring: Scoring) -> Facts:
    """The lead as it was before the activity, in the levels in force."""
    levels = {
        dimension: scoring.position(dimension, lead.standing(dimension).score).level
        for dimension in Dimension
    }
    return Facts(lead, activity, levels)


def _counted(rules: tuple[Rule, ...]) -> Iterator[str]:
    """The rules whose payments are counted by day: all that have a limit, for it may get another period."""
    return (rule.id for rule in rules if rule.limit is not None)


def _adjusted(lead: Lead, change: AdjustScore, scoring: Scoring, now: datetime) -> Outcome:
    cause = Cause(CauseKind.ADJUSTMENT, change.actor, now, change.reason, change.key)
    parts = (ScorePart(None, "Adjustments", change.delta),)
    seen = tell(lead, change.dimension, scoring, now)
    moved, entry = _moved(seen.lead, change.dimension, parts, scoring, cause)
    return Outcome(moved, scoring, (entry,), told=seen.told)


def _upserted(lead: Lead, change: UpsertLead, scoring: Scoring, now: datetime) -> Outcome:
    edited = change.edit.applied(lead)
    if edited is lead and lead.version:
        return Outcome(lead, scoring)
    return Outcome(replace(edited, updated_at=now, version=lead.version + 1), scoring)


def _moved(
    lead: Lead,
    dimension: Dimension,
    parts: tuple[ScorePart, ...],
    scoring: Scoring,
    cause: Cause,
    days: Mapping[str, date] | None = None,
) -> tuple[Lead, ScoreChange]:
    """The one place where a score moves: the parts held to floor and ceiling, their sum applied, the level found.

    *days* are those to be counted as paid on, by rule.
    """
    standing = lead.standing(dimension)
    before = standing.announced
    parts = _held(parts, before.score, scoring.rules)
    after = scoring.position(dimension, before.score + sum(part.points for part in parts))
    since = standing.since if before.in_level_of(after) else cause.at
    moved = lead.standing_at(
        dimension, Standing(after, since, _contributed(standing.contributions, parts, days or {})), cause.at
    )
    return moved, ScoreChange(
        lead.id, dimension, moved.version, before, after, cause, parts, scoring.rules.version
    )


def _held(parts: tuple[ScorePart, ...], before: int, rules: RuleSet) -> tuple[ScorePart, ...]:
    """The parts with what floor or ceiling forbids taken from those that overstep, the last first."""
    wanted = before + sum(part.points for part in parts)
    excess = wanted - rules.allowed(before, wanted)
    if not excess:
        return parts
    why = Suppression.FLOOR if excess < 0 else Suppression.CEILING
    held: list[ScorePart] = []
    for part in reversed(parts):
        cut = _overlap(excess, part.points)
        excess -= cut
        held.append(replace(part, points=part.points - cut, suppressed=why) if cut else part)
    return tuple(reversed(held))


def _overlap(excess: int, points: int) -> int:
    """As much of *excess* as lies in *points* of the same sign."""
    return max(min(excess, points), 0) if excess > 0 else min(max(excess, points), 0)


def _contributed(
    had: Mapping[str, Contribution], parts: tuple[ScorePart, ...], days: Mapping[str, date]
) -> Mapping[str, Contribution]:
    given = dict(had)
    for part in parts:
        if part.points:
            given[part.source] = given.get(part.source, Contribution(part.name)).plus(
                part.name, part.points, days.get(part.source)
            )
    return given
