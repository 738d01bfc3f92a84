"""What rules say of time: what they may say, what is odd about it, and what a trial makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.conditions import Operator
from domain.conditions import Test as Asked
from domain.contributions import Payment
from domain.errors import Fault, InvalidInput, Problem
from domain.history import CauseKind
from domain.levels import Dimension
from domain.review import Inflating, oddities
from domain.rules import SPAN, Inactivity, Rule, RuleSetState, with_changed_rule, with_rule
from domain.scoring import Scoring, passed
from domain.trial import Trial, trials
from tests.domain.builders import ADA, NOW, a_lead, a_rule, a_rule_set, an_activity, scoring
from tests.domain.waiting import DAY, clicks, expiring, halving, idling, points

FITS = replace(
    a_rule(rule_id="fits"),
    activity=None,
    dimension=Dimension.PROFILE,
    condition=Asked("lead.email", Operator.EXISTS),
)


@pytest.mark.parametrize("days", [1, SPAN])
def test_points_may_expire_or_halve_within_a_day_or_ten_years(days: int) -> None:
    for rule in (expiring(days=days), halving(days=days)):
        assert with_rule((), rule) == (rule,)


@pytest.mark.parametrize("days", [0, -1, SPAN + 1])
@pytest.mark.parametrize(("rule", "name"), [(expiring, "expiresAfterDays"), (halving, "halfLifeDays")])
def test_days_out_of_bounds_are_refused(rule: Callable[..., Rule], name: str, days: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_rule((), rule(days=days))

    assert refusal.value.problems == (Problem(("rule", name), Fault.OUT_OF_RANGE, (1, SPAN), days),)


def test_points_cannot_both_expire_and_halve() -> None:
    both = replace(expiring(), half_life=7)

    with pytest.raises(InvalidInput) as refusal:
        with_changed_rule((expiring(),), both)

    assert refusal.value.problems == (
        Problem(("rule", "halfLifeDays"), Fault.NOT_BESIDE, "expiresAfterDays"),
    )


@pytest.mark.parametrize(
    ("rule", "name"),
    [(replace(FITS, expires_after=7), "expiresAfterDays"), (replace(FITS, half_life=7), "halfLifeDays")],
)
def test_time_does_nothing_to_who_a_lead_is(rule: Rule, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_rule((), rule)

    assert refusal.value.problems == (Problem(("rule", name), Fault.OF_ENGAGEMENT),)


def test_a_rule_of_the_profile_with_both_is_told_of_both() -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_rule((), replace(FITS, expires_after=7, half_life=0))

    assert refusal.value.problems == (
        Problem(("rule", "expiresAfterDays"), Fault.OF_ENGAGEMENT),
        Problem(("rule", "halfLifeDays"), Fault.OF_ENGAGEMENT),
    )


@pytest.mark.parametrize(
    ("rule", "timed", "payment"),
    [
        (a_rule(), False, Payment(5, NOW)),
        (expiring(days=3), True, Payment(5, NOW, NOW + 3 * DAY)),
        (halving(days=3), True, Payment(5, NOW, None, 3)),
    ],
)
def test_a_rule_pays_for_good_or_for_a_time(rule: Rule, timed: bool, payment: Payment) -> None:
    assert (rule.is_timed, rule.payment(5, NOW)) == (timed, payment)


@pytest.mark.parametrize("timed", [expiring(rule_id="form"), halving(rule_id="form")])
def test_points_that_time_takes_away_do_not_inflate(timed: Rule) -> None:
    for_good = a_rule(10)

    assert list(oddities(a_rule_set(for_good), {})) == [Inflating()]
    assert Inflating() not in oddities(a_rule_set(for_good, timed), {})


def test_rules_on_inactivity_do_not_inflate() -> None:
    idle = replace(a_rule_set(a_rule(10)), inactivity=Inactivity(30, 7, percent=10))

    assert list(oddities(idle, {})) == []


def test_a_timed_rule_that_is_disabled_takes_nothing_away() -> None:
    off = replace(halving(rule_id="form"), is_enabled=False)

    assert list(oddities(a_rule_set(a_rule(10), off), {})) == [Inflating()]


def test_a_set_that_says_something_of_inactivity_alone_is_not_blank() -> None:
    blank = replace(a_rule_set(), state=RuleSetState.DRAFT)

    assert blank.is_blank
    assert not replace(blank, inactivity=Inactivity(30, 7, points=1)).is_blank


def test_a_draft_keeps_what_its_base_says_of_inactivity() -> None:
    idle = replace(a_rule_set(a_rule()), inactivity=Inactivity(30, 7, points=1))

    assert idle.drafted(2, (), ADA, NOW).inactivity == Inactivity(30, 7, points=1)


def tried(under: Scoring, *days: int, score: int = 0) -> Trial:
    """A click on each of these days from now."""
    lead = a_lead(score, under=under)
    activities = [an_activity(occurred_at=NOW + day * DAY) for day in days]
    *_, last = trials(lead, activities, under, ADA, NOW)
    return last


def test_a_trial_runs_through_time() -> None:
    trial = tried(scoring(halving(80, 7)), 0, 7, 14)

    assert [(entry.cause.kind, entry.after.score) for entry in trial.entries] == [
        (CauseKind.ACTIVITY, 80),
        (CauseKind.DECAY, 40),
        (CauseKind.ACTIVITY, 120),
        (CauseKind.DECAY, 60),
        (CauseKind.ACTIVITY, 140),
    ]


def test_what_expires_between_two_activities_of_a_trial_is_told() -> None:
    trial = tried(scoring(expiring(10, 30)), 0, 20, 40)

    assert [entry.delta for entry in trial.entries] == [10, 10, -10, 10]
    assert trial.after.due_at == NOW + 50 * DAY


def test_a_lead_of_a_trial_loses_by_inactivity() -> None:
    under = idling(scoring(a_rule(5)), 30, 30, percent=50)

    trial = tried(under, 0, 60, score=80)

    assert [entry.delta for entry in trial.entries] == [5, -42 - 22, 5]
    assert [points(entry) for entry in trial.entries[1:2]] == [[("Inactivity", -64)]]


def test_a_trial_of_what_happened_before_now_is_one_of_late_activities() -> None:
    trial = tried(scoring(halving(80, 7)), -7)

    assert [entry.delta for entry in trial.entries] == [40]


def test_a_trial_changes_nothing_of_the_lead_that_it_began_with() -> None:
    under = scoring(halving(80, 7))
    lead = clicks(under).lead

    *_, trial = trials(lead, [an_activity(occurred_at=NOW + 70 * DAY)], under, ADA, NOW)

    assert trial.before is lead
    assert passed(lead, under, NOW).told == ()
