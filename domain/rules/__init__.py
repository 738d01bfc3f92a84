"""Rules: what an activity or a lead's profile is worth, and the numbered sets that rules are published in."""

from domain.rules.editing import (
    RULES,
    TIMES,
    rule_problems,
    with_changed_rule,
    with_rule,
    without_rule,
)
from domain.rules.rule import SPAN, Limit, Period, Rule
from domain.rules.sets import Inactivity, Rescore, RuleSet, RuleSetState

__all__ = [
    "RULES",
    "SPAN",
    "TIMES",
    "Inactivity",
    "Limit",
    "Period",
    "Rescore",
    "Rule",
    "RuleSet",
    "RuleSetState",
    "rule_problems",
    "with_changed_rule",
    "with_rule",
    "without_rule",
]
