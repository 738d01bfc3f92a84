"""What hypothesis draws of pasts: rules of every kind, published one after the other, and what leads do under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from domain.changes import Activity, AdjustScore, RecordActivity
from domain.conditions import Condition, Operator
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Limit, Period, Rescore, Rule, RuleSet
from domain.scoring import Adjusted, Past, Scoring, fold, passed, scheduled
from tests.domain.builders import ADA, CREATED, a_lead, a_rule, a_rule_set, scoring
from tests.domain.conditions.builders import check
from tests.domain.strategies import KINDS
from tests.domain.test_time_properties import INACTIVITY, timed_rules

HOUR = timedelta(hours=1)
WEEKS = 24 * 60  # hours
UNTIL = CREATED + 2 * WEEKS * HOUR
TAGS = ("eu", "vip")
NAMES = ("Click", "Clicked")

CONDITIONS: st.SearchStrategy[Condition | None] = st.none() | st.sampled_from(
    [
        check("activity.size", Operator.GTE, 2),
        check("lead.tags", Operator.CONTAINS, "eu"),
        check("lead.engagement.score", Operator.LT, 40),
        check("lead.engagement.level", Operator.EQUALS, "Cold"),
    ]
)
LIMITS = st.none() | st.builds(Limit, st.integers(1, 3), st.sampled_from(Period))


@st.composite
def rules_of_engagement(draw: st.DrawFn) -> Rule:
    rule = replace(draw(timed_rules("")), name=draw(st.sampled_from(NAMES)))
    return replace(rule, condition=draw(CONDITIONS), limit=draw(LIMITS), is_enabled=draw(st.booleans()))


def lasting(rule: Rule) -> Rule:
    """The rule as it would be if it paid for good."""
    return replace(rule, expires_after=None, half_life=None)


def plain(rule: Rule) -> Rule:
    """The rule as it would be if it always paid the same, for good."""
    return replace(lasting(rule), max_points=None, condition=None, limit=None, is_enabled=True)


@st.composite
def rules_of_profile(draw: st.DrawFn, rule_id: str) -> Rule:
    condition = check("lead.tags", Operator.CONTAINS, draw(st.sampled_from(TAGS)))
    return Rule(
        rule_id,
        "Profile",
        None,
        draw(st.integers(-40, 60).filter(bool)),
        dimension=Dimension.PROFILE,
        condition=condition,
    )


@st.composite
def rule_lists(draw: st.DrawFn, of_engagement: st.SearchStrategy[Rule]) -> tuple[Rule, ...]:
    numbers = draw(st.lists(st.integers(0, 5), max_size=4, unique=True))
    profile = draw(st.lists(st.integers(6, 8), max_size=2, unique=True))
    engagement = [replace(draw(of_engagement), id=f"rule {number}") for number in numbers]
    return (*engagement, *(draw(rules_of_profile(f"rule {number}")) for number in profile))


@dataclass(frozen=True, slots=True)
class History:
    """A lead to whom nothing has happened, the rules one after the other, and what it does and is given, in order."""

    lead: Lead
    under: Scoring  # the last rules in it
    timeline: Sequence[RuleSet]
    events: Sequence[tuple[datetime, Activity | AdjustScore]]

    @property
    def past(self) -> Past:
        return Past(
            [each for _, each in self.events if isinstance(each, Activity)],
            [
                Adjusted(at, each.dimension, each.asked)
                for at, each in self.events
                if isinstance(each, AdjustScore)
            ],
        )


@st.composite
def timelines(draw: st.DrawFn, most: int, *, timed: bool) -> list[RuleSet]:
    """Rule sets that differ in their rules; the first scored all there was."""
    policy = a_rule_set(floor=draw(st.none() | st.integers(-50, 0)), ceiling=draw(st.none() | st.just(120)))
    some = rules_of_engagement()
    rules = rule_lists(some.map(plain) | (some if timed else some.map(lasting)))
    policy = replace(policy, inactivity=draw(INACTIVITY) if timed else None)
    first = replace(policy, version=1, rules=draw(rules), rescore=Rescore.REPLAY)
    sets = [replace(first, published_at=CREATED - HOUR)]
    hours = draw(st.lists(st.integers(0, WEEKS), max_size=most - 1, unique=True).map(sorted))
    for number, hour in enumerate(hours, 2):
        at = CREATED + hour * HOUR + HOUR / 2
        sets.append(replace(policy, version=number, rules=draw(rules), published_at=at))
    return sets


@st.composite
def events(draw: st.DrawFn, *, timed: bool) -> list[tuple[datetime, Activity | AdjustScore]]:
    """One thing at a time, each heard of as it happens."""
    hours = draw(st.lists(st.integers(1, WEEKS), max_size=12, unique=True).map(sorted))
    moments = [CREATED + hour * HOUR for hour in hours]
    return [(at, draw(_event(at, number, timed=timed))) for number, at in enumerate(moments)]


def _event(at: datetime, number: int, *, timed: bool) -> st.SearchStrategy[Activity | AdjustScore]:
    activity = st.builds(
        lambda kind, size: Activity(f"activity {number:03}", kind, {"size": size}, at, at),
        st.sampled_from(KINDS),
        st.integers(1, 3),
    )
    adjustment = st.builds(
        lambda delta, days: AdjustScore(
            ADA, Dimension.ENGAGEMENT, delta, expires_at=at + days * 24 * HOUR if days else None
        ),
        st.integers(-60, 60).filter(bool),
        st.integers(0, 20) if timed else st.just(0),
    )
    return activity | activity | adjustment


@st.composite
def histories(draw: st.DrawFn, most: int = 4) -> History:
    """Of some, time alone changes nothing: replay has a way of its own with those."""
    timed = draw(st.booleans())
    timeline = draw(timelines(most, timed=timed))
    under = replace(scoring(a_rule()), rules=timeline[-1])
    tags = tuple(draw(st.lists(st.sampled_from(TAGS), unique=True)))
    lead = replace(a_lead(under=replace(under, rules=timeline[0])), tags=tags)
    return History(lead, under, timeline, draw(events(timed=timed)))


def lived(history: History) -> Lead:
    """The lead to whom all of it has happened, time looked at whenever rules are published."""
    under = [replace(history.under, rules=rules) for rules in history.timeline]
    lead, number = scheduled(history.lead, under[0], CREATED), 0
    since = [rules.published_at for rules in history.timeline]
    moments: list[tuple[datetime, Activity | AdjustScore | None]] = [(at, None) for at in since[1:] if at]
    for at, event in sorted([*history.events, *moments], key=lambda each: each[0]):
        if event is None:
            lead, number = passed(lead, under[number], at).lead, number + 1
        else:
            change = RecordActivity(ADA, event) if isinstance(event, Activity) else event
            lead = fold(lead, change, under[number], at).lead
    return scheduled(passed(lead, under[-1], UNTIL).lead, under[-1], UNTIL)
