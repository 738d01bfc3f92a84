"""The kinds of JSON values, and when two of them are the same."""

from __future__ import annotations

from enum import Enum
from typing import TypeGuard


class Kind(Enum):
    TEXT = "a text"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    LIST = "a list"
    OBJECT = "an object"
    NULL = "null"

    # An enum's own is a function in Python, called for each value that is held against a list.
    __hash__ = object.__hash__


# Named, for a union that is made anew for every value takes most of the time to look at one.
NUMBERS = (int, float)
LISTS = (list, tuple)
SCALARS = (Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN)


def kind_of(value: object) -> Kind:
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if is_number(value):
        return Kind.NUMBER
    if isinstance(value, LISTS):
        return Kind.LIST
    return Kind.NULL if value is None else Kind.OBJECT


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number; to Python a boolean is one, too."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def key(value: object) -> object:
    """What two scalars share exactly when they are the same; None for what is no scalar."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, bool):
        return Kind.BOOLEAN, value
    return (Kind.NUMBER, value) if is_number(value) else None
