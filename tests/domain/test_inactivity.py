"""What a lead loses by doing nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actors import SYSTEM
from domain.contributions import INACTIVITY, Contribution
from domain.errors import Fault, InvalidInput, Problem
from domain.history import Cause, CauseKind, ScorePart
from domain.rules import SPAN, Inactivity
from domain.scoring import new_lead, passed, scheduled
from tests.domain.builders import CREATED, NOW, a_lead, a_rule, adjusted, fold, scoring, upserted
from tests.domain.waiting import DAY, clicks, expiring, halving, idling, later, waited


def test_a_lead_loses_points_after_so_many_days_and_again_every_so_many() -> None:
    under = idling(scoring(), 30, 7, points=10)
    lead = scheduled(a_lead(35), under, CREATED)

    _, entries = waited(lead, under, CREATED + 900 * DAY)

    assert [(entry.cause.at - CREATED, entry.after.score) for entry in entries] == [
        (30 * DAY, 25),
        (37 * DAY, 15),
        (44 * DAY, 5),
        (51 * DAY, 0),
    ]


def test_until_then_nothing_is_lost() -> None:
    under = idling(scoring(), 30, 7, points=10)

    assert passed(a_lead(35), under, CREATED + 30 * DAY - timedelta.resolution).told == ()


def test_a_loss_is_told_by_the_system_as_a_source_of_its_own() -> None:
    under = idling(scoring(), 30, 7, points=10)

    lead, (entry,) = later(a_lead(35), under, CREATED + 30 * DAY)

    assert entry.cause == Cause(CauseKind.DECAY, SYSTEM, CREATED + 30 * DAY)
    assert entry.parts == (ScorePart(None, "Inactivity", -10),)
    assert lead.engagement.contributions[INACTIVITY] == Contribution("Inactivity", -10, 1)


def test_losses_of_a_long_time_are_told_at_once_and_each_is_a_use() -> None:
    under = idling(scoring(), 30, 7, points=10)

    lead, (entry,) = later(a_lead(35), under, CREATED + 900 * DAY)

    assert entry.parts == (ScorePart(None, "Inactivity", -35),)
    assert lead.engagement.contributions[INACTIVITY].uses == 4


def test_a_share_is_of_the_score_at_each_loss() -> None:
    under = idling(scoring(), 10, 10, percent=50)

    assert [later(a_lead(80), under, CREATED + days * DAY)[0].engagement.score for days in (10, 20, 30)] == [
        40,
        20,
        10,
    ]


def test_a_share_is_a_point_at_least_so_that_it_ends() -> None:
    under = idling(scoring(), 1, 1, percent=0.01)

    assert later(a_lead(3), under, CREATED + 2 * DAY)[0].engagement.score == 1
    assert later(a_lead(3), under, CREATED + 900 * DAY)[0].engagement.score == 0


@pytest.mark.parametrize(
    ("score", "floor", "loss"), [(5, 0, 5), (5, -50, 5), (5, None, 5), (0, None, 0), (-5, None, 0)]
)
def test_nothing_under_zero_is_lost_by_inactivity(score: int, floor: int | None, loss: int) -> None:
    assert Inactivity(1, 1, points=10).loss(score, floor) == loss
    assert Inactivity(1, 1, percent=100).loss(score, floor) == loss


def test_a_lead_that_has_nothing_to_lose_waits_for_nothing() -> None:
    under = idling(scoring(), 30, 7, points=10)

    assert scheduled(a_lead(0, 50), under, CREATED).due_at is None
    assert passed(a_lead(0, 50), under, CREATED + 900 * DAY).told == ()


def test_who_a_lead_is_does_not_wear_off() -> None:
    under = idling(scoring(), 30, 7, points=10)

    lead, entries = waited(scheduled(a_lead(10, 50), under, CREATED), under, CREATED + 900 * DAY)

    assert (lead.profile.score, len(entries)) == (50, 1)


def test_an_activity_of_any_kind_begins_the_time_anew() -> None:
    under = idling(scoring(a_rule()), 30, 7, points=10)

    lead = clicks(under, CREATED + 20 * DAY, lead=a_lead(35), kind="NEWS_READ").lead

    assert lead.due_at == CREATED + 50 * DAY


def test_neither_an_adjustment_nor_an_edit_is_an_activity() -> None:
    under = idling(scoring(), 30, 7, points=10)
    at = CREATED + 20 * DAY

    lead = fold(a_lead(35), adjusted(5), under, at).lead
    lead = fold(lead, upserted({"name": "Ada"}), under, at).lead

    assert lead.due_at == CREATED + 30 * DAY


def test_a_late_activity_begins_the_time_at_the_moment_it_happened() -> None:
    under = idling(scoring(), 30, 7, points=10)

    lead = clicks(under, CREATED + 20 * DAY, late=5 * DAY, lead=a_lead(35)).lead

    assert lead.due_at == CREATED + 45 * DAY


def test_an_older_activity_than_the_last_does_not_bring_the_loss_forward() -> None:
    under = idling(scoring(), 30, 7, points=10)
    lead = clicks(under, CREATED + 20 * DAY, lead=a_lead(35)).lead

    assert clicks(under, CREATED + 20 * DAY, late=15 * DAY, lead=lead).lead.due_at == CREATED + 50 * DAY


def test_what_was_lost_stays_lost_when_the_lead_returns() -> None:
    under = idling(scoring(a_rule(10)), 30, 7, points=10)

    outcome = clicks(under, CREATED + 31 * DAY, lead=a_lead(35))

    assert [entry.delta for entry in (*outcome.told, *outcome.changes)] == [-10, 10]
    assert outcome.lead.due_at == CREATED + 61 * DAY


def test_a_lead_imported_with_an_old_activity_loses_nothing_for_the_time_before_it_was_known() -> None:
    under = idling(scoring(a_rule(50)), 30, 7, points=10)

    lead = clicks(under, NOW, late=99 * DAY, lead=new_lead("lead", under, NOW)).lead

    assert (lead.engagement.score, lead.due_at) == (50, NOW + DAY)  # the 100th day is the 30th and ten weeks


def test_new_rules_take_nothing_for_the_time_before_them() -> None:
    under = idling(scoring(), 30, 7, points=10)
    published = replace(under, rules=replace(under.rules, idle_since=CREATED + 40 * DAY))

    _, entries = waited(scheduled(a_lead(35), published, CREATED), published, CREATED + 50 * DAY)

    assert [entry.cause.at - CREATED for entry in entries] == [44 * DAY]


def test_what_halves_is_lost_of_what_there_is_left_of_it() -> None:
    """A week on there are 50 of 100, and half of them go."""
    under = idling(scoring(halving(100, 7)), 7, 7, percent=50)

    lead, (entry,) = later(clicks(under).lead, under, NOW + 7 * DAY)

    assert lead.engagement.score == 25
    assert [(part.name, part.points) for part in entry.parts] == [("Click", -50), ("Inactivity", -25)]


def test_what_expires_at_the_moment_of_a_loss_is_gone_before_it() -> None:
    under = idling(scoring(expiring(100, 7)), 7, 7, percent=50)

    lead, (expiry, loss) = later(clicks(under, lead=a_lead(20)).lead, under, NOW + 7 * DAY)

    assert ((expiry.cause.kind, expiry.delta), (loss.cause.kind, loss.delta)) == (
        (CauseKind.EXPIRY, -100),
        (CauseKind.DECAY, -10),
    )
    assert lead.engagement.score == 10


def test_no_rules_on_inactivity_take_nothing() -> None:
    assert scheduled(a_lead(35), scoring(), CREATED).due_at is None


@pytest.mark.parametrize(
    ("active", "after", "next_"),
    [
        (0, 0, 30),
        (0, 29, 30),
        (0, 30, 37),
        (0, 36.9, 37),
        (0, 37, 44),
        (20, 10, 50),
        (-99, 0, 1),
        (-100, 0, 7),
    ],
)
def test_losses_lie_at_fixed_times_from_the_last_activity(active: float, after: float, next_: float) -> None:
    found = Inactivity(30, 7, points=1).next(NOW + active * DAY, NOW + after * DAY)

    assert found == NOW + next_ * DAY


def bad(path: tuple[str, ...], fault: Fault, bound: object, actual: object = None) -> Problem:
    return Problem(("inactivity", *path), fault, bound, actual)


@pytest.mark.parametrize(
    ("after", "every", "points", "percent", "problem"),
    [
        (0, 1, 1, None, bad(("afterDays",), Fault.OUT_OF_RANGE, (1, SPAN), 0)),
        (3_651, 1, 1, None, bad(("afterDays",), Fault.OUT_OF_RANGE, (1, SPAN), 3_651)),
        (1, 0, 1, None, bad(("everyDays",), Fault.OUT_OF_RANGE, (1, SPAN), 0)),
        (1, 3_651, 1, None, bad(("everyDays",), Fault.OUT_OF_RANGE, (1, SPAN), 3_651)),
        (1, 1, 0, None, bad(("points",), Fault.OUT_OF_RANGE, (1, 1_000_000), 0)),
        (1, 1, -5, None, bad(("points",), Fault.OUT_OF_RANGE, (1, 1_000_000), -5)),
        (1, 1, 1_000_001, None, bad(("points",), Fault.OUT_OF_RANGE, (1, 1_000_000), 1_000_001)),
        (1, 1, None, 0.0, bad(("percent",), Fault.OUT_OF_RANGE, (0.01, 100), 0.0)),
        (1, 1, None, 100.1, bad(("percent",), Fault.OUT_OF_RANGE, (0.01, 100), 100.1)),
        (1, 1, None, None, bad((), Fault.NOT_ONE_OF, ("points", "percent"))),
        (1, 1, 5, 5.0, bad((), Fault.NOT_ONE_OF, ("points", "percent"))),
    ],
)
def test_what_is_out_of_bounds_is_refused(
    after: int, every: int, points: int | None, percent: float | None, problem: Problem
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Inactivity(after, every, points, percent)

    assert refusal.value.problems == (problem,)


@pytest.mark.parametrize(
    ("after", "every", "points", "percent"),
    [(1, 1, 1, None), (SPAN, SPAN, 1_000_000, None), (1, 1, None, 100)],
)
def test_the_bounds_themselves_are_allowed(
    after: int, every: int, points: int | None, percent: float | None
) -> None:
    assert Inactivity(after, every, points, percent).after_days == after


def test_a_percentage_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        Inactivity(1, 1, percent=float("nan"))

    (problem,) = refusal.value.problems
    assert (problem.path, problem.fault) == (("inactivity", "percent"), Fault.OUT_OF_RANGE)
