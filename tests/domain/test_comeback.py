"""What time takes leaves no debt behind, and no trace of what no longer counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.contributions import INACTIVITY, lost
from domain.history import CauseKind, Suppression
from domain.leads import Lead
from domain.scoring import fold
from tests.domain.builders import NOW, a_lead, scoring
from tests.domain.waiting import DAY, clicks, expiring, halving, idling, later, lent, points, waited


def idle_points(lead: Lead) -> float:
    return lost(lead.engagement.contributions, lead.settled_at)


def test_who_comes_back_after_losing_all_is_paid_in_full() -> None:
    """Fifty of a hundred points lost by inactivity, then all hundred expired: nothing is owed."""
    under = idling(scoring(expiring(100, 30)), 20, 365, points=50)
    lead, _ = waited(clicks(under).lead, under, NOW + 31 * DAY)
    assert (lead.engagement.score, idle_points(lead)) == (0, 0)

    back = clicks(under, NOW + 32 * DAY, lead=lead)

    assert (back.changes[0].delta, back.lead.engagement.score) == (100, 100)


def test_what_inactivity_took_is_given_back_as_its_points_go() -> None:
    under = idling(scoring(expiring(100, 30)), 20, 365, points=50)
    lead, _ = waited(clicks(under).lead, under, NOW + 20 * DAY)

    _, (entry,) = later(lead, under, NOW + 30 * DAY)

    assert (entry.cause.kind, points(entry)) == (CauseKind.EXPIRY, [("click", -100), ("Inactivity", 50)])
    assert entry.delta == -50


def test_what_was_taken_of_points_that_stay_stays_taken() -> None:
    under = idling(scoring(halving(100, 7)), 20, 365, points=30)
    lead, _ = waited(clicks(under, lead=a_lead(40)).lead, under, NOW + 300 * DAY)

    back = clicks(under, NOW + 300 * DAY, lead=lead).lead

    assert (lead.engagement.score, back.engagement.score) == (10, 110)
    assert back.engagement.contributions[INACTIVITY].points == -30


def test_points_that_cancel_out_expire_together_and_are_forgotten() -> None:
    lead = fold(a_lead(50), lent(10, NOW + DAY), scoring(), NOW).lead
    lead = fold(lead, lent(-10, NOW + 2 * DAY), scoring(), NOW).lead
    lead = fold(lead, lent(10, NOW + 2 * DAY), scoring(), NOW).lead
    lead = fold(lead, lent(-10, NOW + DAY), scoring(), NOW).lead

    lead, entries = later(lead, scoring(), NOW + 3 * DAY)

    assert (lead.due_at, entries, lead.engagement.score) == (None, (), 50)
    assert lead.engagement.contributions["adjustments"].expiring == ()


def test_what_rounding_does_to_a_part_leaves_why_it_was_cut() -> None:
    under = scoring(replace(halving(10, 1), max_points=13))
    lead = clicks(under, lead=a_lead(1)).lead

    (part,) = clicks(under, late=DAY, lead=lead).changes[0].parts

    assert part.suppressed is Suppression.CAP_REACHED


def test_late_points_are_held_by_what_is_left_of_them() -> None:
    under = scoring(halving(10, 1), ceiling=100)

    outcome = clicks(under, late=3 * DAY, lead=a_lead(98))

    assert outcome.lead.engagement.score == 99


def test_late_points_of_which_nothing_is_left_have_expired() -> None:
    (part,) = clicks(scoring(halving(10, 1)), late=300 * DAY).changes[0].parts

    assert (part.points, part.suppressed) == (0, Suppression.EXPIRED)


def test_what_no_longer_shows_takes_no_room() -> None:
    under = scoring(replace(halving(10, 1), max_points=10))
    lead = clicks(under).lead

    assert points(clicks(under, NOW + 30 * DAY, lead=lead).changes[0]) == [("click", 10)]


def test_who_has_nothing_to_lose_is_not_looked_at_again() -> None:
    under = idling(scoring(halving(10, 1)), 1, 1, points=5)

    lead, _ = waited(clicks(under).lead, under, NOW + 60 * DAY)

    assert (lead.engagement.score, lead.due_at) == (0, None)


def test_time_does_not_go_back() -> None:
    under = scoring(halving(100, 1))
    lead, _ = later(clicks(under).lead, under, NOW + DAY)

    again, entries = later(lead, under, NOW + timedelta(hours=1))

    assert (again, entries) == (lead, ())
