"""Whether a condition holds: total, so that no data whatever can make it raise, and linear in the data's size."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from domain.conditions.fields import Facts, field_at
from domain.conditions.tree import NEGATIONS, All, AnyOf, Condition, Not, Operator, Test
from domain.conditions.values import is_number, key

LONGEST = 1_000  # characters of a text that patterns are held against

Check = Callable[[Any, Any], bool]  # of the field's value, which is not None, and the test's


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether it holds for these facts; what the operators mean stands with `Operator`."""
    match condition:
        case Test():
            field = field_at(condition.field)
            return passes(condition, field and field.value(facts))
        case Not():
            return not holds(condition.condition, facts)
        case All():
            return all(holds(each, facts) for each in condition.conditions)
        case AnyOf():
            return any(holds(each, facts) for each in condition.conditions)


def passes(test: Test, value: object) -> bool:
    """Whether the test is true of a field with that value; None is missing."""
    if opposite := NEGATIONS.get(test.operator):
        return value is None or not _CHECKS[opposite](value, test.value)
    return value is not None and _CHECKS[test.operator](value, test.value)


def _equals(value: object, wanted: object) -> bool:
    return key(value) == key(wanted) is not None


def _is_in(value: object, wanted: object) -> bool:
    if not isinstance(wanted, list | tuple):
        return False
    keys = {key(each) for each in wanted} - {None}
    return any(key(each) in keys for each in (value if isinstance(value, list | tuple) else (value,)))


def _contains(value: object, wanted: object) -> bool:
    if isinstance(value, list | tuple):
        return _is_in(value, (wanted,))
    return _of_texts(operator.contains)(value, wanted)


def _of_texts(check: Callable[[str, str], bool]) -> Check:
    """The check, without regard to case, and false of anything else."""

    def folded(value: object, wanted: object) -> bool:
        if not isinstance(value, str) or not isinstance(wanted, str):
            return False
        return check(value.casefold(), wanted.casefold())

    return folded


def _of_numbers(check: Callable[[float, float], bool]) -> Check:
    return lambda value, wanted: is_number(value) and is_number(wanted) and check(value, wanted)


def _matches(text: str, pattern: str) -> bool:
    """Whether the whole text is as the pattern: `*` is any text, also none, and `?` one character.

    The pattern as an automaton, all of whose states are held at once in the bits of a number: bit n is set when the
    first n characters of the pattern, stars aside, may have ended here. So a text is gone over once and no pattern
    can make it slow: never a regular expression, nor a search that goes back. The method is Baeza-Yates's and
    Gonnet's shift-and (A new approach to text searching, 1992). A longer text than a value may be is a document, and
    matches nothing: thousands of tests may be held against one activity.
    """
    if len(text) > LONGEST:
        return False
    moves: dict[str, int] = {}
    stays, end = 0, 1
    for char in pattern:
        if char == "*":
            stays |= end
        else:
            moves[char] = moves.get(char, 0) | end
            end <<= 1
    anything = moves.pop("?", 0)
    states = 1
    for char in text:
        states = (states & (moves.get(char, 0) | anything)) << 1 | states & stays
        if not states:
            return False
    return bool(states & end)


_CHECKS: dict[Operator, Check] = {
    Operator.EQUALS: _equals,
    Operator.CONTAINS: _contains,
    Operator.STARTS_WITH: _of_texts(str.startswith),
    Operator.ENDS_WITH: _of_texts(str.endswith),
    Operator.MATCHES: _of_texts(_matches),
    Operator.IN: _is_in,
    Operator.GT: _of_numbers(operator.gt),
    Operator.GTE: _of_numbers(operator.ge),
    Operator.LT: _of_numbers(operator.lt),
    Operator.LTE: _of_numbers(operator.le),
    Operator.EXISTS: lambda _, __: True,
}
