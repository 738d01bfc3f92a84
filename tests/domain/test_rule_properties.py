"""What holds whatever rules there are: with limits, caps and conditions, and of the profile."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.changes import Change, RecordActivity
from domain.conditions import AnyOf, Condition, Facts, Not, Operator, holds
from domain.conditions import Test as Asked
from domain.contributions import ADJUSTMENTS
from domain.history import CauseKind, ScoreChange
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Limit, Period, Rule
from domain.scoring import Scoring
from tests.domain.builders import ADA, NOW, a_lead, a_rule, adjusted, an_activity, fold, scoring, upserted
from tests.domain.strategies import CEILINGS, FLOORS, KINDS, OPEN, ends, points

BEGIN = datetime(2026, 1, 30, tzinfo=UTC)
TAGS = ("eu", "vip")
CONDITIONS: tuple[Condition | None, ...] = (
    None,
    Asked("lead.tags", Operator.CONTAINS, "eu"),
    Not(Asked("lead.tags", Operator.CONTAINS, "vip")),
    AnyOf(
        (
            Asked("activity.plan", Operator.EQUALS, "pro"),
            Asked("lead.engagement.level", Operator.EQUALS, "hot"),
        )
    ),
)


@st.composite
def rules(draw: st.DrawFn, rule_id: str) -> Rule:
    paid = draw(points())
    rule = a_rule(paid, rule_id, draw(st.sampled_from(KINDS)), enabled=draw(st.booleans()))
    if draw(st.integers(0, 3)) == 0:
        condition = draw(st.sampled_from(CONDITIONS[1:3]))
        return replace(rule, activity=None, dimension=Dimension.PROFILE, condition=condition)
    limits = st.none() | st.builds(Limit, st.integers(1, 3), st.sampled_from(Period))
    caps = st.none() | st.integers(0, 100).map(lambda more: abs(paid) + more)
    return replace(
        rule, condition=draw(st.sampled_from(CONDITIONS)), limit=draw(limits), max_points=draw(caps)
    )


@st.composite
def pricings(draw: st.DrawFn, floors: st.SearchStrategy[int | None] = FLOORS) -> Scoring:
    drawn = [draw(rules(f"rule {number}")) for number in range(draw(st.integers(0, 6)))]
    return scoring(*drawn, floor=draw(floors), ceiling=draw(CEILINGS))


def activities() -> st.SearchStrategy[Change]:
    """At any hour of some weeks, and in any order."""

    def record(kind: str, hour: int, plan: str) -> Change:
        at = BEGIN + timedelta(hours=hour)
        activity = replace(an_activity(kind, properties={"plan": plan}), occurred_at=at, received_at=at)
        return RecordActivity(ADA, activity)

    return st.builds(
        record, st.sampled_from(KINDS), st.integers(0, 24 * 20), st.sampled_from(["pro", "free"])
    )


def changes() -> st.SearchStrategy[Change]:
    tags = st.lists(st.sampled_from(TAGS), max_size=2).map(tuple)
    edits = st.builds(lambda add, remove: upserted(None, None, add, remove), tags, tags)
    return activities() | edits | st.builds(adjusted, points(), st.sampled_from(Dimension))


def run(lead: Lead, changes: list[Change], under: Scoring) -> tuple[Lead, list[ScoreChange]]:
    entries: list[ScoreChange] = []
    for change in changes:
        outcome = fold(lead, change, under, NOW)
        lead = outcome.lead
        entries += [*outcome.told, *outcome.changes]
    return lead, entries


@OPEN
@given(st.lists(changes(), max_size=12), pricings())
def test_the_history_explains_the_score_to_the_last_point(changes: list[Change], under: Scoring) -> None:
    before = a_lead(0, 0, under)

    lead, entries = run(before, changes, under)

    assert [entry.version for entry in entries] == sorted({entry.version for entry in entries})
    for dimension in Dimension:
        own = [entry for entry in entries if entry.dimension is dimension]
        standing = lead.standing(dimension)
        assert standing.score == sum(entry.delta for entry in own)
        given = sum(each.points for each in standing.contributions.values())
        assert standing.score == under.rules.allowed(standing.score, given)
        assert all(sum(part.points for part in entry.parts) == entry.delta for entry in own)
        path = [before.standing(dimension).announced, *(entry.after for entry in own)]
        assert [entry.before for entry in own] == path[:-1]
        floor, ceiling = under.rules.floor, under.rules.ceiling
        assert floor is None or standing.score >= floor
        assert ceiling is None or standing.score <= ceiling


@OPEN
@given(st.lists(activities(), max_size=25), pricings())
def test_no_rule_pays_more_often_or_more_than_it_may(changes: list[Change], under: Scoring) -> None:
    lead = a_lead(0, 0, under)
    paid: Counter[tuple[str, object]] = Counter()

    for change in changes:
        outcome = fold(lead, change, under, NOW)
        lead = outcome.lead
        assert isinstance(change, RecordActivity)
        for part in (part for entry in outcome.changes for part in entry.parts if part.points):
            rule = under.rules.rule(part.rule_id or "")
            assert rule
            if rule.limit:
                paid[rule.id, period(rule.limit.per, change.activity.occurred_at)] += 1

    for rule in under.rules.rules:
        given = lead.engagement.contributions.get(rule.id)
        if given and rule.max_points is not None:
            assert abs(given.points) <= rule.max_points
        if rule.limit:
            assert all(times <= rule.limit.times for (each, _), times in paid.items() if each == rule.id)


def period(per: Period, moment: datetime) -> object:
    forms = {Period.EVER: "", Period.DAY: "%Y-%m-%d", Period.WEEK: "%G-%V", Period.MONTH: "%Y-%m"}
    return moment.strftime(forms[per])


@OPEN
@given(st.lists(changes(), max_size=12), pricings(st.none()))
def test_the_profile_is_the_sum_of_the_rules_that_hold_and_of_points_by_hand(
    changes: list[Change], under: Scoring
) -> None:
    under = replace(under, rules=replace(under.rules, ceiling=None))
    lead, _ = run(a_lead(0, 0, under), [*changes, upserted()], under)

    facts = Facts(lead, None, {})
    wanted = {
        rule.id: rule.points
        for rule in under.rules.of_profile
        if rule.is_enabled and rule.condition and holds(rule.condition, facts)
    }
    given = {source: each.points for source, each in lead.profile.contributions.items() if each.points}
    given.pop(ADJUSTMENTS, None)
    assert given == wanted


@OPEN
@given(st.lists(changes(), max_size=8), pricings(), pricings(ends(-50, 0)))
def test_an_edit_of_a_lead_brings_its_profile_up_to_date_once(
    changes: list[Change], before: Scoring, after: Scoring
) -> None:
    lead, _ = run(a_lead(0, 0, before), changes, before)

    edited = fold(lead, upserted(), after, NOW)
    again = fold(edited.lead, upserted(), after, NOW)

    assert {entry.cause.kind for entry in edited.changes} <= {CauseKind.PROFILE}
    assert again.lead == edited.lead or after.rules.floor is not None or after.rules.ceiling is not None
    assert edited.lead.engagement == lead.engagement
