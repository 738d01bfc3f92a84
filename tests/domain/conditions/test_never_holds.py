"""Which contradictions are seen, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from domain.conditions import Condition, Not, Operator, never_holds
from tests.domain.conditions.builders import check, either, every

Told = tuple[Operator, Any]

EXISTS, MISSING = check("activity.a", Operator.EXISTS), check("activity.a", Operator.MISSING)
NEVER = every(EXISTS, MISSING)

CONTRADICTIONS: list[tuple[Told, ...]] = [
    ((Operator.EQUALS, "a"), (Operator.EQUALS, "b")),
    ((Operator.EQUALS, 1), (Operator.EQUALS, "1")),
    ((Operator.EQUALS, 1), (Operator.EQUALS, True)),
    ((Operator.EQUALS, "a"), (Operator.EQUALS, "A"), (Operator.EQUALS, "b")),
    ((Operator.EQUALS, "a"), (Operator.NOT_EQUALS, "A")),
    ((Operator.EQUALS, "a"), (Operator.IN, ["b", "c"])),
    ((Operator.EQUALS, "a"), (Operator.NOT_IN, ["b", "a"])),
    ((Operator.EQUALS, "abc"), (Operator.STARTS_WITH, "b")),
    ((Operator.EQUALS, "abc"), (Operator.MATCHES, "a?")),
    ((Operator.EQUALS, 5), (Operator.GT, 7)),
    ((Operator.LT, 5), (Operator.EQUALS, 5)),
    ((Operator.EQUALS, "a"), (Operator.GT, 7)),
    ((Operator.EQUALS, "a"), (Operator.MISSING, None)),
    ((Operator.GT, 5), (Operator.LT, 3)),
    ((Operator.GT, 5), (Operator.LT, 5)),
    ((Operator.GT, 5), (Operator.LTE, 5)),
    ((Operator.GTE, 5), (Operator.LT, 5.0)),
    ((Operator.GTE, 5), (Operator.LTE, 4.5)),
    ((Operator.GTE, 5), (Operator.GT, 5), (Operator.LTE, 5), (Operator.LTE, 9)),
    ((Operator.EXISTS, None), (Operator.MISSING, None)),
    ((Operator.MISSING, None), (Operator.STARTS_WITH, "a")),
    ((Operator.IN, ["a"]), (Operator.MISSING, None)),
]
NONE: list[tuple[Told, ...]] = [
    (),
    ((Operator.EQUALS, "a"),),
    ((Operator.EQUALS, "a"), (Operator.EQUALS, "A")),
    ((Operator.EQUALS, 1), (Operator.EQUALS, 1.0), (Operator.GTE, 1), (Operator.LTE, 1)),
    ((Operator.EQUALS, "a"), (Operator.NOT_EQUALS, "b"), (Operator.EXISTS, None)),
    ((Operator.NOT_EQUALS, "a"), (Operator.NOT_EQUALS, "b"), (Operator.MISSING, None)),
    ((Operator.GT, 3), (Operator.LT, 5)),
    ((Operator.GTE, 5), (Operator.LTE, 5)),
    ((Operator.GT, 5), (Operator.GTE, 3)),
    ((Operator.CONTAINS, "a"), (Operator.CONTAINS, "b")),
    ((Operator.IN, ["a"]), (Operator.IN, ["b"])),
    ((Operator.EXISTS, None), (Operator.EXISTS, None)),
]


def together(told: tuple[Told, ...]) -> Condition:
    return every(*(check("activity.a", operator, value) for operator, value in told))


@pytest.mark.parametrize("told", CONTRADICTIONS)
def test_tests_of_one_field_that_contradict_each_other_are_seen_in_any_order(told: tuple[Told, ...]) -> None:
    assert never_holds(together(told))
    assert never_holds(together(told[::-1]))


@pytest.mark.parametrize("told", NONE)
def test_tests_of_one_field_that_can_hold_together_are_no_contradiction(told: tuple[Told, ...]) -> None:
    assert not never_holds(together(told))


def test_tests_of_two_fields_do_not_contradict_each_other() -> None:
    assert not never_holds(every(EXISTS, check("activity.b", Operator.MISSING)))


@pytest.mark.parametrize(
    "condition",
    [
        every(EXISTS, every(every(MISSING))),
        every(every(EXISTS), every(MISSING)),
        every(check("lead.email", Operator.EXISTS), NEVER),
        either(),
        either(NEVER),
        either(NEVER, either(NEVER, NEVER)),
        every(EXISTS, either(NEVER, NEVER)),
        every(either()),
    ],
)
def test_a_contradiction_is_seen_in_groups_within_groups(condition: Condition) -> None:
    assert never_holds(condition)


@pytest.mark.parametrize(
    "condition",
    [
        EXISTS,
        MISSING,
        every(),
        either(NEVER, EXISTS),
        either(EXISTS, MISSING),
        every(either(NEVER, EXISTS)),
        Not(NEVER),
        every(Not(NEVER), EXISTS),
        every(either(EXISTS, MISSING), MISSING),
        check("lead.engagement.level", Operator.EQUALS, "no such level"),
    ],
)
def test_what_can_hold_is_never_said_to_be_a_contradiction(condition: Condition) -> None:
    assert not never_holds(condition)


@pytest.mark.parametrize("bound", ["a", True, None, [1]])
def test_a_bound_that_is_no_number_is_passed_over(bound: object) -> None:
    assert not never_holds(together(((Operator.GT, bound), (Operator.GT, 3), (Operator.LT, 5))))
    assert never_holds(together(((Operator.GT, bound), (Operator.GT, 5), (Operator.LT, 3))))
