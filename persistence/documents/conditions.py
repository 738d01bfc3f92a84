"""Conditions as documents, which are also what a caller reads of them: the input's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.conditions import All, AnyOf, Condition, Not, Operator, Test
from persistence.documents.common import Document, present


def from_condition(condition: Condition) -> Document:
    match condition:
        case All():
            return {"all": [from_condition(each) for each in condition.conditions]}
        case AnyOf():
            return {"any": [from_condition(each) for each in condition.conditions]}
        case Not():
            return {"not": from_condition(condition.condition)}
        case Test():
            return {"test": _from_test(condition)}


def to_condition(document: Mapping[str, Any]) -> Condition:
    ((name, content),) = document.items()
    match name:
        case "all":
            return All(tuple(map(to_condition, content)))
        case "any":
            return AnyOf(tuple(map(to_condition, content)))
        case "not":
            return Not(to_condition(content))
        case _:
            return Test(content["field"], Operator(content["operator"]), content.get("value"))


def _from_test(test: Test) -> Document:
    value = list(test.value) if isinstance(test.value, tuple) else test.value
    return present(field=test.field, operator=test.operator.value, value=value)
