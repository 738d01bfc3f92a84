"""Replay: a lead's scores made anew, from nothing but what happened.

Rules that were published for new activities alone score no old ones here either: each activity is scored by the rules
that scored it first, and those before the last replay by the rules of that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from operator import itemgetter

from domain.changes import Activity
from domain.contributions import total, worth_of
from domain.history import Adjustment, Cause, CauseKind, ScorePart
from domain.leads import Lead, Standing
from domain.levels import DIMENSIONS, Dimension
from domain.rules import RuleSet
from domain.scoring.ahead import scheduled
from domain.scoring.giving import by_hand, earn, facts_of, give, of_profile
from domain.scoring.moving import entered, in_points, move
from domain.scoring.passing import later, passed, standing_with
from domain.scoring.telling import tell
from domain.scoring.terms import Outcome, Scoring, beginnings
from domain.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An adjustment of the past."""

    at: datetime
    dimension: Dimension
    asked: Adjustment


@dataclass(frozen=True, slots=True)
class Past:
    """All that happened to a lead, in any order; without activities that were retracted."""

    activities: Sequence[Activity]
    adjustments: Sequence[Adjusted] = ()


# The rule sets that scored, one after the other, from that of the last replay on, or the first there was.
Timeline = Sequence[RuleSet]
Event = tuple[datetime, Activity | Adjusted | None]


def rescored(
    lead: Lead,
    past: Past,
    dimensions: Iterable[Dimension],
    scoring: Scoring,
    timeline: Timeline,
    cause: Cause,
) -> Outcome:
    """The lead as replay makes it in these dimensions: one entry for each that it changes, with the difference."""
    now = max(cause.at, lead.settled_at)
    cause, outcome = replace(cause, at=now), passed(lead, scoring, now)
    anew = replayed(outcome.lead, past, scoring, timeline, now)
    for dimension in dimensions:
        outcome = _rescored(outcome, anew.standing(dimension), dimension, cause)
    known, last = outcome.lead, anew.last_activity_at
    if known == lead and last == lead.last_activity_at:
        return Outcome(lead, scoring)
    version = max(known.version, lead.version + 1)
    known = replace(known, last_activity_at=last, version=version, updated_at=now)
    return replace(outcome, lead=scheduled(known, scoring, now))


def _rescored(outcome: Outcome, anew: Standing, dimension: Dimension, cause: Cause) -> Outcome:
    lead, scoring = outcome.lead, outcome.scoring
    before = lead.standing(dimension)
    is_same = before.contributions == anew.contributions and before.score == anew.score
    is_told = cause.kind is CauseKind.MERGE and dimension is Dimension.ENGAGEMENT  # who and when, in any case
    if is_same and not is_told:
        return outcome
    parts = tuple(_differences(before, anew, lead.settled_at, cause.at))
    if not parts and not is_told:  # the points are the same, but not when or how they were given
        standing = replace(before, contributions=anew.contributions)
        return replace(outcome, lead=lead.standing_at(dimension, standing, cause.at))
    seen = tell(lead, dimension, scoring, cause.at)
    lead, entry = entered(seen.lead, dimension, anew.score, anew.contributions, parts, scoring, cause)
    return replace(outcome, lead=lead, changes=(*outcome.changes, entry), told=(*outcome.told, *seen.told))


def _differences(
    before: Standing, after: Standing, settled_at: datetime, now: datetime
) -> Iterator[ScorePart]:
    """What each source gives more or less, the sum of which is the difference of the scores."""
    had, has = before.contributions, after.contributions
    moves = [
        move(source, has.get(source) or had[source], points)
        for source in {**had, **has}
        if (points := worth_of(source, has, now) - worth_of(source, had, settled_at))
    ]
    parts = in_points(moves)
    rest = after.score - before.score - sum(part.points for part in parts)
    if rest:
        is_hidden = before.score != before.unbounded(settled_at) or after.score != after.unbounded(now)
        if is_hidden or not parts:
            parts = (*parts, ScorePart(None, "Floor and ceiling", rest))
        else:  # rounded off
            parts = (*parts[:-1], replace(parts[-1], points=parts[-1].points + rest))
    yield from (part for part in parts if part.points)


def replayed(lead: Lead, past: Past, scoring: Scoring, timeline: Timeline, now: datetime) -> Lead:
    """The lead as it would be *now* if all had happened again, in the levels in force and being who it is now."""
    unders = [replace(scoring, rules=each) for each in (_ever(timeline[0]), *timeline[1:])]
    versions = [each.version for each in timeline]
    since = list(accumulate(map(_since, timeline[1:]), max))  # clocks may differ
    events = sorted(_events(past, timeline), key=itemgetter(0))
    lead = _blank(lead, min([lead.created_at, *(at for at, _ in events[:1])]), unders[0])
    moves, profile = of_profile(lead, scoring, lead.settled_at)
    if moves:
        lead = standing_with(lead, Dimension.PROFILE, profile, unders[0], lead.settled_at)
    walk = _Walk(lead, is_restless=_is_restless(past, timeline))
    ahead = bisect_right(events, now, key=itemgetter(0))  # by other clocks: it happens now
    events[ahead:] = [(now, event) for _, event in events[ahead:]]
    for moment, event in events:
        walk.wait(unders[bisect_left(since, moment)], moment)
        match event:
            case Activity():
                walk.record(event, unders[_scored_by(event, versions, since)], moment)
            case Adjusted():
                walk.adjust(event, unders[bisect_right(since, moment)], moment)
    walk.wait(unders[-1], now)
    return walk.arrived(unders[-1])


def _ever(rules: RuleSet) -> RuleSet:
    """The rules as if they had always been in force."""
    return rules if rules.idle_since is None else replace(rules, idle_since=None)


def _scored_by(activity: Activity, versions: Sequence[int], since: Sequence[datetime]) -> int:
    """The place of the rules that scored an activity, or of those that scored it anew since."""
    if activity.rule_set is None:
        return bisect_right(since, activity.received_at)
    return max(bisect_right(versions, activity.rule_set) - 1, 0)


def _is_restless(past: Past, timeline: Timeline) -> bool:
    """Whether anything but what happens may move scores: time, or another floor or ceiling."""
    return (
        any(rules.inactivity or rules.is_timed for rules in timeline)
        or any(each.asked.expires_at for each in past.adjustments)
        or len({rules.policy for rules in timeline}) > 1
    )


class _Walk:
    """A lead on its way through its past.

    Its engagement is kept apart, and made part of the lead when somebody asks: to make a lead anew for each of
    thousands of activities would be most of the work. So it is with what is given: what activities of a kind are always
    worth is only counted, and given when somebody looks.
    """

    def __init__(self, lead: Lead, *, is_restless: bool) -> None:
        self._is_restless = is_restless
        self._lead = lead
        self._given = dict(lead.engagement.contributions)
        self._score = lead.engagement.score
        self._active = lead.last_activity_at
        self._counted: dict[str, int] = {}
        self._counted_by: RuleSet | None = None

    def wait(self, under: Scoring, now: datetime) -> None:
        """Have time pass."""
        if not self._is_restless:
            return
        lead = self.arrived(under)
        for dimension in DIMENSIONS:
            lead = later(lead, dimension, under, now)
        self._go_on(lead)

    def record(self, activity: Activity, under: Scoring, now: datetime) -> None:
        if self._active is None or activity.occurred_at > self._active:
            self._active = activity.occurred_at
        rules = under.rules.triggered_by(activity.kind)
        if not rules:
            return
        worth = under.rules.worth(activity.kind)
        if worth is not None and self._is_given_whole(worth, under.rules):
            self._count(activity.kind, under.rules)
            self._score += worth
            return
        self._give_counted()
        facts = facts_of(self.arrived(under), activity, under) if under.rules.asks(activity.kind) else None
        moves = earn(rules, self._given, self._score, activity, facts, under, now)
        if self._is_restless:
            self._score = under.rules.allowed(self._score, round(total(self._given, now)))
        else:  # then nothing is hidden, and what is given is what the score moves by
            for part, _ in moves:
                self._score += part.points

    def _is_given_whole(self, points: int, rules: RuleSet) -> bool:
        """Whether neither time, floor nor ceiling keeps any of these points back."""
        score = self._score + points
        return not self._is_restless and rules.allowed(self._score, score) == score

    def _count(self, kind: str, rules: RuleSet) -> None:
        """One more activity of a kind that is always worth the same."""
        if rules is not self._counted_by:
            self._give_counted()
            self._counted_by = rules
        self._counted[kind] = self._counted.get(kind, 0) + 1

    def _give_counted(self) -> None:
        """Give what was only counted so far."""
        if self._counted_by:
            for kind, times in self._counted.items():
                give(self._counted_by.triggered_by(kind), times, self._given)
            self._counted.clear()

    def adjust(self, adjusted: Adjusted, under: Scoring, now: datetime) -> None:
        lead = self.arrived(under)
        _, given = by_hand(lead, adjusted.dimension, adjusted.asked, under, now)
        self._go_on(standing_with(lead, adjusted.dimension, given, under, now))

    def arrived(self, under: Scoring) -> Lead:
        """The lead as it stands."""
        self._give_counted()
        position = under.position(Dimension.ENGAGEMENT, self._score)
        standing = Standing(position, self._lead.engagement.since, dict(self._given))
        return replace(self._lead, engagement=standing, last_activity_at=self._active)

    def _go_on(self, lead: Lead) -> None:
        self._lead, self._score = lead, lead.engagement.score
        self._given = dict(lead.engagement.contributions)


def _events(past: Past, timeline: Timeline) -> Iterator[Event]:
    """What happened, and when rules were published, up to which time passed under those before."""
    activities = [(each.counted_at, each.received_at, each.id, each) for each in past.activities]
    activities.sort(key=itemgetter(0, 1, 2))
    yield from ((at, each) for at, _, _, each in activities)
    yield from ((each.at, each) for each in past.adjustments)
    yield from ((_since(each), None) for each in timeline[1:])


def _since(rules: RuleSet) -> datetime:
    return rules.published_at or rules.created_at


def _blank(lead: Lead, since: datetime, under: Scoring) -> Lead:
    """The lead before anything happened."""
    engagement, profile = beginnings(under, since)
    return replace(
        lead, engagement=engagement, profile=profile, last_activity_at=None, settled_at=since, due_at=None
    )
