"""What a source has given, and what is left of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from domain.contributions import PAYMENTS, Contribution, Expiring, Halving, Payment, total
from tests.domain.builders import NOW
from tests.domain.waiting import DAY, SECOND

NOTHING = Contribution("Click")


def expires(points: int, days: float) -> Payment:
    return Payment(points, NOW, NOW + days * DAY)


def halves(points: int, days: float = 0, half_life: int = 7) -> Payment:
    """Paid so many days from now."""
    return Payment(points, NOW + days * DAY, half_life=half_life)


def paid(*payments: Payment) -> Contribution:
    given = NOTHING
    for payment in payments:
        given = given.paid("Click", payment)
    return given


def test_nothing_is_worth_nothing() -> None:
    assert (NOTHING.worth(NOW), NOTHING.is_timed, total({}, NOW)) == (0, False, 0)


def test_points_for_good_are_worth_the_same_for_ever() -> None:
    given = paid(Payment(10, NOW), Payment(-3, NOW))

    assert {given.worth(NOW + days * DAY) for days in (-5_000, 0, 5_000)} == {7}
    assert not given.is_timed


def test_a_payment_of_nothing_is_no_use() -> None:
    given = NOTHING.paid("Renamed", Payment(0, NOW, NOW + DAY), NOW.date())

    assert given == Contribution("Renamed")


@pytest.mark.parametrize("payment", [Payment(5, NOW), expires(5, 30), halves(5)])
def test_every_payment_is_a_use_counted_on_its_day_under_the_newest_name(payment: Payment) -> None:
    given = paid(payment).paid("Renamed", payment, NOW.date())

    assert (given.name, given.uses, given.days) == ("Renamed", 2, {NOW.date(): 1})
    assert given.worth(NOW) == 10


def test_points_that_expire_are_worth_all_until_the_moment_and_nothing_from_then_on() -> None:
    given = paid(expires(10, 30))

    assert given.worth(NOW + 30 * DAY - timedelta.resolution) == 10
    assert given.worth(NOW + 30 * DAY) == 0


def test_points_of_every_kind_stand_beside_each_other() -> None:
    given = paid(Payment(1, NOW), expires(10, 7), halves(100))

    assert given.worth(NOW) == 111
    assert given.worth(NOW + 7 * DAY) == 51


@pytest.mark.parametrize(("days", "worth"), [(0, 80), (7, 40), (14, 20), (28, 5), (3.5, 80 * 0.5**0.5)])
def test_points_that_halve_are_worth_what_the_formula_says(days: float, worth: float) -> None:
    assert paid(halves(80)).worth(NOW + days * DAY) == pytest.approx(worth, rel=1e-15)


def test_points_that_were_taken_come_back_by_halves() -> None:
    assert paid(halves(-80)).worth(NOW + 14 * DAY) == -20


def test_before_its_own_time_what_halves_is_worth_its_value() -> None:
    assert Halving(7, 80, NOW).worth(NOW - DAY) == 80


def test_what_has_halved_for_ten_years_is_worth_next_to_nothing_and_no_error() -> None:
    given = paid(halves(1_000_000, half_life=1))

    assert given.worth(NOW + 3_650 * DAY) == 0


def test_payments_that_halve_alike_are_kept_as_one_and_lose_nothing_by_it() -> None:
    payments = [halves(points, days) for points, days in ((80, 0), (7, 1), (-30, 2.5), (1, 2.75), (60, 20))]
    given = paid(*payments)

    apart = sum(paid(payment).worth(NOW + 30 * DAY) for payment in payments)
    assert len(given.halving) == 1
    assert given.worth(NOW + 30 * DAY) == pytest.approx(apart, rel=1e-14)


def test_a_payment_before_the_others_is_worth_what_is_left_of_it() -> None:
    given = paid(halves(80, 7), halves(80, 0))

    assert given.halving == (Halving(7, 120, NOW + 7 * DAY),)


def test_another_half_life_is_kept_beside() -> None:
    given = paid(halves(80), halves(80, half_life=14), halves(8))

    assert {(each.half_life, each.value) for each in given.halving} == {(7, 88), (14, 80)}
    assert given.worth(NOW + 14 * DAY) == 22 + 40


def test_what_expires_first_stands_first_in_whatever_order_it_came() -> None:
    given = paid(expires(1, 30), expires(2, 10), expires(3, 20))

    assert given.expiring == (
        Expiring(NOW + 10 * DAY, 2),
        Expiring(NOW + 20 * DAY, 3),
        Expiring(NOW + 30 * DAY, 1),
    )


def test_what_expires_at_one_moment_is_kept_as_one() -> None:
    elsewhere = (NOW + 30 * DAY).astimezone(timezone(timedelta(hours=5)))

    given = paid(expires(1, 30), expires(2, 30), Payment(4, NOW, elsewhere))

    assert given.expiring == (Expiring(NOW + 30 * DAY, 7),)


def test_what_expires_at_one_moment_and_is_nothing_together_is_not_kept() -> None:
    assert paid(expires(5, 30), expires(-5, 30)).expiring == ()


def test_as_many_payments_as_are_kept_expire_each_at_its_own_moment() -> None:
    given = paid(*(expires(1, days + 1) for days in range(PAYMENTS)))

    assert [given.worth(NOW + days * DAY) for days in range(PAYMENTS + 1)] == [*range(PAYMENTS, -1, -1)]


def test_of_more_payments_the_two_that_lie_closest_expire_with_the_later_of_them() -> None:
    close = NOW + 50 * DAY + SECOND
    given = paid(*(expires(1, days + 1) for days in range(PAYMENTS)), Payment(10, NOW, close))

    assert len(given.expiring) == PAYMENTS
    assert (given.worth(close - SECOND), given.worth(close)) == (PAYMENTS - 49 + 10, PAYMENTS - 50)


def test_of_any_number_of_payments_none_is_lost_and_none_expires_too_early() -> None:
    """In an order in which moments come between those that are there."""
    days = [number * 389 % 1_000 + 1 for number in range(1_000)]
    given = paid(*(expires(1, each) for each in days))

    assert len(given.expiring) == PAYMENTS
    assert given.uses == given.worth(NOW) == 1_000
    for day in range(1, 1_000):
        assert given.worth(NOW + day * DAY) >= 1_000 - day
    assert given.worth(NOW + 1_000 * DAY) == 0


def test_merged_payments_stay_in_order() -> None:
    given = paid(*(expires(1, number * 7 % 401 + 1) for number in range(401)))

    assert all(one.at < other.at for one, other in pairwise(given.expiring))


def test_without_what_has_expired_the_rest_is_left_and_the_points_are_told() -> None:
    given = paid(Payment(1, NOW), expires(10, 10), expires(-3, 20), expires(5, 30))

    left, gone = given.without_expired(NOW + 20 * DAY)

    assert gone == 7
    assert (left.points, left.uses, left.expiring) == (1, 4, (Expiring(NOW + 30 * DAY, 5),))


def test_before_anything_has_expired_all_is_left() -> None:
    given = paid(expires(10, 10), halves(5))

    assert given.without_expired(NOW + 10 * DAY - timedelta.resolution) == (given, 0)
    assert NOTHING.without_expired(NOW) == (NOTHING, 0)


def test_a_total_is_the_same_in_whatever_order_sources_stand() -> None:
    moment = datetime(2026, 3, 9, 1, 2, 3, 456, tzinfo=UTC)
    given = {f"{number}": paid(halves(number * 997, half_life=number)) for number in range(1, 40)}
    turned = dict(reversed(given.items()))

    assert total(given, moment) == total(turned, moment)
