"""Inputs made directly: a bulk of a thousand items would spend most of its time in the general conversion.

Strawberry looks every field's type and name up again for every value; `direct` does so once for a type, and plugs in
at Strawberry's own hook for inputs that build themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from strawberry.schema.name_converter import NameConverter
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryContainer, StrawberryList, has_object_definition

Input = TypeVar("Input", bound=type)
Make = Callable[[Any], Any]

_NAMES = NameConverter()


def direct(cls: Input) -> Input:
    """Let values of this input type be made without the general conversion."""
    definition: Any = cls
    definition.__strawberry_definition__.from_input = _from_input
    return cls


def _from_input(cls: type, value: Mapping[str, Any], _: InputContext) -> object:
    return _make(cls)(value)


@cache
def _make(cls: Any) -> Make:
    """The maker of an input type: from the names of the contract to its own, each value by its type's maker."""
    plan = [
        (_NAMES.from_field(field), field.python_name, _maker(field.resolve_type()))
        for field in cls.__strawberry_definition__.fields
    ]

    def make(value: Mapping[str, Any]) -> object:
        return cls(
            **{
                name: made(value[given]) if made and value[given] is not None else value[given]
                for given, name, made in plan
                if given in value
            }
        )

    return make


def _maker(kind: object) -> Make | None:
    """How a value of that type is made; None for what is as it comes: scalars and enums."""
    if isinstance(kind, StrawberryList):
        made = _maker(kind.of_type)
        return (lambda values: [made(each) for each in values]) if made else None
    if isinstance(kind, StrawberryContainer):
        return _maker(kind.of_type)
    return _make(kind) if has_object_definition(kind) else None
