"""Whether a condition holds: total, so that no data whatever can make it raise, and linear in the data's size.

A condition is made ready once and then held against lead after lead: what its own values come to is worked out before.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

from domain.conditions.fields import Facts, field_at
from domain.conditions.tree import NEGATIONS, All, AnyOf, Condition, Not, Operator, Test
from domain.conditions.values import LISTS, is_number, key

LONGEST = 1_000  # characters of a text that patterns are held against

Check = Callable[[Any], bool]  # of a field's value
Ready = Callable[[Facts], bool]


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether it holds for these facts; what the operators mean stands with `Operator`."""
    return ready(condition)(facts)


def ready(condition: Condition) -> Ready:
    """What says whether it holds, for any facts."""
    match condition:
        case Test():
            return _of_field(condition)
        case Not():
            other = ready(condition.condition)
            return lambda facts: not other(facts)
        case All():
            return _any_is([ready(each) for each in condition.conditions], False)
        case AnyOf():
            return _any_is([ready(each) for each in condition.conditions], True)


def _of_field(test: Test) -> Ready:
    field, check = field_at(test.field), checking(test)
    if field is None:
        return lambda _: check(None)
    value_of = field.value
    return lambda facts: check(value_of(facts))


def _any_is(conditions: list[Ready], wanted: bool) -> Ready:
    """Whether one of them is as wanted, told as that is."""

    def found(facts: Facts) -> bool:
        for each in conditions:  # any() and all() take twice as long
            if each(facts) is wanted:
                return wanted
        return not wanted

    return found


def passes(test: Test, value: object) -> bool:
    """Whether the test is true of a field with that value; None is missing."""
    return checking(test)(value)


def checking(test: Test) -> Check:
    """What says whether the test is true, for any value of its field; None is missing."""
    if opposite := NEGATIONS.get(test.operator):
        check = _CHECKS[opposite](test.value)
        return lambda value: value is None or not check(value)
    return _CHECKS[test.operator](test.value)


def _equals(wanted: object) -> Check:
    if isinstance(wanted, str):
        return _of_texts(operator.eq)(wanted)
    same = key(wanted)
    return lambda value: same is not None and key(value) == same


def _is_in(wanted: object) -> Check:
    if not isinstance(wanted, LISTS):
        return _never
    keys = _keys(wanted)
    return lambda value: (
        not keys.isdisjoint(map(key, value)) if isinstance(value, LISTS) else key(value) in keys
    )


def _contains(wanted: object) -> Check:
    keys, in_text = _keys((wanted,)), _of_texts(operator.contains)(wanted)
    return lambda value: not keys.isdisjoint(map(key, value)) if isinstance(value, LISTS) else in_text(value)


def _keys(values: Iterable[object]) -> set[object]:
    return {key(each) for each in values} - {None}


def _of_texts(check: Callable[[str, str], bool]) -> Callable[[object], Check]:
    """The check, without regard to case, and false of anything else."""

    def of(wanted: object) -> Check:
        if not isinstance(wanted, str):
            return _never
        folded = wanted.casefold()
        return lambda value: isinstance(value, str) and check(value.casefold(), folded)

    return of


def _of_numbers(check: Callable[[float, float], bool]) -> Callable[[object], Check]:
    def of(wanted: object) -> Check:
        if not is_number(wanted):
            return _never
        number = wanted
        return lambda value: is_number(value) and check(value, number)

    return of


def _matches(wanted: object) -> Check:
    """Whether the whole text is as the pattern: `*` is any text, also none, and `?` one character.

    The pattern as an automaton, all of whose states are held at once in the bits of a number: bit n is set when the
    first n characters of the pattern, stars aside, may have ended here. So a text is gone over once and no pattern
    can make it slow: never a regular expression, nor a search that goes back. The method is Baeza-Yates's and
    Gonnet's shift-and (A new approach to text searching, 1992). A longer text than a value may be is a document, and
    matches nothing: thousands of tests may be held against one activity.
    """
    if not isinstance(wanted, str):
        return _never
    moves: dict[str, int] = {}
    stays, end = 0, 1
    for char in wanted.casefold():
        if char == "*":
            stays |= end
        else:
            moves[char] = moves.get(char, 0) | end
            end <<= 1
    anything = moves.pop("?", 0)

    def check(value: object) -> bool:
        if not isinstance(value, str) or len(text := value.casefold()) > LONGEST:
            return False
        states = 1
        for char in text:
            states = (states & (moves.get(char, 0) | anything)) << 1 | states & stays
            if not states:
                return False
        return bool(states & end)

    return check


def _never(_: object) -> bool:
    return False


# Each makes, of the test's value, what checks the field's; one that is missing passes none.
_CHECKS: dict[Operator, Callable[[object], Check]] = {
    Operator.EQUALS: _equals,
    Operator.CONTAINS: _contains,
    Operator.STARTS_WITH: _of_texts(str.startswith),
    Operator.ENDS_WITH: _of_texts(str.endswith),
    Operator.MATCHES: _matches,
    Operator.IN: _is_in,
    Operator.GT: _of_numbers(operator.gt),
    Operator.GTE: _of_numbers(operator.ge),
    Operator.LT: _of_numbers(operator.lt),
    Operator.LTE: _of_numbers(operator.le),
    Operator.EXISTS: lambda _: lambda value: value is not None,
}
