"""What is wrong with a condition, told where it is written and not where it is held against a lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain import bounds
from domain.bounds import Path
from domain.conditions.fields import Field, field_at, is_of_activity, paths
from domain.conditions.tree import All, AnyOf, Condition, Not, Operator, Test
from domain.conditions.values import SCALARS, Kind, is_number, kind_of
from domain.errors import Fault, Problem

DEPTH = 5  # a test alone is 1; what is deeper nobody reads
TESTS = 50  # in one condition; a page full
SIZE = (
    10_000  # characters of all fields and values of one condition: 200 of them are one document of the store
)
LIST = 100  # values of one IN
TEXT = 1_000  # characters of a field or value; more is a document, and no value to compare with

_NO_VALUE = (Operator.EXISTS, Operator.MISSING)
_ONE_OF = (Operator.IN, Operator.NOT_IN)
_EQUAL = (Operator.EQUALS, Operator.NOT_EQUALS)
_CONTAIN = (Operator.CONTAINS, Operator.NOT_CONTAINS)
_OF_TEXTS = (Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.MATCHES)
_OF_NUMBERS = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)

# The operators that fit a field whose values are always of a kind, and the kinds of scalars to compare with.
_FIT: dict[Kind | None, tuple[Operator, ...]] = {
    Kind.TEXT: (*_EQUAL, *_CONTAIN, *_OF_TEXTS, *_ONE_OF, *_NO_VALUE),
    Kind.NUMBER: (*_EQUAL, *_OF_NUMBERS, *_ONE_OF, *_NO_VALUE),
    Kind.LIST: (*_CONTAIN, *_ONE_OF, *_NO_VALUE),  # of tags: texts
    None: tuple(Operator),
}
_COMPARED: dict[Kind | None, tuple[Kind, ...]] = {
    Kind.TEXT: (Kind.TEXT,),
    Kind.NUMBER: (Kind.NUMBER,),
    Kind.LIST: (Kind.TEXT,),
    None: SCALARS,
}


def problems(
    path: Path, condition: Condition, *, profile: bool = False, activity: bool = True
) -> Iterator[Problem]:
    """Everything that is wrong, under *path*; with *profile*, also what no rule of the profile may ask.

    Without *activity* there is none to ask of, as for automations.

    Of more than 50 tests only the first 50 are looked into, and nothing deeper than 5: so neither the time this takes
    nor what it tells grows with what a stranger sends.
    """
    leaves = tuple(_leaves(path, condition, 1))
    if len(leaves) > TESTS:
        yield Problem(path, Fault.TOO_MANY_TESTS, TESTS, len(leaves))
    else:
        size = sum(len(leaf.field) + len(str(leaf.value)) for _, leaf in leaves if isinstance(leaf, Test))
        yield from bounds.long(path, size, SIZE)
    for at, leaf in leaves[:TESTS]:
        if isinstance(leaf, Test):
            yield from _of_test(at, leaf, profile=profile, activity=activity)
        else:
            yield from _of_group(at, leaf)


def _leaves(path: Path, condition: Condition, depth: int) -> Iterator[tuple[Path, Condition]]:
    """The tests, and the groups that are empty or too deep."""
    inner = tuple(_inner(path, condition))
    if not inner or depth == DEPTH:
        yield (*path, _name(condition)), condition
        return
    for at, each in inner:
        yield from _leaves(at, each, depth + 1)


def _inner(path: Path, condition: Condition) -> Iterator[tuple[Path, Condition]]:
    if isinstance(condition, Not):
        yield (*path, _name(condition)), condition.condition
    if isinstance(condition, All | AnyOf):
        for at, each in enumerate(condition.conditions):
            yield (*path, _name(condition), str(at)), each


def _name(condition: Condition) -> str:
    """What the part is called in the input."""
    match condition:
        case All():
            return "all"
        case AnyOf():
            return "any"
        case Not():
            return "not"
        case Test():
            return "test"


def _of_group(path: Path, group: All | AnyOf | Not) -> Iterator[Problem]:
    """Of one that has come out as a leaf: nothing is in it, or something that lies too deep."""
    if isinstance(group, Not) or group.conditions:
        yield Problem(path, Fault.TOO_DEEP, DEPTH)
    else:
        yield Problem(path, Fault.EMPTY)


def _of_test(path: Path, test: Test, *, profile: bool, activity: bool) -> Iterator[Problem]:
    field = field_at(test.field)
    known = field if activity or not is_of_activity(test.field) else None
    yield from _of_field((*path, "field"), test.field, known, profile=profile, activity=activity)
    kind = field.kind if field else None
    if test.operator not in _FIT[kind]:
        fitting = tuple(each.value for each in _FIT[kind])
        yield Problem((*path, "operator"), Fault.WRONG_OPERATOR, fitting, test.operator.value)
        kind = None  # the value may be right for an operator that fits
    yield from _of_value((*path, "value"), test, _COMPARED[kind])


def _of_field(
    path: Path, name: str, field: Field | None, *, profile: bool, activity: bool
) -> Iterator[Problem]:
    if unwritable := bounds.text(path, name, TEXT):
        yield from unwritable
    elif field is None:
        yield Problem(path, Fault.UNKNOWN_FIELD, paths(profile=profile, activity=activity), name)
    elif profile and not field.in_profile:
        yield Problem(path, Fault.NOT_IN_PROFILE, paths(profile=True), name)


def _of_value(path: Path, test: Test, compared: tuple[Kind, ...]) -> Iterator[Problem]:
    if test.operator in _NO_VALUE:
        if test.value is not None:
            yield Problem(path, Fault.TAKES_NO_VALUE, actual=test.operator.value)
    elif test.operator in _ONE_OF:
        yield from _of_list(path, test.value, compared)
    elif test.operator in _OF_TEXTS:
        yield from _of_scalar(path, test.value, (Kind.TEXT,))
    elif test.operator in _OF_NUMBERS:
        yield from _of_scalar(path, test.value, (Kind.NUMBER,))
    else:
        yield from _of_scalar(path, test.value, compared)


def _of_list(path: Path, values: Any, compared: tuple[Kind, ...]) -> Iterator[Problem]:
    if kind_of(values) is not Kind.LIST:
        yield Problem(path, Fault.WRONG_KIND, (Kind.LIST,), kind_of(values))
        return
    if not values:
        yield Problem(path, Fault.EMPTY)
    yield from bounds.count(path, len(values), LIST)
    for at, value in enumerate(values[:LIST]):
        yield from _of_scalar((*path, str(at)), value, compared)


def _of_scalar(path: Path, value: object, compared: tuple[Kind, ...]) -> Iterator[Problem]:
    if kind_of(value) not in compared:
        yield Problem(path, Fault.WRONG_KIND, compared, kind_of(value))
    elif isinstance(value, str):
        if len(value) > TEXT:
            yield Problem(path, Fault.TOO_LONG, TEXT, len(value))
        elif not bounds.storable(value):
            yield Problem(path, Fault.NOT_STORABLE)
    elif is_number(value) and not bounds.is_kept(value):
        yield Problem(path, Fault.NOT_STORABLE)
