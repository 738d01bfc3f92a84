"""What is odd about a set of rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.conditions import All, Operator
from domain.conditions import Test as Asked
from domain.review import Inflating, Lopsided, NeverPays, PaysTwice, oddities
from domain.rules import Rule
from tests.domain.builders import a_rule, a_rule_set

CLICK, FORM = a_rule(10), a_rule(10, "form", "FORM_SUBMITTED", "Form")
LOST = a_rule(-10, "lost", "UNSUBSCRIBED", "Unsubscribed")
IN_EU = Asked("lead.tags", Operator.CONTAINS, "eu")


def found(*rules: Rule, **payments: int) -> list[object]:
    return list(oddities(a_rule_set(*rules), payments))


def test_a_set_without_rules_is_not_odd() -> None:
    assert found() == []


def test_a_set_that_gives_and_takes_is_not_odd() -> None:
    assert found(CLICK, FORM, LOST, click=4, form=3, lost=3) == []


def test_a_condition_that_contradicts_itself_never_pays() -> None:
    never = replace(
        CLICK, condition=All((Asked("activity.plan", Operator.GT, 5), Asked("activity.plan", Operator.LT, 3)))
    )

    assert found(never, LOST) == [NeverPays(never)]


@pytest.mark.parametrize("condition", [None, IN_EU])
def test_rules_that_pay_for_the_same_are_told_with_the_first_of_them(condition: Asked | None) -> None:
    rules = [replace(a_rule(10, rule_id), condition=condition) for rule_id in ("a", "b", "c")]
    first, second, third = rules

    assert found(*rules, LOST) == [
        PaysTwice(first, second),
        PaysTwice(first, third),
    ]


def test_rules_with_conditions_of_their_own_do_not_pay_for_the_same() -> None:
    assert found(CLICK, replace(CLICK, id="eu", condition=IN_EU), LOST) == []


@pytest.mark.parametrize(("clicks", "odd"), [(4, False), (5, True)])
def test_a_rule_that_gives_more_than_two_fifths_of_all_points_is_odd(clicks: int, odd: bool) -> None:
    """Points taken are points, too; 4 of 10 payments of ten points each are just not too many."""
    assert found(CLICK, FORM, LOST, click=clicks, form=3, lost=10 - 3 - clicks) == (
        [Lopsided(CLICK, 0.5)] if odd else []
    )


def test_shares_are_by_the_points_that_the_set_would_give() -> None:
    dear = replace(CLICK, points=90)

    assert found(dear, FORM, LOST, click=1, form=1, lost=0) == [Lopsided(dear, 0.9)]


def test_points_that_nothing_ever_takes_away_are_odd() -> None:
    assert found(CLICK, FORM) == [Inflating()]


def test_rules_that_are_disabled_are_not_looked_at() -> None:
    off = [replace(each, is_enabled=False) for each in (CLICK, replace(CLICK, id="again"), LOST)]

    assert found(*off, FORM, click=9, form=0) == [Inflating()]


def test_of_two_rules_one_gives_more_than_two_fifths_anyway() -> None:
    assert found(CLICK, LOST, click=9, lost=1) == []
