"""What holds of any condition and any facts."""

from __future__ import annotations

import fnmatch
import re
from itertools import product

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.conditions import All, AnyOf, Condition, Facts, Not, Operator, holds, never_holds, problems
from tests.domain.conditions.builders import check, every, facts, holds_of
from tests.domain.conditions.strategies import ANY_FACTS, ANY_TESTS, FIELDS, JSON, trees
from tests.domain.conditions.test_operators import OPPOSITES
from tests.domain.strategies import OPEN

SEVERAL = st.lists(trees(ANY_TESTS, 3), max_size=3).map(tuple)
SHORT = "abAB"
# Few enough values for tests to rule each other out often, and all that tell the tests apart.
VALUES: list[object] = [None, "a", "B", "ab", "ß", True, False, 0, 1, 1.5, 2, 3, ["a"], [1, "b"], {}]
FEW = st.sampled_from([0, 1, 1.0, 2, 1.5, "a", "A", "b", "ss", True, False])
CLOSE = st.builds(
    check,
    st.sampled_from(["activity.it", "activity.other"]),
    st.sampled_from(Operator),
    FEW | st.none() | st.lists(FEW, max_size=2),
)


@OPEN
@given(trees(ANY_TESTS), ANY_FACTS)
def test_a_condition_holds_or_does_not_whatever_the_facts(condition: Condition, given_facts: Facts) -> None:
    assert isinstance(holds(condition, given_facts), bool)


@OPEN
@given(trees(ANY_TESTS), st.booleans())
def test_whatever_the_condition_it_is_said_what_is_wrong_with_it_and_where(
    condition: Condition,
    profile: bool,
) -> None:
    found = list(problems(("condition",), condition, profile=profile))

    assert all(problem.path[0] == "condition" for problem in found)
    assert len({(problem.path, problem.fault) for problem in found}) == len(found)
    assert isinstance(never_holds(condition), bool)


@OPEN
@given(trees(ANY_TESTS), ANY_FACTS)
def test_not_turns_a_condition_around(condition: Condition, given_facts: Facts) -> None:
    assert holds(Not(condition), given_facts) is not holds(condition, given_facts)


@OPEN
@given(SEVERAL, ANY_FACTS)
def test_not_all_is_any_not_and_not_any_is_all_not(inner: tuple[Condition, ...], given_facts: Facts) -> None:
    negated = tuple(map(Not, inner))

    assert holds(Not(All(inner)), given_facts) is holds(AnyOf(negated), given_facts)
    assert holds(Not(AnyOf(inner)), given_facts) is holds(All(negated), given_facts)


@OPEN
@given(st.sampled_from(list(OPPOSITES.items())), FIELDS, JSON, ANY_FACTS)
def test_an_opposite_is_the_operator_turned_around(
    pair: tuple[Operator, Operator], field: str, value: object, given_facts: Facts
) -> None:
    negated, plain = (holds(check(field, operator, value), given_facts) for operator in pair)

    assert negated is not plain


@OPEN
@given(st.text(SHORT, max_size=6), st.text(SHORT + "*?", max_size=5))
def test_a_pattern_matches_what_the_shell_s_would(text: str, pattern: str) -> None:
    shell = re.compile(fnmatch.translate(pattern), re.IGNORECASE)

    assert holds_of(text, Operator.MATCHES, pattern) is bool(shell.match(text))


@OPEN
@given(st.text(max_size=6), st.text(max_size=6))
def test_a_pattern_without_stars_and_marks_matches_what_equals_it(text: str, pattern: str) -> None:
    assume(not {"*", "?"} & {*pattern})

    assert holds_of(text, Operator.MATCHES, pattern) is holds_of(text, Operator.EQUALS, pattern)


@settings(OPEN, max_examples=150)
@given(st.lists(trees(CLOSE, 2), min_size=2, max_size=4).map(lambda inner: every(*inner)))
@example(every(check("activity.it", Operator.EQUALS, "ss"), check("activity.it", Operator.MATCHES, "SS")))
@example(every(check("activity.it", Operator.EQUALS, 1), check("activity.it", Operator.IN, [1.0])))
@example(every(check("activity.it", Operator.GTE, 1), check("activity.it", Operator.LTE, 1.0)))
def test_what_is_said_never_to_hold_never_holds(condition: Condition) -> None:
    assume(never_holds(condition))

    held = [
        (it, other)
        for it, other in product(VALUES, VALUES)
        if holds(condition, facts({"it": it, "other": other}))
    ]
    assert held == []
