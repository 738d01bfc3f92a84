"""Points that halve: fractions live in what sources gave, and a score is whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.actors import SYSTEM
from domain.conditions import Operator
from domain.conditions import Test as Asked
from domain.contributions import Halving
from domain.history import Cause, CauseKind, ScorePart, Suppression
from domain.rules import Limit, Period
from domain.scoring import Scoring, fold, passed
from tests.domain.builders import NOW, a_lead, a_rule, adjusted, scoring
from tests.domain.waiting import DAY, HOUR, clicks, expiring, halving, later, points, waited


@pytest.mark.parametrize(
    ("days", "score"),
    [
        pytest.param(7, 40, id="a half"),
        pytest.param(14, 20, id="a half of a half"),
        pytest.param(28, 5, id="down to five"),
        pytest.param(35, 2, id="2.5, to even"),
        pytest.param(42, 1, id="1.25"),
        pytest.param(49, 1, id="0.625"),
        pytest.param(56, 0, id="0.3125"),
        pytest.param(3_650, 0, id="dust"),
    ],
)
def test_eighty_points_that_halve_every_week(days: int, score: int) -> None:
    under = scoring(halving(80, 7))
    lead = clicks(under).lead

    once, _ = later(lead, under, NOW + days * DAY)
    watched, _ = later(waited(lead, under, NOW + days * DAY)[0], under, NOW + days * DAY)

    assert once.engagement.score == watched.engagement.score == score
    assert once.engagement.contributions == watched.engagement.contributions == lead.engagement.contributions


@pytest.mark.parametrize(("points", "score"), [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)])
def test_exactly_a_half_goes_to_the_even_score(points: int, score: int) -> None:
    under = scoring(halving(points, 7), floor=None)

    assert later(clicks(under).lead, under, NOW + 7 * DAY)[0].engagement.score == score


def test_a_decay_is_told_by_the_system_with_the_rule_that_had_paid() -> None:
    under = scoring(halving(80, 7))

    _, (entry,) = later(clicks(under).lead, under, NOW + 7 * DAY)

    assert entry.cause == Cause(CauseKind.DECAY, SYSTEM, NOW + 7 * DAY)
    assert entry.parts == (ScorePart("click", "Click", -40),)
    assert (entry.before.level, entry.after.level) == ("Very Hot", "Warm")


def test_several_that_decay_are_told_in_one_entry_whose_parts_are_its_sum() -> None:
    """18.9 + 18.9 + 18.9 points are 57 and not three times 19 or 18."""
    under = scoring(*(halving(20, 7, f"r{number}") for number in range(3)))

    _, (entry,) = later(clicks(under).lead, under, NOW + 14 * HOUR)

    assert (entry.before.score, entry.after.score) == (60, 57)
    assert sum(part.points for part in entry.parts) == -3


def test_a_source_whose_part_is_nothing_is_not_told() -> None:
    under = scoring(halving(80, 7), halving(1, 3_650, "slow"))

    _, (entry,) = later(clicks(under).lead, under, NOW + 7 * DAY)

    assert points(entry) == [("click", -40)]


def test_a_fraction_that_moves_no_score_is_not_told() -> None:
    under = scoring(halving(80, 7))
    lead = clicks(under).lead

    outcome = passed(lead, under, NOW + HOUR / 2)

    assert (outcome.told, outcome.lead) == ((), lead)


def test_points_that_were_taken_come_back_as_they_halve() -> None:
    under = scoring(halving(-40, 7))

    lead = clicks(under, lead=a_lead(50)).lead

    assert lead.engagement.score == 10
    assert later(lead, under, NOW + 7 * DAY)[0].engagement.score == 30


def test_a_click_a_week_approaches_twice_its_points() -> None:
    under = scoring(halving(40, 7))
    lead, scores = a_lead(under=under), []

    for week in range(6):
        lead = clicks(under, NOW + week * 7 * DAY, lead=lead).lead
        scores.append(lead.engagement.score)

    assert scores == [40, 60, 70, 75, 78, 79]


def test_a_late_activity_is_worth_what_is_left_of_its_points() -> None:
    under = scoring(halving(80, 7))

    outcome = clicks(under, late=14 * DAY)

    (entry,) = outcome.changes
    assert entry.parts == (ScorePart("click", "Click", 20),)
    assert outcome.lead.engagement.contributions["click"].halving == (Halving(7, 80, NOW - 14 * DAY),)


def test_late_or_in_order_comes_to_the_same() -> None:
    under = scoring(halving(80, 7))
    at = NOW + 5 * DAY

    in_order = clicks(under, at, lead=clicks(under).lead).lead
    late = clicks(under, at, 5 * DAY, clicks(under, at).lead).lead

    assert late.engagement.announced == in_order.engagement.announced
    assert late.engagement.contributions == in_order.engagement.contributions


def test_an_activity_whose_time_has_not_come_counts_whole_and_halves_from_now() -> None:
    under = scoring(halving(80, 7))

    lead = clicks(under, late=-DAY).lead

    assert lead.engagement.score == 80
    assert later(lead, under, NOW + 7 * DAY)[0].engagement.score == 40


def test_room_under_max_points_returns_as_points_decay() -> None:
    under = scoring(replace(halving(80, 7), max_points=80))
    lead = clicks(under).lead

    full = clicks(under, lead=lead)
    room = clicks(under, NOW + 7 * DAY, lead=lead)

    assert full.changes[0].parts == (ScorePart("click", "Click", 0, Suppression.CAP_REACHED),)
    assert room.changes[0].parts == (ScorePart("click", "Click", 40, Suppression.CAP_REACHED),)
    assert room.lead.engagement.score == 80


def test_room_for_a_fraction_of_a_point_pays_no_point() -> None:
    """After 14 hours there are 18.9 points of 20: room for one."""
    under = scoring(replace(halving(20, 7), max_points=20))

    outcome = clicks(under, NOW + 14 * HOUR, lead=clicks(under).lead)

    assert outcome.changes[0].parts == (ScorePart("click", "Click", 1, Suppression.CAP_REACHED),)


def test_uses_do_not_decay_with_the_points() -> None:
    under = scoring(replace(halving(80, 7), limit=Limit(1, Period.EVER)))

    outcome = clicks(under, NOW + 900 * DAY, lead=clicks(under).lead)

    assert outcome.changes[0].parts == (ScorePart("click", "Click", 0, Suppression.CAP_REACHED),)


@pytest.mark.parametrize(("days", "deltas"), [(0, [10]), (7, [-40, 0])])
def test_a_condition_sees_the_score_that_is_left(days: int, deltas: list[int]) -> None:
    hot = Asked("lead.engagement.score", Operator.GTE, 50)
    form = replace(a_rule(10, "form", "FORM_SUBMITTED"), condition=hot)
    under = scoring(halving(80, 7), form)

    outcome = clicks(under, NOW + days * DAY, lead=clicks(under).lead, kind="FORM_SUBMITTED")

    assert [entry.delta for entry in (*outcome.told, *outcome.changes)] == deltas


def test_a_condition_sees_the_level_that_is_left() -> None:
    warm = replace(
        a_rule(10, "form", "FORM_SUBMITTED"),
        condition=Asked("lead.engagement.level", Operator.EQUALS, "Warm"),
    )
    under = scoring(halving(80, 7), warm)

    outcome = clicks(under, NOW + 7 * DAY, lead=clicks(under).lead, kind="FORM_SUBMITTED")

    assert outcome.lead.engagement.score == 50


def test_another_half_life_leaves_what_was_paid_before_as_it_was() -> None:
    lead = clicks(scoring(halving(80, 7))).lead
    slower = scoring(halving(80, 14))

    lead = clicks(slower, lead=lead).lead

    assert later(lead, slower, NOW + 14 * DAY)[0].engagement.score == 20 + 40


@pytest.mark.parametrize(
    ("now", "score"),
    [
        pytest.param(scoring(a_rule(5)), 40 + 5, id="for good"),
        pytest.param(scoring(expiring(5, 7)), 40, id="expiring"),
        pytest.param(scoring(halving(8, 7)), 40 + 4, id="halving still"),
    ],
)
def test_what_a_rule_pays_from_now_on_is_by_what_it_says_now(now: Scoring, score: int) -> None:
    lead = clicks(now, lead=clicks(scoring(halving(80, 7))).lead).lead

    assert later(lead, now, NOW + 7 * DAY)[0].engagement.score == score


def test_the_ceiling_holds_back_what_would_have_to_decay_later() -> None:
    under = scoring(halving(80, 7), ceiling=50)

    lead = clicks(under).lead

    assert lead.engagement.contributions["click"].halving == (Halving(7, 50, NOW),)
    assert later(lead, under, NOW + 7 * DAY)[0].engagement.score == 25


def test_points_hidden_by_the_floor_climb_back_unseen_and_then_seen() -> None:
    """Forty taken that halve every week, from forty that expire on the next day."""
    under = scoring(expiring(40, 1), halving(-40, 7, "lost", "LOST"))
    lead = clicks(under, lead=clicks(under).lead, kind="LOST").lead
    assert lead.engagement.score == 0

    lead, entries = later(lead, under, NOW + DAY)
    assert [(entry.delta, entry.parts[0].suppressed) for entry in entries] == [(0, Suppression.FLOOR)]

    lead = fold(lead, adjusted(30), under, NOW + DAY).lead
    assert lead.engagement.score == 0
    assert later(lead, under, NOW + 7 * DAY)[0].engagement.score == 10


def test_fractions_add_up_before_they_are_rounded() -> None:
    """A half and a half are one."""
    under = scoring(halving(1, 7, "a"), halving(1, 7, "b"))

    assert later(clicks(under).lead, under, NOW + 7 * DAY)[0].engagement.score == 1
