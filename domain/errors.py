"""Every refusal Tierwire can give, as data; the words are chosen at the edge.

DomainError
├── InvalidInput       the input breaks bounds; carries every problem found
├── LevelsOverlap      two levels claim the same scores
├── LeadNotFound       a reference by id names no lead
├── NotFound           an id or name of anything else names nothing
├── VersionConflict    somebody else edited first
├── NothingToPublish   there is no draft
└── AlreadyConfigured  the workspace has levels or rules of its own
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from domain.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.leads import LeadRef
    from domain.levels import Level, ScoreRange


class Fault(Enum):
    """What is wrong with one field; `bound` and `actual` of a Problem say by how much."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    TOO_MANY = "too many"
    TOO_DEEP = "too deep"
    TOO_LARGE = "too large"
    OUT_OF_RANGE = "out of range"
    ZERO = "zero"
    NOT_UPPER_SNAKE = "not UPPER_SNAKE"
    NOT_A_COLOR = "not a colour"
    NOT_AN_OBJECT = "not an object"
    NOT_STORABLE = "not storable"
    NOT_A_MOMENT = "not a moment"
    NO_OFFSET = "no offset"
    TOO_FAR_AHEAD = "too far ahead"
    REVERSED = "reversed"
    DUPLICATE = "duplicate"
    TAKEN = "taken"
    KEY_REUSED = "key reused"
    WRONG_ID = "wrong id"
    UNKNOWN_LEVEL = "unknown level"
    MALFORMED_CURSOR = "malformed cursor"
    UNEVEN = "uneven"
    NOT_WHOLE = "not a whole"
    TOO_WIDE = "too wide"
    OF_ENGAGEMENT = "of engagement"
    TOO_MANY_TESTS = "too many tests"
    UNKNOWN_FIELD = "unknown field"
    NOT_IN_PROFILE = "not in profile"
    WRONG_OPERATOR = "wrong operator"
    WRONG_KIND = "wrong kind"
    TAKES_NO_VALUE = "takes no value"
    NOT_ONE_OF = "not one of"
    NOT_BESIDE = "not beside"
    NOT_AHEAD = "not ahead"
    SAME_LEAD = "same lead"
    TOO_MANY_IN_ONE = "too many in one"
    UNBALANCED = "unbalanced"
    UNKNOWN_PLACE = "unknown place"
    NOT_OF_EVENT = "not of event"
    NOT_OF_ACTION = "not of action"
    NOT_WHSEC = "not whsec"
    NOT_A_TARGET = "not a target"


@dataclass(frozen=True, slots=True)
class Problem:
    """One faulty field: where it stands in the input, what is wrong, the bound and what came instead."""

    path: tuple[str, ...]
    fault: Fault
    bound: object = None
    actual: object = None

    def under(self, *prefix: str) -> Problem:
        return Problem((*prefix, *self.path), self.fault, self.bound, self.actual)


class DomainError(Exception):
    """A refusal: nothing was changed."""


class InvalidInput(DomainError):
    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


class LevelsOverlap(DomainError):
    def __init__(self, first: Level, second: Level, contested: ScoreRange) -> None:
        super().__init__(first, second)
        self.first, self.second, self.contested = first, second, contested


class LeadNotFound(DomainError):
    def __init__(self, ref: LeadRef) -> None:
        super().__init__(ref)
        self.ref = ref


class NotFound(DomainError):
    """`kind` is the noun of the schema, `name` the name, number or key that was asked for."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name


class VersionConflict(DomainError):
    def __init__(self, expected: int, current: int) -> None:
        super().__init__(expected, current)
        self.expected, self.current = expected, current


class NothingToPublish(DomainError):
    pass


class AlreadyConfigured(DomainError):
    pass


def refuse(problems: Iterable[Problem]) -> None:
    """Raise InvalidInput with all *problems*, if there are any."""
    if found := tuple(problems):
        raise InvalidInput(*found)
