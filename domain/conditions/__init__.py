"""Conditions: what must hold of a lead, and of what it did, for a rule to pay or an automation to fire."""

from domain.conditions.checking import problems
from domain.conditions.contradictions import never_holds
from domain.conditions.fields import Facts
from domain.conditions.holding import Ready, holds, ready
from domain.conditions.tree import All, AnyOf, Condition, Not, Operator, Test
from domain.conditions.values import Kind

__all__ = [
    "All",
    "AnyOf",
    "Condition",
    "Facts",
    "Kind",
    "Not",
    "Operator",
    "Ready",
    "Test",
    "holds",
    "never_holds",
    "problems",
    "ready",
]
