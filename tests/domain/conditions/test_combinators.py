"""All, any and not; and conditions as values."""

from __future__ import annotations

import pytest

from domain.conditions import All, AnyOf, Condition, Not, Operator, holds
from tests.domain.conditions.builders import check, either, every, facts, nested

YES = check("activity.it", Operator.EXISTS)
NO = check("activity.it", Operator.MISSING)
FACTS = facts({"it": 1})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (YES, True),
        (NO, False),
        (every(), True),
        (every(YES), True),
        (every(NO), False),
        (every(YES, YES), True),
        (every(YES, NO), False),
        (either(), False),
        (either(YES), True),
        (either(NO), False),
        (either(NO, YES), True),
        (either(NO, NO), False),
        (Not(YES), False),
        (Not(NO), True),
        (Not(Not(YES)), True),
        (Not(every()), False),
        (Not(either()), True),
        (every(either(NO, YES), Not(every(YES, NO))), True),
    ],
)
def test_a_group_holds_by_what_is_in_it(condition: Condition, *, expected: bool) -> None:
    assert holds(condition, FACTS) is expected


def test_conditions_of_the_same_parts_are_equal_and_hash_alike() -> None:
    one = every(check("lead.tags", Operator.IN, ["a", 1]), Not(nested(4)))
    other = All((check("lead.tags", Operator.IN, ("a", 1)), Not(nested(4))))

    assert one == other
    assert hash(one) == hash(other)


def test_groups_of_the_same_parts_but_of_another_kind_differ() -> None:
    assert All((YES,)) != AnyOf((YES,))  # type: ignore[comparison-overlap]  # that is the point


def test_a_condition_of_a_hundred_levels_is_held_against_a_lead_like_any_other() -> None:
    assert isinstance(holds(nested(100), FACTS), bool)
