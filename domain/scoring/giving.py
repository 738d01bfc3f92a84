"""What is given: by rules for an activity, by rules of the profile for who a lead is, and by hand.

Each as the moves that are told of it, and the lead's contributions with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.changes import Activity
from domain.conditions import Facts
from domain.contributions import ADJUSTMENTS, INACTIVITY, Contribution, Contributions, Payment, forgiven
from domain.history import Adjustment, ScorePart
from domain.leads import Lead
from domain.levels import DIMENSIONS, Dimension
from domain.pricing import day_of, priced
from domain.rules import Rule
from domain.scoring.moving import Move, held
from domain.scoring.terms import Scoring

Given = tuple[Sequence[Move], Contributions]


def earn(
    rules: Sequence[Rule],
    given: dict[str, Contribution],
    score: int,
    activity: Activity,
    facts: Facts | None,
    scoring: Scoring,
    now: datetime,
) -> Sequence[Move]:
    """Add to what is *given* what these rules of engagement give for an activity; *facts* may be None where none asks."""
    if INACTIVITY in given:
        given.update(forgiven(given, now))
    wanted = [priced(rule, activity, facts, given.get(rule.id), now) for rule in rules]
    parts = held(wanted, score, scoring.rules)
    return [(part, _pay(rules[at], part, activity, given, now)) for at, part in enumerate(parts)]


def give(rules: Sequence[Rule], times: int, given: dict[str, Contribution]) -> None:
    """Add to what is *given* what these rules give for so many activities; nothing may keep any of it back."""
    for rule in rules:
        before = given.get(rule.id) or Contribution(rule.name)
        given[rule.id] = before.plus(rule.name, rule.points * times, times=times)


def _pay(
    rule: Rule, part: ScorePart, activity: Activity, given: dict[str, Contribution], now: datetime
) -> float:
    """Add a rule's part to what is *given*; how many points that is, which may be a fraction."""
    if not part.points:
        return 0
    before = given.get(rule.id) or Contribution(part.name)
    # Counted by day wherever there is a limit, for it may get another period.
    day = day_of(activity.occurred_at) if rule.limit else None
    if not rule.is_timed:
        given[rule.id] = before.plus(part.name, part.points, day)
        return part.points
    given[rule.id] = after = before.paid(part.name, _payment(rule, part, activity, now), day)
    return after.worth(now) - before.worth(now)


def _payment(rule: Rule, part: ScorePart, activity: Activity, now: datetime) -> Payment:
    """Paid when it happened; but what is left of halved points, where that was cut, is as much as is left now."""
    if rule.half_life is None:
        return rule.payment(part.points, activity.counted_at)
    return (
        rule.payment(part.points, now) if part.suppressed else rule.payment(rule.points, activity.counted_at)
    )


def facts_of(lead: Lead, activity: Activity, scoring: Scoring) -> Facts:
    """The lead as it was before the activity, in the levels in force."""
    levels = {
        dimension: scoring.position(dimension, lead.standing(dimension).score).level
        for dimension in DIMENSIONS
    }
    return Facts(lead, activity, levels)


def by_hand(lead: Lead, dimension: Dimension, asked: Adjustment, scoring: Scoring, now: datetime) -> Given:
    """As much of an adjustment as floor and ceiling allow."""
    standing = lead.standing(dimension)
    given = dict(forgiven(standing.contributions, now))
    (part,) = held((ScorePart(None, "Adjustments", asked.delta),), standing.score, scoring.rules)
    if part.points:
        had = given.get(ADJUSTMENTS) or Contribution(part.name)
        given[ADJUSTMENTS] = had.paid(part.name, Payment(part.points, now, asked.expires_at))
    return [(part, part.points)], given


def of_profile(lead: Lead, scoring: Scoring, now: datetime) -> Given:
    """What the rules of the profile give more, or less, for who the lead is now.

    Nothing is held back: the rules say what is in the score, and floor and ceiling what shows of it.
    """
    given, moves = dict(lead.profile.contributions), []
    for rule_id, name, points in _differences(lead, scoring):
        given[rule_id] = given.get(rule_id, Contribution(name)).paid(name, Payment(points, now))
        moves.append((ScorePart(rule_id, name, points), points))
    return moves, given


def _differences(lead: Lead, scoring: Scoring) -> Iterator[tuple[str, str, int]]:
    """The difference that each rule makes, and each that is a rule no longer."""
    given, facts = lead.profile.contributions, Facts(lead, None, {})
    rules = scoring.rules.of_profile
    for rule in rules:
        wanted = rule.points if rule.is_enabled and rule.is_met(facts) else 0
        had = given[rule.id].points if rule.id in given else 0
        if wanted != had:
            yield rule.id, rule.name, wanted - had
    gone = given.keys() - {rule.id for rule in rules} - {ADJUSTMENTS}
    yield from ((each, given[each].name, -given[each].points) for each in sorted(gone) if given[each].points)
