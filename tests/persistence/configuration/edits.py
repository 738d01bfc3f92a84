"""Levels and rules to edit with, and what is in force or drafted after it."""

from __future__ import annotations

from api.context import House
from domain.actors import Workspace
from domain.levels import Dimension, Level, LevelSet
from domain.rules import Rule, RuleSet, RuleSetState, with_rule
from tests.persistence.given import ENGAGEMENT, editor

REPLY = Rule("reply", "Reply", "SMS_REPLIED", 10)


def named(number: int) -> Level:
    """A level that overlaps no other of its kind."""
    return Level(f"Level {number}", number * 10, number * 10 + 9)


def names(level_set: LevelSet) -> list[str]:
    return [level.name for level in level_set.levels]


async def current(house: House, workspace: Workspace, dimension: Dimension = ENGAGEMENT) -> LevelSet:
    scoring = await house.configuration.scoring(workspace.id)
    return scoring.levels[dimension]


async def draft_of(house: House, workspace: Workspace) -> RuleSet | None:
    return await house.rule_sets.in_state(workspace.id, RuleSetState.DRAFT)


def a_rule(number: int) -> Rule:
    return Rule(f"r{number}", f"Rule {number}", "LINK_CLICKED", number or 1)


async def add_rule(house: House, workspace: Workspace, rule: Rule, expected: int | None = None) -> RuleSet:
    return await house.rule_sets.edit(
        workspace.id, lambda rules: with_rule(rules, rule), editor(expected=expected)
    )
