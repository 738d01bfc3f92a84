"""What one rule gives for one activity, and why it gives less."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.changes import Activity
from domain.conditions import Facts
from domain.contributions import Contribution, Halving
from domain.history import ScorePart, Suppression
from domain.rules import Limit, Period, Rule


def priced(
    rule: Rule, activity: Activity, facts: Facts | None, had: Contribution | None, now: datetime
) -> ScorePart:
    """The rule's part in what *activity* does *now* to a lead whom the rule gave *had* before."""
    if rule.is_plain:
        return rule.part
    wanted = _left(rule, activity, now) if rule.is_timed else rule.points
    if why := _unpaid(rule, activity, facts, had, wanted):
        return ScorePart(rule.id, rule.name, 0, why)
    points = _within(rule, wanted, had.worth(now) if had else 0)
    if points == rule.points:
        return rule.part
    return ScorePart(rule.id, rule.name, points, None if points == wanted else Suppression.CAP_REACHED)


def day_of(moment: datetime) -> date:
    """The UTC day."""
    return moment.astimezone(UTC).date()


def _unpaid(
    rule: Rule, activity: Activity, facts: Facts | None, had: Contribution | None, wanted: int
) -> Suppression | None:
    if not rule.is_enabled:
        return Suppression.RULE_DISABLED
    if not rule.is_met(facts):
        return Suppression.CONDITION_FAILED
    if rule.limit is not None and had is not None and _reached(rule.limit, had, day_of(activity.occurred_at)):
        return Suppression.CAP_REACHED
    return None if wanted else Suppression.EXPIRED


def _left(rule: Rule, activity: Activity, now: datetime) -> int:
    """What is left now of the points for something that may have happened long ago, in whole points."""
    payment = rule.payment(rule.points, activity.counted_at)
    if payment.expires_at is not None and payment.expires_at <= now:
        return 0
    if payment.half_life is not None:
        return round(Halving(payment.half_life, payment.points, payment.at).worth(now))
    return payment.points


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


def is_full(rule: Rule, had: float) -> bool:
    """Whether the rule's points in the score leave no room for any more."""
    return rule.max_points is not None and _within(rule, rule.points, had) == 0


def _within(rule: Rule, points: int, had: float) -> int:
    """As many of *points* as `max_points` leaves room for beside those that the rule *had* given, as they show."""
    if rule.max_points is None:
        return points
    given = round(had) if points > 0 else -round(had)
    room = rule.max_points - given
    if abs(points) <= room:
        return points
    return max(room, 0) if points > 0 else -max(room, 0)
