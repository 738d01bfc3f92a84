"""Rules: what one may be, and how they are added, changed and taken out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.actors import Actor, ActorKind
from domain.conditions import Operator
from domain.conditions import Test as Asked
from domain.errors import Fault, InvalidInput, NotFound, Problem
from domain.levels import Dimension
from domain.rules import (
    Limit,
    Period,
    Rule,
    with_changed_rule,
    with_rule,
    without_rule,
)
from tests.domain.builders import a_rule

BOB = Actor(ActorKind.USER, "Bob")
CLICK = a_rule(rule_id="click")
OPEN = a_rule(rule_id="open", activity="EMAIL_OPENED", name="Open")
FORM = a_rule(rule_id="form", activity="FORM_SUBMITTED", name="Form")
RULES = (CLICK, OPEN, FORM)

UNKNOWN = Asked("lead.size", Operator.EXISTS)
OF_ACTIVITY = Asked("activity.plan", Operator.EXISTS)
FITS = replace(
    a_rule(rule_id="fits"),
    activity=None,
    dimension=Dimension.PROFILE,
    condition=Asked("lead.email", Operator.EXISTS),
)

OUT_OF_BOUNDS = [
    pytest.param(replace(OPEN, name="n" * 201), ("name", Fault.TOO_LONG), id="name too long"),
    pytest.param(replace(OPEN, name=" "), ("name", Fault.EMPTY), id="name blank"),
    pytest.param(replace(OPEN, activity="A" * 65), ("activity", Fault.TOO_LONG), id="kind too long"),
    pytest.param(replace(OPEN, activity=""), ("activity", Fault.EMPTY), id="no kind"),
    pytest.param(replace(OPEN, activity="Opened"), ("activity", Fault.NOT_UPPER_SNAKE), id="kind's form"),
    pytest.param(replace(OPEN, points=0), ("points", Fault.ZERO), id="no points"),
    pytest.param(replace(OPEN, points=1_000_001), ("points", Fault.OUT_OF_RANGE), id="too many points"),
    pytest.param(replace(OPEN, points=-1_000_001), ("points", Fault.OUT_OF_RANGE), id="too few points"),
    pytest.param(replace(OPEN, activity=None), ("activity", Fault.EMPTY), id="no kind at all"),
    pytest.param(
        replace(OPEN, limit=Limit(0, Period.DAY)), ("limit.times", Fault.OUT_OF_RANGE), id="no times"
    ),
    pytest.param(
        replace(OPEN, limit=Limit(10_001, Period.EVER)),
        ("limit.times", Fault.OUT_OF_RANGE),
        id="too many times",
    ),
    pytest.param(replace(OPEN, max_points=9), ("maxPoints", Fault.OUT_OF_RANGE), id="less than it pays"),
    pytest.param(
        replace(OPEN, points=-10, max_points=9), ("maxPoints", Fault.OUT_OF_RANGE), id="less than it takes"
    ),
    pytest.param(
        replace(OPEN, max_points=2_000_000_001),
        ("maxPoints", Fault.OUT_OF_RANGE),
        id="more than a score can be",
    ),
    pytest.param(
        replace(OPEN, condition=UNKNOWN), ("condition.test.field", Fault.UNKNOWN_FIELD), id="condition"
    ),
    pytest.param(
        replace(FITS, activity="A"), ("activity", Fault.OF_ENGAGEMENT), id="profile with an activity"
    ),
    pytest.param(
        replace(FITS, limit=Limit(1, Period.DAY)), ("limit", Fault.OF_ENGAGEMENT), id="profile with a limit"
    ),
    pytest.param(
        replace(FITS, max_points=20), ("maxPoints", Fault.OF_ENGAGEMENT), id="profile with max points"
    ),
    pytest.param(replace(FITS, condition=None), ("condition", Fault.EMPTY), id="profile without a condition"),
    pytest.param(
        replace(FITS, condition=OF_ACTIVITY),
        ("condition.test.field", Fault.NOT_IN_PROFILE),
        id="profile of activities",
    ),
]


def many(count: int) -> tuple[Rule, ...]:
    return tuple(a_rule(rule_id=f"r{at}") for at in range(count))


def found(refusal: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[tuple[str, ...], Fault]]:
    return [(problem.path, problem.fault) for problem in refusal.value.problems]


def test_a_rule_is_added_at_the_end() -> None:
    assert with_rule((CLICK, OPEN), FORM) == RULES


def test_a_rule_pays_engagement_and_is_enabled_unless_it_says_otherwise() -> None:
    rule = Rule("open", "Open", "EMAIL_OPENED", 10)

    assert (rule.is_enabled, rule.dimension) == (True, Dimension.ENGAGEMENT)


def test_a_rule_keeps_its_name_without_the_blanks_around_it() -> None:
    (added,) = with_rule((), replace(OPEN, name=" Open\n"))
    (changed,) = with_changed_rule((OPEN,), replace(OPEN, name="\tOpened "))

    assert (added.name, changed.name) == ("Open", "Opened")


@pytest.mark.parametrize("points", [-1_000_000, -1, 1, 1_000_000])
def test_a_rule_at_its_bounds_is_added_and_changed(points: int) -> None:
    rule = a_rule(points, "open", "A" * 64, "n" * 200)

    assert with_rule((CLICK,), rule) == (CLICK, rule)
    assert with_changed_rule((CLICK, OPEN), rule) == (CLICK, rule)


@pytest.mark.parametrize(("rule", "problem"), OUT_OF_BOUNDS)
def test_a_rule_out_of_bounds_is_not_added(rule: Rule, problem: tuple[str, Fault]) -> None:
    field, fault = problem
    with pytest.raises(InvalidInput) as refusal:
        with_rule((), rule)

    assert found(refusal) == [(("rule", *field.split(".")), fault)]


@pytest.mark.parametrize(("rule", "problem"), OUT_OF_BOUNDS)
def test_a_rule_is_not_changed_out_of_bounds(rule: Rule, problem: tuple[str, Fault]) -> None:
    field, fault = problem
    with pytest.raises(InvalidInput) as refusal:
        with_changed_rule((*RULES, FITS), rule)

    assert found(refusal) == [(("rule", *field.split(".")), fault)]


def test_a_refused_rule_tells_everything_that_is_wrong() -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_rule(many(200), a_rule(0, activity="clicked", name=""))

    assert found(refusal) == [
        (("rule", "name"), Fault.EMPTY),
        (("rule", "activity"), Fault.NOT_UPPER_SNAKE),
        (("rule", "points"), Fault.ZERO),
        (("rule",), Fault.TOO_MANY),
    ]


@pytest.mark.parametrize("count", [198, 199])
def test_a_set_has_at_most_200_rules(count: int) -> None:
    assert len(with_rule(many(count), OPEN)) == count + 1


def test_a_201st_rule_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_rule(many(200), OPEN)

    assert refusal.value.problems == (Problem(("rule",), Fault.TOO_MANY, 200, 201),)


def test_a_rule_of_a_full_set_can_still_be_changed() -> None:
    changed = with_changed_rule(many(200), a_rule(99, "r7"))

    assert [rule.points for rule in changed if rule.id == "r7"] == [99]
    assert len(changed) == 200


def test_a_changed_rule_keeps_its_place() -> None:
    changed = replace(OPEN, points=-3, is_enabled=False)

    assert with_changed_rule(RULES, changed) == (CLICK, changed, FORM)


def test_an_unknown_rule_is_not_changed_however_faulty() -> None:
    with pytest.raises(NotFound) as refusal:
        with_changed_rule(RULES, a_rule(0, "nobody"))

    assert (refusal.value.kind, refusal.value.name) == ("Rule", "nobody")


def test_a_removed_rule_is_gone_and_the_others_keep_their_order() -> None:
    assert without_rule(RULES, "open") == (CLICK, FORM)


def test_an_unknown_rule_is_not_removed() -> None:
    with pytest.raises(NotFound) as refusal:
        without_rule(RULES, "nobody")

    assert (refusal.value.kind, refusal.value.name) == ("Rule", "nobody")


def test_a_rule_at_the_bounds_of_its_limits_is_added() -> None:
    for rule in (
        replace(OPEN, limit=Limit(1, Period.DAY), max_points=10),
        replace(OPEN, limit=Limit(10_000, Period.EVER), max_points=2_000_000_000, points=-1),
        FITS,
    ):
        assert with_rule((), rule) == (rule,)
