"""What a rule gives for an activity: as often as its limit allows, as much as `max_points` leaves room for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from domain.changes import RecordActivity
from domain.conditions import Operator
from domain.conditions import Test as Asked
from domain.contributions import DAYS, Contribution, Payment
from domain.history import Suppression
from domain.leads import Lead
from domain.pricing import is_full
from domain.rules import Limit, Period, Rule
from domain.scoring import Scoring
from tests.domain.builders import ADA, NOW, a_lead, a_rule, adjusted, an_activity, fold, recorded, scoring

CAP, FAILED, DISABLED = Suppression.CAP_REACHED, Suppression.CONDITION_FAILED, Suppression.RULE_DISABLED
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def limited(times: int, per: Period) -> Scoring:
    return scoring(replace(a_rule(10), limit=Limit(times, per)))


def clicks(under: Scoring, *moments: datetime, lead: Lead | None = None) -> list[int]:
    """What each of these clicks gave, one after the other."""
    lead, given = lead or a_lead(), []
    for moment in moments:
        activity = replace(an_activity(), occurred_at=moment, received_at=moment)
        outcome = fold(lead, RecordActivity(ADA, activity), under, NOW)
        lead = outcome.lead
        (entry,) = outcome.changes
        (part,) = entry.parts
        assert (part.suppressed is CAP) is (part.points != 10)
        given.append(part.points)
    return given


@pytest.mark.parametrize(
    ("per", "later", "again"),
    [
        pytest.param(Period.DAY, timedelta(hours=14, minutes=59), False, id="the same day"),
        pytest.param(Period.DAY, timedelta(hours=15), True, id="after midnight"),
        pytest.param(Period.WEEK, timedelta(days=6, hours=14), False, id="Sunday of the same week"),
        pytest.param(Period.WEEK, timedelta(days=7), True, id="Monday after"),
        pytest.param(Period.MONTH, timedelta(days=29), False, id="the 31st"),
        pytest.param(Period.MONTH, timedelta(days=30), True, id="the 1st after"),
        pytest.param(Period.EVER, timedelta(days=5_000), False, id="ever after"),
    ],
)
def test_a_limit_holds_within_its_period(per: Period, later: timedelta, again: bool) -> None:
    given = clicks(limited(2, per), MONDAY, MONDAY, MONDAY, MONDAY + later)

    assert given == [10, 10, 0, 10 if again else 0]


def test_a_week_of_two_years_is_one_week() -> None:
    newest, oldest = datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 12, 29, tzinfo=UTC)

    assert clicks(limited(1, Period.WEEK), oldest, newest, newest + 4 * DAY) == [10, 0, 10]


def test_a_day_is_one_of_utc_wherever_the_activity_says_it_happened() -> None:
    east = timezone(timedelta(hours=10))
    moments = [
        datetime(2026, 3, 3, 9, 59, tzinfo=east),
        datetime(2026, 3, 2, 1, tzinfo=UTC),
        datetime(2026, 3, 3, 10, tzinfo=east),
    ]

    assert clicks(limited(1, Period.DAY), *moments) == [10, 0, 10]


def test_a_late_activity_counts_in_the_period_it_happened_in() -> None:
    moments = [MONDAY, MONDAY + DAY, MONDAY - DAY, MONDAY, MONDAY - DAY]

    assert clicks(limited(1, Period.DAY), *moments) == [10, 10, 10, 0, 0]


def test_what_happened_longer_ago_than_payments_are_remembered_is_rather_not_paid_than_twice() -> None:
    days = [MONDAY + number * DAY for number in range(DAYS)]
    before = MONDAY - DAY

    assert clicks(limited(1, Period.DAY), *days[:-1], before) == [10] * DAYS
    assert clicks(limited(1, Period.DAY), *days, before) == [10] * DAYS + [0]


def test_only_so_many_days_of_payments_are_remembered() -> None:
    paid = Contribution("Click")
    for number in range(DAYS + 5):
        paid = paid.paid("Click", Payment(1, NOW), date(2026, 3, 1) + number * DAY)

    assert len(paid.days) == DAYS
    assert min(paid.days) == date(2026, 3, 6)
    assert (paid.points, paid.uses) == (DAYS + 5, DAYS + 5)


def test_days_are_remembered_only_where_there_is_a_limit() -> None:
    for rule, days in ((a_rule(), {}), (replace(a_rule(), limit=Limit(3, Period.EVER)), {NOW.date(): 1})):
        lead = fold(a_lead(), recorded(), scoring(rule), NOW).lead

        assert lead.engagement.contributions["click"].days == days


def test_what_the_floor_takes_whole_is_no_use_of_a_limit() -> None:
    rule = replace(a_rule(-10), limit=Limit(1, Period.EVER))

    lead = fold(a_lead(), recorded(), scoring(rule), NOW).lead
    lead = fold(fold(lead, adjusted(30), scoring(rule), NOW).lead, recorded(), scoring(rule), NOW).lead

    assert lead.engagement.score == 20


@pytest.mark.parametrize(
    ("points", "most", "given"),
    [
        pytest.param(10, 25, [10, 10, 5, 0], id="the last is cut"),
        pytest.param(10, 20, [10, 10, 0, 0], id="the room is just enough"),
        pytest.param(10, 10, [10, 0, 0, 0], id="once"),
        pytest.param(-10, 25, [-10, -10, -5, 0], id="taken"),
    ],
)
def test_a_rule_gives_no_more_than_its_max_points(points: int, most: int, given: list[int]) -> None:
    under = scoring(replace(a_rule(points), max_points=most), floor=None)
    lead, found = a_lead(), []

    for _ in given:
        outcome = fold(lead, recorded(), under, NOW)
        lead = outcome.lead
        (part,) = outcome.changes[0].parts
        found.append(part.points)
        assert (part.suppressed is CAP) is (part.points != points)

    assert found == given
    assert lead.engagement.contributions["click"].points == sum(given)


def test_points_that_a_rule_once_took_make_room_for_those_it_gives() -> None:
    taken = fold(a_lead(), recorded(), scoring(a_rule(-10), floor=None), NOW).lead
    gives = scoring(replace(a_rule(30), max_points=30), floor=None)

    once = fold(taken, recorded(), gives, NOW).lead
    twice = fold(once, recorded(), gives, NOW).lead

    assert (once.engagement.score, twice.engagement.score) == (20, 30)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        pytest.param(a_rule(enabled=False), DISABLED, id="disabled"),
        pytest.param(
            replace(a_rule(), condition=Asked("lead.email", Operator.EXISTS)), FAILED, id="condition"
        ),
        pytest.param(
            replace(a_rule(enabled=False), condition=Asked("lead.email", Operator.EXISTS)),
            DISABLED,
            id="both",
        ),
    ],
)
def test_a_rule_that_gives_nothing_says_why(rule: Rule, why: Suppression) -> None:
    outcome = fold(a_lead(), recorded(), scoring(rule), NOW)

    (entry,) = outcome.changes
    assert [(part.rule_id, part.points, part.suppressed) for part in entry.parts] == [("click", 0, why)]
    assert (entry.delta, outcome.lead.engagement.contributions) == (0, {})


def test_conditions_look_at_the_lead_as_it_was_before_the_activity() -> None:
    """Both rules see it Cold, though the first one makes it Warm."""
    cold = Asked("lead.engagement.level", Operator.EQUALS, "cold")
    rules = [replace(a_rule(25, rule_id=each), condition=cold) for each in ("first", "second")]

    lead = fold(a_lead(20), recorded(), scoring(*rules), NOW).lead
    again = fold(lead, recorded(), scoring(*rules), NOW).lead

    assert (lead.engagement.score, again.engagement.score) == (70, 70)


@pytest.mark.parametrize(
    ("points", "most", "had", "full"),
    [
        (10, 25, 24, False),
        (10, 25, 25, True),
        (-10, 25, -25, True),
        (10, 25, -25, False),
        (10, None, 10**6, False),
    ],
)
def test_a_rule_is_full_when_its_points_leave_no_room(
    points: int, most: int | None, had: int, full: bool
) -> None:
    assert is_full(replace(a_rule(points), max_points=most), had) is full


def test_a_month_some_days_of_which_are_forgotten_pays_no_more() -> None:
    """Paid on every day of May and June: the first of May is forgotten by the first of July."""
    may = datetime(2026, 5, 1, 9, tzinfo=UTC)
    days = [may + number * DAY for number in range(62)]

    given = clicks(limited(31, Period.MONTH), *days, may + 14 * DAY, days[-1])

    assert given == [10] * 62 + [0, 10]
