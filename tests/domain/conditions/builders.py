"""Conditions and facts, so that a test says only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

# As a module, for pytest takes any class whose name begins with Test for tests.
from domain import conditions
from domain.conditions import All, AnyOf, Condition, Facts, Not, Operator, holds
from domain.leads import Lead
from domain.levels import Dimension
from tests.domain.builders import a_lead, an_activity


def check(field: str, operator: Operator, value: Any = None) -> conditions.Test:
    return conditions.Test(field, operator, value)


def every(*inner: Condition) -> All:
    return All(inner)


def either(*inner: Condition) -> AnyOf:
    return AnyOf(inner)


def nested(depth: int) -> Condition:
    """A condition of that depth: one test, in groups of one and negations by turns."""
    condition: Condition = check("lead.email", Operator.EXISTS)
    for level in range(depth - 1):
        condition = (every(condition), Not(condition), either(condition))[level % 3]
    return condition


def facts(
    properties: Mapping[str, Any] | None = None, lead: Lead | None = None, **levels: str | None
) -> Facts:
    """An activity of these properties, by a lead that is unclassified unless *levels* say otherwise."""
    by_dimension = {Dimension[name.upper()]: level for name, level in levels.items()}
    return Facts(lead or a_lead(), an_activity(properties=properties or {}), by_dimension)


def with_attributes(**attributes: Any) -> Facts:
    return facts(lead=replace(a_lead(), attributes=attributes))


def holds_of(value: object, operator: Operator, wanted: object = None) -> bool:
    """Whether a test is true of a property with this value; None is a property that is null."""
    return holds(check("activity.it", operator, wanted), facts({"it": value}))
