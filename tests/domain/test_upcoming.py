"""The level that time takes a lead to next, and when."""

from __future__ import annotations

from datetime import timedelta
from math import ceil, log2

import pytest

from domain.leads import Position
from domain.levels import Dimension, Level, LevelSet, table
from domain.scoring import due, scheduled, upcoming
from tests.domain.builders import CREATED, NOW, RAISED, a_lead, a_level_set, adjusted, edited, fold, scoring
from tests.domain.waiting import DAY, SECOND, clicks, falls_at, halving, idling, lent, waited

ENGAGEMENT = Dimension.ENGAGEMENT
GAPS = a_level_set(table([Level("Low", 0, 9), Level("High", 50, 99)]))
ONE_LEVEL, NO_LEVELS = a_level_set(table([Level("Any", None, None)])), a_level_set(())


def test_exactly_a_half_above_an_even_score_is_no_longer_in_the_level_above() -> None:
    """49 points are 24.5 after one half-life, on the second; that is 24."""
    under = scoring(halving(49, 7))

    lead = clicks(under).lead

    assert upcoming(lead, ENGAGEMENT, under) == (Position(24, "Cold", 1), NOW + 7 * DAY)


def test_a_fall_that_leaves_the_lead_in_its_level_is_due_and_not_upcoming() -> None:
    lead = fold(a_lead(60), lent(5, NOW + DAY), scoring(), NOW).lead

    assert (lead.due_at, upcoming(lead, ENGAGEMENT, scoring())) == (NOW + DAY, None)


def test_it_is_the_expiry_that_leaves_the_level_which_is_upcoming() -> None:
    lead = a_lead(60)
    for days in (1, 2, 3, 4):
        lead = fold(lead, lent(5, NOW + days * DAY), scoring(), NOW).lead

    assert upcoming(lead, ENGAGEMENT, scoring()) == (Position(70, "Hot", 1), NOW + 2 * DAY)


def test_a_lead_may_rise_by_time_alone() -> None:
    under = scoring(halving(-40, 7))
    lead = clicks(under, lead=a_lead(60)).lead

    found = upcoming(lead, ENGAGEMENT, under)

    assert found == (Position(25, "Warm", 1), NOW + ceil(7 * 86_400 * log2(40 / 35.5)) * SECOND)


def test_what_goes_down_and_up_again_is_foretold_by_its_first_step_out() -> None:
    """Sixty that halve in a day beside forty taken that halve in a week: down first, and up later."""
    under = scoring(halving(60, 1, "up"), halving(-40, 7, "down"))
    lead = clicks(under, lead=a_lead(40)).lead
    assert lead.engagement.announced.level == "Hot"

    levels = [entry.after.level for entry in waited(lead, under, NOW + 90 * DAY)[1] if entry.tier_changed]

    assert levels == ["Warm", "Cold", "Warm"]
    found = upcoming(lead, ENGAGEMENT, under)
    assert found is not None
    assert found[0].level == "Warm"
    assert found[1] < NOW + DAY


def test_a_gap_between_levels_is_somewhere_to_fall_into() -> None:
    under = scoring(halving(60, 7), engagement=GAPS)

    lead = clicks(under).lead

    assert upcoming(lead, ENGAGEMENT, under) == (Position(49, None, 1), falls_at(60, 7, 49.5))


def test_a_lead_without_a_level_may_fall_into_one() -> None:
    under = scoring(halving(40, 7), engagement=GAPS)

    lead = clicks(under).lead

    assert upcoming(lead, ENGAGEMENT, under) == (Position(9, "Low", 1), falls_at(40, 7, 9.5))


@pytest.mark.parametrize("levels", [ONE_LEVEL, NO_LEVELS])
def test_where_there_is_one_level_or_none_nothing_is_upcoming(levels: LevelSet) -> None:
    under = scoring(halving(60, 7), engagement=levels)

    lead = clicks(under).lead

    assert upcoming(lead, ENGAGEMENT, under) is None
    assert lead.due_at == NOW + DAY


def test_other_levels_foretell_another_moment() -> None:
    lead = clicks(scoring(halving(60, 7))).lead
    raised = scoring(halving(60, 7), engagement=edited(RAISED))

    found = upcoming(lead, ENGAGEMENT, raised)

    assert found == (Position(59, "Warm", 2), falls_at(60, 7, 59.5))
    assert due(lead, raised) == falls_at(60, 7, 59.5) != lead.due_at


def test_a_loss_by_inactivity_is_foretold() -> None:
    under = idling(scoring(), 30, 7, points=10)
    lead = scheduled(a_lead(55), under, CREATED)

    assert upcoming(lead, ENGAGEMENT, under) == (Position(45, "Warm", 1), CREATED + 30 * DAY)


def test_several_losses_may_be_needed_to_leave_a_level() -> None:
    under = idling(scoring(), 30, 7, points=1)
    lead = scheduled(a_lead(55), under, CREATED)

    assert upcoming(lead, ENGAGEMENT, under) == (Position(49, "Warm", 1), CREATED + (30 + 5 * 7) * DAY)


def test_an_activity_takes_back_what_was_foretold() -> None:
    under = idling(scoring(), 30, 7, points=10)
    lead = clicks(under, CREATED + 20 * DAY, lead=a_lead(55), kind="NEWS_READ").lead

    found = upcoming(lead, ENGAGEMENT, under)

    assert found is not None
    assert found[1] == CREATED + 50 * DAY


def test_what_lies_more_than_ten_years_ahead_is_not_foretold() -> None:
    under = scoring(halving(100, 3_650))
    lead = clicks(under, lead=a_lead(70)).lead

    assert upcoming(lead, ENGAGEMENT, under) is None


def test_what_time_will_do_in_more_than_ten_years_is_looked_for_again() -> None:
    lead = clicks(scoring(halving(1, 3_650)), NOW + timedelta(milliseconds=500)).lead

    assert lead.due_at == lead.settled_at + 3_650 * DAY


def test_an_adjustment_takes_back_what_was_foretold() -> None:
    under = scoring(halving(60, 7))
    lead = fold(clicks(under).lead, adjusted(40), under, NOW).lead

    assert upcoming(lead, ENGAGEMENT, under) == (
        Position(74, "Hot", 1),
        falls_at(60, 7, 34.5),
    )
