"""Points that expire: all of them at their moment, and none before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actors import SYSTEM
from domain.contributions import Expiring
from domain.errors import Fault, InvalidInput, Problem
from domain.history import Adjustment, Cause, CauseKind, ScorePart, Suppression
from domain.levels import Dimension
from domain.rules import Limit, Period
from domain.scoring import passed, scheduled
from tests.domain.builders import CREATED, NOW, a_lead, a_rule, adjusted, edited, fold, recorded, scoring
from tests.domain.waiting import DAY, HOUR, clicks, expiring, later, lent, points, waited


def test_what_a_rule_pays_for_thirty_days_is_gone_after_thirty_days() -> None:
    under = scoring(expiring(30, 30))
    lead = clicks(under).lead

    before, told = later(lead, under, NOW + 30 * DAY - timedelta.resolution)
    assert (before.engagement.score, told) == (30, ())

    after, (entry,) = later(lead, under, NOW + 30 * DAY)
    assert (after.engagement.score, entry.delta) == (0, -30)


def test_an_expiry_is_told_by_the_system_with_the_rule_that_had_paid() -> None:
    under = scoring(expiring(30, 30))

    _, (entry,) = later(clicks(under).lead, under, NOW + 31 * DAY)

    assert entry.cause == Cause(CauseKind.EXPIRY, SYSTEM, NOW + 31 * DAY)
    assert entry.parts == (ScorePart("click", "Click", -30),)
    assert (entry.before.level, entry.after.level) == ("Warm", "Cold")


def test_a_lead_whose_points_expire_is_in_its_new_level_since_then() -> None:
    under = scoring(expiring(30, 30))

    lead, _ = waited(clicks(under).lead, under, NOW + 300 * DAY)

    assert lead.engagement.since == NOW + 30 * DAY
    assert lead.engagement.contributions["click"].expiring == ()


def test_every_payment_expires_in_its_own_time() -> None:
    under = scoring(expiring(10, 30))
    lead = clicks(under).lead
    lead = clicks(under, NOW + DAY, lead=lead).lead

    _, entries = waited(lead, under, NOW + 300 * DAY)

    assert [(entry.cause.at, entry.after.score) for entry in entries] == [
        (NOW + 30 * DAY, 10),
        (NOW + 31 * DAY, 0),
    ]


def test_what_expired_meanwhile_is_told_in_one_entry_before_the_change_itself() -> None:
    under = scoring(expiring(10, 5), expiring(7, 6, "again"), a_rule(1, "form", "FORM_SUBMITTED"))
    lead = clicks(under).lead

    outcome = clicks(under, NOW + 10 * DAY, lead=lead, kind="FORM_SUBMITTED")

    (expiry,), (change,) = outcome.told, outcome.changes
    assert points(expiry) == [("click", -10), ("again", -7)]
    assert (points(change), change.before, change.version) == (
        [("form", 1)],
        expiry.after,
        expiry.version + 1,
    )


def test_a_late_activity_counts_from_when_it_happened() -> None:
    under = scoring(expiring(10, 30))

    lead = clicks(under, late=10 * DAY).lead

    assert (lead.engagement.score, lead.due_at) == (10, NOW + 20 * DAY)


@pytest.mark.parametrize(("late", "given"), [(30 * DAY - timedelta.resolution, 10), (30 * DAY, 0)])
def test_what_would_have_expired_already_is_not_paid(late: timedelta, given: int) -> None:
    under = scoring(expiring(10, 30))

    outcome = clicks(under, late=late)

    (entry,) = outcome.changes
    assert entry.parts == (ScorePart("click", "Click", given, None if given else Suppression.EXPIRED),)
    assert ("click" in outcome.lead.engagement.contributions) is (given > 0)


def test_what_was_not_paid_because_it_had_expired_is_no_use_of_a_limit() -> None:
    under = scoring(replace(expiring(10, 30), limit=Limit(1, Period.EVER)))

    lead = clicks(under, late=40 * DAY).lead

    assert clicks(under, lead=lead).lead.engagement.score == 10


def test_an_activity_whose_time_has_not_come_counts_at_once() -> None:
    """The sender's clock is ahead; its points are no longer there for it."""
    under = scoring(expiring(10, 30))

    lead = clicks(under, late=-DAY).lead

    assert (lead.engagement.score, lead.due_at) == (10, NOW + 30 * DAY)
    assert lead.last_activity_at == NOW + DAY


def test_room_under_max_points_returns_as_points_expire() -> None:
    under = scoring(replace(expiring(10, 30), max_points=15))
    lead = clicks(under, NOW + DAY, lead=clicks(under).lead).lead

    full = clicks(under, NOW + 2 * DAY, lead=lead).lead
    half = clicks(under, NOW + 30 * DAY, lead=full)
    assert full.engagement.score == 15
    assert half.changes[0].parts == (ScorePart("click", "Click", 10),)


def test_a_rule_that_no_longer_expires_leaves_what_it_paid_as_it_was() -> None:
    lead = clicks(scoring(expiring(10, 30))).lead
    now_for_good = scoring(a_rule(5))

    lead = clicks(now_for_good, NOW + DAY, lead=lead).lead

    assert lead.engagement.contributions["click"].expiring == (Expiring(NOW + 30 * DAY, 10),)
    assert waited(lead, now_for_good, NOW + 99 * DAY)[0].engagement.score == 5


def test_what_was_paid_for_good_stays_when_the_rule_comes_to_expire() -> None:
    lead = clicks(scoring(a_rule(10))).lead
    under = scoring(expiring(5, 7))

    lead = clicks(under, NOW + DAY, lead=lead).lead

    assert waited(lead, under, NOW + 99 * DAY)[0].engagement.score == 10


def test_points_of_a_rule_that_is_gone_expire_all_the_same() -> None:
    lead = clicks(scoring(expiring(10, 30))).lead

    _, (entry,) = later(lead, scoring(), NOW + 30 * DAY)

    assert entry.parts == (ScorePart("click", "Click", -10),)


@pytest.mark.parametrize("dimension", Dimension)
def test_points_by_hand_expire_at_the_moment_that_was_said(dimension: Dimension) -> None:
    outcome = fold(a_lead(), lent(20, NOW + 36 * HOUR, dimension), scoring(), NOW)
    (change,) = outcome.changes
    assert change.cause.adjusted == Adjustment(20, NOW + 36 * HOUR)

    lead, (entry,) = waited(outcome.lead, scoring(), NOW + 99 * DAY)

    assert (lead.standing(dimension).score, entry.dimension) == (0, dimension)
    assert (entry.cause.at, entry.parts) == (NOW + 36 * HOUR, (ScorePart(None, "Adjustments", -20),))


def test_points_taken_for_a_while_come_back() -> None:
    lead = fold(a_lead(50), lent(-20, NOW + DAY), scoring(), NOW).lead

    assert [entry.delta for entry in waited(lead, scoring(), NOW + 9 * DAY)[1]] == [20]


@pytest.mark.parametrize("ahead", [timedelta(0), -timedelta.resolution, -9 * DAY])
def test_points_that_would_have_expired_by_now_are_refused(ahead: timedelta) -> None:
    lead = clicks(scoring(expiring(10, 30))).lead

    with pytest.raises(InvalidInput) as refusal:
        fold(lead, lent(20, NOW + ahead), scoring(), NOW)

    assert refusal.value.problems == (
        Problem(("expiresAt",), Fault.NOT_AHEAD, NOW.isoformat(), (NOW + ahead).isoformat()),
    )
    assert lead == clicks(scoring(expiring(10, 30))).lead


def test_a_moment_without_offset_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        lent(20, NOW.replace(tzinfo=None))

    assert refusal.value.problems == (
        Problem(("expiresAt",), Fault.NO_OFFSET, None, NOW.replace(tzinfo=None).isoformat()),
    )


def test_only_what_the_ceiling_let_in_expires() -> None:
    under = scoring(ceiling=100)
    lead = fold(a_lead(90), lent(30, NOW + DAY), under, NOW).lead

    _, (entry,) = later(lead, under, NOW + DAY)

    assert (lead.engagement.score, entry.delta, entry.after.score) == (100, -10, 90)


def test_only_what_the_floor_let_go_comes_back() -> None:
    lead = fold(a_lead(5), lent(-30, NOW + DAY), scoring(), NOW).lead

    assert later(lead, scoring(), NOW + DAY)[0].engagement.score == 5


def test_what_expires_under_the_floor_is_told_as_held_back() -> None:
    """Ten points for a day, then ten taken for good: the day's end has nothing left to take."""
    lead = fold(a_lead(), lent(10, NOW + DAY), scoring(), NOW).lead
    lead = fold(lead, adjusted(-10), scoring(), NOW).lead

    after, (entry,) = later(lead, scoring(), NOW + DAY)

    assert entry.parts == (ScorePart(None, "Adjustments", 0, Suppression.FLOOR),)
    assert (after.engagement.score, after.due_at) == (0, None)


def test_an_edit_of_the_levels_is_told_before_what_expired() -> None:
    lead = clicks(scoring(expiring(30, 30))).lead

    outcome = passed(lead, scoring(engagement=edited()), NOW + 30 * DAY)

    assert [(entry.cause.kind, entry.delta) for entry in outcome.told] == [
        (CauseKind.LEVELS_CHANGED, 0),
        (CauseKind.EXPIRY, -30),
    ]


def test_a_change_at_an_earlier_moment_than_the_last_is_one_at_that_moment() -> None:
    """Clocks of two servers differ; time does not go back for a lead."""
    under = scoring(expiring(10, 30))
    lead = scheduled(clicks(under).lead, under, NOW + HOUR)

    outcome = fold(lead, recorded(), under, NOW)

    assert [entry.cause.at for entry in outcome.changes] == [NOW + HOUR]
    assert (outcome.lead.settled_at, outcome.told) == (NOW + HOUR, ())


def test_points_must_outlast_the_moment_the_lead_was_last_settled_at() -> None:
    lead = scheduled(a_lead(), scoring(), NOW + HOUR)

    with pytest.raises(InvalidInput) as refusal:
        fold(lead, lent(5, NOW + HOUR), scoring(), NOW)

    moment = (NOW + HOUR).isoformat()
    assert refusal.value.problems == (Problem(("expiresAt",), Fault.NOT_AHEAD, moment, moment),)


def test_a_lead_to_which_time_does_nothing_is_left_as_it_is() -> None:
    lead = a_lead(30, 20)

    assert passed(lead, scoring(), CREATED + 900 * DAY).lead is lead
