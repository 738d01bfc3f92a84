"""What holds whatever time does: whenever it is looked at, and however often."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.changes import AdjustScore, Change, RecordActivity
from domain.history import ScoreChange
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Inactivity, Rule
from domain.scoring import Scoring, fold, passed, scheduled, upcoming
from tests.domain.builders import ADA, CREATED, a_lead, a_rule, adjusted, an_activity, scoring
from tests.domain.strategies import CEILINGS, FLOORS, KINDS, OPEN

HOUR = timedelta(hours=1)
WEEKS = 24 * 60

Happening = tuple[datetime, Change]


@st.composite
def timed_rules(draw: st.DrawFn, rule_id: str) -> Rule:
    rule = a_rule(draw(st.integers(-40, 60).filter(bool)), rule_id, draw(st.sampled_from(KINDS)))
    expires, halves = draw(
        st.sampled_from([(None, None), (1, None), (10, None), (None, 1), (None, 7), (None, 20)])
    )
    caps = st.none() | st.integers(0, 60).map(lambda more: abs(rule.points) + more)
    return replace(rule, expires_after=expires, half_life=halves, max_points=draw(caps))


INACTIVITY = (
    st.none()
    | st.builds(Inactivity, st.integers(1, 20), st.integers(1, 10), st.integers(1, 20), st.none())
    | st.builds(Inactivity, st.integers(1, 20), st.integers(1, 10), st.none(), st.floats(1, 100))
)


@st.composite
def clockworks(draw: st.DrawFn) -> Scoring:
    rules = [draw(timed_rules(f"rule {number}")) for number in range(draw(st.integers(1, 5)))]
    under = scoring(*rules, floor=draw(FLOORS), ceiling=draw(CEILINGS))
    return replace(under, rules=replace(under.rules, inactivity=draw(INACTIVITY)))


def happening(hours: int, change: RecordActivity | AdjustScore) -> Happening:
    at = CREATED + hours * HOUR
    if isinstance(change, RecordActivity):
        activity = replace(change.activity, occurred_at=at, received_at=at)
        return at, RecordActivity(ADA, activity)
    hours = abs(change.delta) if change.delta % 3 == 0 else 0  # a third of them expire
    return at, replace(change, expires_at=at + hours * HOUR if hours else None)


def happenings() -> st.SearchStrategy[list[Happening]]:
    """In the order in which they happen."""
    change = st.builds(
        lambda kind: RecordActivity(ADA, an_activity(kind)), st.sampled_from(KINDS)
    ) | st.builds(adjusted, st.integers(-80, 80).filter(bool), st.sampled_from(Dimension))
    one = st.builds(happening, st.integers(1, WEEKS), change)
    return st.lists(one, max_size=10).map(lambda all_: sorted(all_, key=lambda each: each[0]))


def lived(
    lead: Lead, happenings: list[Happening], under: Scoring, until: datetime
) -> tuple[Lead, list[ScoreChange]]:
    """The lead after all that happens, time told only with it and at the end."""
    entries: list[ScoreChange] = []
    for at, change in happenings:
        outcome = fold(lead, change, under, at)
        lead = outcome.lead
        entries += [*outcome.told, *outcome.changes]
    outcome = passed(lead, under, until)
    return scheduled(outcome.lead, under, until), [*entries, *outcome.told]


def watched(
    lead: Lead, happenings: list[Happening], under: Scoring, until: datetime
) -> tuple[Lead, list[ScoreChange]]:
    """The lead after all that happens, time told whenever it is due."""
    entries: list[ScoreChange] = []

    def wait(lead: Lead, until: datetime) -> Lead:
        while lead.due_at and lead.due_at <= until:
            due = lead.due_at
            outcome = passed(lead, under, due)
            entries.extend(outcome.told)
            lead = scheduled(outcome.lead, under, due)
            assert lead.due_at is None or lead.due_at > due
        return lead

    for at, change in happenings:
        lead = wait(lead, at)
        outcome = fold(lead, change, under, at)
        entries += [*outcome.told, *outcome.changes]
        lead = outcome.lead
    lead = wait(lead, until)
    outcome = passed(lead, under, until)
    return scheduled(outcome.lead, under, until), [*entries, *outcome.told]


@OPEN
@given(happenings(), clockworks())
def test_it_makes_no_difference_when_time_is_looked_at(happenings: list[Happening], under: Scoring) -> None:
    until = CREATED + 2 * WEEKS * HOUR
    lead = scheduled(a_lead(0, 0, under), under, CREATED)

    late, _ = lived(lead, happenings, under, until)
    steady, _ = watched(lead, happenings, under, until)

    for dimension in Dimension:
        one, other = late.standing(dimension), steady.standing(dimension)
        assert one.contributions == other.contributions
        assert one.score == other.score
    assert late.due_at == steady.due_at
    assert late.due_at is None or late.due_at > late.settled_at


@OPEN
@given(happenings(), clockworks())
def test_the_history_explains_what_time_has_done(happenings: list[Happening], under: Scoring) -> None:
    until = CREATED + 2 * WEEKS * HOUR
    lead = scheduled(a_lead(0, 0, under), under, CREATED)

    after, entries = watched(lead, happenings, under, until)

    for dimension in Dimension:
        own = [entry for entry in entries if entry.dimension is dimension]
        assert after.standing(dimension).score == sum(entry.delta for entry in own)
        assert all(sum(part.points for part in entry.parts) == entry.delta for entry in own)
        floor, ceiling = under.rules.floor, under.rules.ceiling
        assert all(floor is None or entry.after.score >= floor for entry in own)
        assert all(ceiling is None or entry.after.score <= ceiling for entry in own)
        standing = after.standing(dimension)
        assert standing.score == under.rules.allowed(standing.score, standing.unbounded(until))


@OPEN
@given(happenings(), clockworks())
def test_the_next_level_comes_when_it_was_foretold_and_not_before(
    happenings: list[Happening], under: Scoring
) -> None:
    lead, _ = lived(scheduled(a_lead(0, 0, under), under, CREATED), happenings, under, CREATED + WEEKS * HOUR)

    for dimension in Dimension:
        found = upcoming(lead, dimension, under)
        until = found[1] if found else lead.settled_at + timedelta(days=400)
        moves = []
        each = lead
        while each.due_at and each.due_at <= until:
            outcome = passed(each, under, each.due_at)
            moves += [
                (entry.after.level, entry.cause.at)
                for entry in outcome.told
                if entry.dimension is dimension and entry.tier_changed
            ]
            each = scheduled(outcome.lead, under, each.due_at)
        last = each.standing(dimension)
        if found:
            assert last.announced.level == found[0].level
            assert {at for _, at in moves} == {until}
        else:
            assert last.announced.level == lead.standing(dimension).announced.level
