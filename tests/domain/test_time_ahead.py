"""When time is to be told next: once a day at the most, and never late for a change of level."""

from __future__ import annotations

from datetime import timedelta
from math import ceil, log2

import pytest

from domain.leads import Position
from domain.levels import Dimension, Level, table
from domain.scoring import passed, scheduled, upcoming
from tests.domain.builders import NOW, a_lead, a_level_set, fold, scoring
from tests.domain.waiting import DAY, HOUR, SECOND, clicks, expiring, falls_at, halving, idling, lent, waited

ENGAGEMENT = Dimension.ENGAGEMENT


@pytest.mark.parametrize(
    ("points", "half_life", "level", "score"),
    [
        (100, 1, "Hot", 74),
        (80, 7, "Hot", 74),
        (76, 30, "Hot", 74),
        (60, 7, "Warm", 49),
        (1_000, 365, "Hot", 74),
    ],
)
def test_a_lead_leaves_its_level_at_the_second_that_the_formula_says(
    points: int, half_life: int, level: str, score: int
) -> None:
    under = scoring(halving(points, half_life))
    lead = clicks(under).lead
    exactly = falls_at(points, half_life, score + 0.5)

    assert upcoming(lead, ENGAGEMENT, under) == (Position(score, level, 1), exactly)
    _, entries = waited(lead, under, exactly)
    assert [entry.cause.at for entry in entries if entry.tier_changed] == [exactly]


def test_a_second_before_it_the_lead_is_still_there() -> None:
    under = scoring(halving(80, 7))
    lead, exactly = clicks(under).lead, falls_at(80, 7, 74.5)

    assert not any(entry.tier_changed for entry in passed(lead, under, exactly - SECOND).told)
    assert any(entry.tier_changed for entry in passed(lead, under, exactly).told)


def test_a_score_that_halves_within_its_level_moves_once_a_day() -> None:
    under = scoring(halving(1_000, 30))

    _, entries = waited(clicks(under).lead, under, NOW + 10 * DAY)

    assert [entry.cause.at for entry in entries] == [NOW + day * DAY for day in range(1, 11)]


def test_a_day_on_which_the_score_stays_is_passed_over() -> None:
    """Ten points that halve in a year are 9.5 after 27 days, and 9 of them from then on."""
    under = scoring(halving(10, 365))

    assert clicks(under).lead.due_at == falls_at(10, 365, 9.5)


def test_a_level_is_left_on_time_whenever_the_day_began() -> None:
    under = scoring(halving(80, 7))
    at = NOW + timedelta(microseconds=123_456)

    lead = clicks(under, at).lead

    exactly = NOW + ceil(7 * 86_400 * log2(80 / 74.5) + 0.123_456) * SECOND
    assert lead.due_at == exactly > at


@pytest.mark.parametrize("hours", [1, 30, 24 * 400])
def test_an_expiry_is_due_at_its_moment(hours: int) -> None:
    at = NOW + hours * HOUR + timedelta(microseconds=7)

    assert fold(a_lead(), lent(60, at), scoring(), NOW).lead.due_at == at


@pytest.mark.parametrize("dimension", Dimension)
def test_what_is_due_first_in_either_dimension_is_due(dimension: Dimension) -> None:
    lead = a_lead()
    for each in Dimension:
        days = 1 if each is dimension else 2
        lead = fold(lead, lent(5, NOW + days * DAY, each), scoring(), NOW).lead

    assert lead.due_at == NOW + DAY


def test_an_expiry_within_the_day_comes_before_the_daily_step() -> None:
    under = scoring(halving(1_000, 30))

    lead = fold(clicks(under).lead, lent(5, NOW + 5 * HOUR), under, NOW).lead

    assert lead.due_at == NOW + 5 * HOUR


def test_an_expiry_after_the_day_comes_after_the_daily_step() -> None:
    under = scoring(halving(1_000, 30))

    lead = fold(clicks(under).lead, lent(5, NOW + 25 * HOUR), under, NOW).lead

    assert lead.due_at == NOW + DAY


def test_nothing_is_ahead_of_points_for_good() -> None:
    lead = scheduled(a_lead(60, 20), scoring(), NOW)

    assert (lead.due_at, lead.settled_at) == (None, NOW)
    assert [upcoming(lead, dimension, scoring()) for dimension in Dimension] == [None, None]


def test_nothing_is_ahead_when_everything_has_decayed() -> None:
    under = scoring(halving(80, 1))

    lead, _ = waited(clicks(under).lead, under, NOW + 900 * DAY)

    assert (lead.engagement.score, lead.due_at) == (0, None)
    assert upcoming(lead, ENGAGEMENT, under) is None


def test_what_cancels_out_is_never_due() -> None:
    under = scoring(halving(60, 7, "up"), halving(-60, 7, "down"))

    lead = clicks(under, lead=a_lead(50)).lead

    assert (lead.due_at, upcoming(lead, ENGAGEMENT, under)) == (None, None)


def test_a_level_that_is_grazed_for_a_single_second_is_not_missed() -> None:
    """102 * (2^(-t/2) - 2^(-t)) rises to 25.5, which is 26, at the end of the second day, and falls."""
    brink = a_level_set(table([Level("Low", None, 25), Level("High", 26, None)]))
    under = scoring(halving(102, 2, "up"), halving(-102, 1, "down"), engagement=brink)
    lead = clicks(under).lead
    lead = scheduled(passed(lead, under, NOW + HOUR).lead, under, NOW + HOUR)  # days end at another hour

    _, entries = waited(lead, under, NOW + 30 * DAY)

    moves = [(entry.after.level, entry.cause.at) for entry in entries if entry.tier_changed]
    assert moves == [("High", NOW + 2 * DAY), ("Low", NOW + 2 * DAY + SECOND)]


def test_the_floor_hides_what_goes_on_under_it() -> None:
    under = scoring(expiring(40, 1), halving(-40, 7, "lost", "LOST"))
    lead = clicks(under, lead=clicks(under).lead, kind="LOST").lead

    lead, _ = waited(lead, under, NOW + 2 * DAY)

    assert (lead.engagement.score, lead.due_at, upcoming(lead, ENGAGEMENT, under)) == (0, None, None)


def test_the_ceiling_hides_what_goes_on_above_it() -> None:
    """More than thirty above it when what was taken has expired, that decay unseen before the score moves."""
    under = scoring(halving(60, 7), expiring(-40, 1, "lost", "LOST"), ceiling=80)
    lead = clicks(under, lead=a_lead(60), kind="LOST").lead
    lead = clicks(under, lead=lead).lead

    lead, _ = waited(lead, under, NOW + DAY)

    assert (lead.engagement.score, lead.due_at) == (80, falls_at(60, 7, 19.5))
    assert upcoming(lead, ENGAGEMENT, under) == (Position(74, "Hot", 1), falls_at(60, 7, 14.5))


def test_two_instants_that_coincide_are_one_step() -> None:
    under = idling(scoring(expiring(30, 7), expiring(5, 7, "again")), 7, 7, points=3)
    lead = clicks(under, lead=a_lead(40)).lead
    lead = fold(lead, lent(10, NOW + 7 * DAY), under, NOW).lead

    assert upcoming(lead, ENGAGEMENT, under) == (Position(37, "Warm", 1), NOW + 7 * DAY)
    _, entries = waited(lead, under, NOW + 7 * DAY)
    assert {entry.cause.at for entry in entries} == {NOW + 7 * DAY}
    assert [entry.delta for entry in entries] == [-45, -3]


def test_a_lead_is_never_due_at_or_before_the_moment_it_was_settled_at() -> None:
    under = idling(scoring(halving(99, 1), expiring(7, 3, "again")), 2, 1, percent=10)
    lead = clicks(under).lead

    while lead.due_at is not None and lead.engagement.score:
        assert lead.settled_at < lead.due_at <= lead.settled_at + DAY
        lead = scheduled(passed(lead, under, lead.due_at).lead, under, lead.due_at)

    assert lead.settled_at > NOW + 3 * DAY
