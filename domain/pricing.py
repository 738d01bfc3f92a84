"""What one rule gives for one activity, and why it gives less."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.changes import Activity
from domain.conditions import Facts, holds
from domain.history import ScorePart, Suppression
from domain.leads import Contribution
from domain.rules import Limit, Period, Rule


def priced(rule: Rule, activity: Activity, facts: Facts, had: Contribution | None) -> ScorePart:
    """The rule's part in what *activity* does to a lead whom the rule gave *had* before."""
    if why := _unpaid(rule, activity, facts, had):
        return ScorePart(rule.id, rule.name, 0, why)
    points = _within(rule, had.points if had else 0)
    return ScorePart(rule.id, rule.name, points, None if points == rule.points else Suppression.CAP_REACHED)


def is_met(rule: Rule, facts: Facts) -> bool:
    """Whether the rule's condition holds, if it has one."""
    return rule.condition is None or holds(rule.condition, facts)


def day_of(moment: datetime) -> date:
    """The UTC day."""
    return moment.astimezone(UTC).date()


def _unpaid(rule: Rule, activity: Activity, facts: Facts, had: Contribution | None) -> Suppression | None:
    if not rule.is_enabled:
        return Suppression.RULE_DISABLED
    if not is_met(rule, facts):
        return Suppression.CONDITION_FAILED
    if rule.limit is not None and had is not None and _reached(rule.limit, had, day_of(activity.occurred_at)):
        return Suppression.CAP_REACHED
    return None


def _reached(limit: Limit, had: Contribution, day: date) -> bool:
    if limit.per is Period.EVER:
        return had.uses >= limit.times
    # Rather too little than twice: what happened so long before the rest may have been paid then.
    return had.forgot(_first_day(limit.per, day)) or _paid(had, limit.per, day) >= limit.times


def _paid(had: Contribution, per: Period, day: date) -> int:
    """How often it was paid in the period that *day* lies in."""
    period = _period(per, day)
    return sum(times for each, times in had.days.items() if _period(per, each) == period)


def _first_day(per: Period, day: date) -> date:
    match per:
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
    return day


def _period(per: Period, day: date) -> tuple[int, ...]:
    match per:
        case Period.WEEK:
            return day.isocalendar()[:2]
        case Period.MONTH:
            return day.year, day.month
    return (day.toordinal(),)


def is_full(rule: Rule, had: int) -> bool:
    """Whether the rule's points in the score leave no room for any more."""
    return rule.max_points is not None and _within(rule, had) == 0


def _within(rule: Rule, had: int) -> int:
    """As many of the rule's points as `max_points` leaves room for beside those that it *had* given."""
    if rule.max_points is None:
        return rule.points
    room = (
        max(rule.max_points - abs(had), 0) if (had > 0) is (rule.points > 0) else rule.max_points + abs(had)
    )
    return min(rule.points, room) if rule.points > 0 else max(rule.points, -room)
