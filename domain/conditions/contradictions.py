"""Conditions that cannot hold, whatever the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from domain.conditions.holding import passes
from domain.conditions.tree import NEGATIONS, All, AnyOf, Condition, Operator, Test
from domain.conditions.values import is_number

_LOW = (Operator.GT, Operator.GTE)
_HIGH = (Operator.LT, Operator.LTE)


def never_holds(condition: Condition) -> bool:
    """Whether its own tests rule each other out. When this says so, it is so; when not, it may still never hold.

    Found are tests of one field, within one `all`, that contradict each other: by a value that the field must
    equal, by a range of numbers with nothing in it, by a field that must be missing and there. And an `any` of
    conditions that all never hold. Which levels there are is not asked.
    """
    if isinstance(condition, AnyOf):
        return all(map(never_holds, condition.conditions))
    tests: defaultdict[str, list[Test]] = defaultdict(list)
    for each in _together(condition):
        if isinstance(each, Test):
            tests[each.field].append(each)
        elif isinstance(each, AnyOf) and never_holds(each):
            return True
    return any(map(_contradict, tests.values()))


def _together(condition: Condition) -> Iterator[Condition]:
    """What must hold all at once for the condition to hold."""
    if not isinstance(condition, All):
        yield condition
        return
    for each in condition.conditions:
        yield from _together(each)


def _contradict(tests: Sequence[Test]) -> bool:
    """Whether no value of their one field can pass all of these tests."""
    for equal in tests:
        if equal.operator is Operator.EQUALS:
            # Whatever equals this value passes exactly the tests that this value does.
            return not all(passes(test, equal.value) for test in tests)
    return _is_missing_and_there(tests) or _is_empty_range(tests)


def _is_missing_and_there(tests: Sequence[Test]) -> bool:
    operators = {test.operator for test in tests}
    return Operator.MISSING in operators and not operators <= NEGATIONS.keys()


def _is_empty_range(tests: Sequence[Test]) -> bool:
    # Of two bounds with one number, the one that leaves that number out is the narrower.
    lows = [(value, operator is Operator.GT) for value, operator in _bounds(tests, _LOW)]
    highs = [(value, operator is not Operator.LT) for value, operator in _bounds(tests, _HIGH)]
    if not lows or not highs:
        return False
    (low, beyond), (high, including) = max(lows), min(highs)
    return low > high or (low == high and (beyond or not including))


def _bounds(tests: Iterable[Test], operators: Sequence[Operator]) -> Iterator[tuple[float, Operator]]:
    for test in tests:
        if test.operator in operators and is_number(test.value):
            yield test.value, test.operator
