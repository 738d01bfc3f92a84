"""The parts of a condition, and what each of them says."""

from __future__ import annotations

from enum import Enum
from typing import Any

from domain.values import dataclass


class Operator(Enum):
    """How a field is held against a value. Texts compare without regard to case, by their case folding.

    A field that is missing, or null, makes every test false, but the opposites true: NOT_EQUALS, NOT_CONTAINS,
    NOT_IN and MISSING are true exactly where EQUALS, CONTAINS, IN and EXISTS are false. What does not fit, a number
    held against a text, a list against a scalar, is false too, and never an error.
    """

    EQUALS = (
        "EQUALS"  # text and text, number and number (1 is 1.0), boolean and boolean; never a list or object
    )
    NOT_EQUALS = "NOT_EQUALS"
    CONTAINS = "CONTAINS"  # a text has the value somewhere in it; one of a list's elements equals the value
    NOT_CONTAINS = "NOT_CONTAINS"
    STARTS_WITH = "STARTS_WITH"  # a text begins with it
    ENDS_WITH = "ENDS_WITH"  # a text ends with it
    MATCHES = (
        "MATCHES"  # the whole text is as the pattern, where * is any text, also none, and ? one character
    )
    IN = "IN"  # it equals one of the values, or one of a list's elements does
    NOT_IN = "NOT_IN"
    GT = "GT"  # numbers with numbers, and a boolean is none
    GTE = "GTE"
    LT = "LT"
    LTE = "LTE"
    EXISTS = "EXISTS"  # it is there, and not null; takes no value
    MISSING = "MISSING"


NEGATIONS = {
    Operator.NOT_EQUALS: Operator.EQUALS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_IN: Operator.IN,
    Operator.MISSING: Operator.EXISTS,
}


@dataclass(frozen=True, slots=True)
class All:
    """Holds when all of them do; with none of them, too."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when at least one of them does; with none of them, never."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when the other does not."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Test:
    """One field held against a value. A list of values is kept as a tuple, which nobody can change.

    Equal is not the same here: Python's 1 equals True, and a condition tells them apart.
    """

    field: str
    operator: Operator
    value: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.value, list):
            object.__setattr__(self, "value", tuple(self.value))


Condition = All | AnyOf | Not | Test
