"""The rules of a draft, with one added, changed or taken away."""

from __future__ import annotations

from collections.abc import Iterator

from domain import bounds
from domain.conditions import problems as condition_problems
from domain.errors import Fault, NotFound, Problem, refuse
from domain.levels import Dimension
from domain.rules.rule import SPAN, Rule
from domain.values import replace

RULES = 200  # rules in one set; the field calls 100 a large setup
TIMES = 10_000  # of a limit; more often a rule that pays is as good as without one


def with_rule(rules: tuple[Rule, ...], rule: Rule) -> tuple[Rule, ...]:
    """The rules with *rule* added at the end; raises InvalidInput."""
    refuse((*rule_problems(rule), *bounds.count(("rule",), len(rules) + 1, RULES)))
    return (*rules, _tidy(rule))


def with_changed_rule(rules: tuple[Rule, ...], rule: Rule) -> tuple[Rule, ...]:
    """The rules with *rule* in the place of the one with its id; raises NotFound, InvalidInput."""
    without_rule(rules, rule.id)
    refuse(rule_problems(rule))
    return tuple(_tidy(rule) if each.id == rule.id else each for each in rules)


def without_rule(rules: tuple[Rule, ...], rule_id: str) -> tuple[Rule, ...]:
    """The rules less the one with that id; raises NotFound."""
    kept = tuple(rule for rule in rules if rule.id != rule_id)
    if len(kept) == len(rules):
        raise NotFound("Rule", rule_id)
    return kept


def _tidy(rule: Rule) -> Rule:
    return replace(rule, name=rule.name.strip())


def rule_problems(rule: Rule) -> Iterator[Problem]:
    yield from bounds.text(("rule", "name"), rule.name, bounds.NAME)
    if rule.dimension is Dimension.PROFILE:
        yield from _profile_problems(rule)
    else:
        yield from _engagement_problems(rule)
    yield from bounds.points(("rule", "points"), rule.points)
    if rule.condition is not None:
        profile = rule.dimension is Dimension.PROFILE
        yield from condition_problems(("rule", "condition"), rule.condition, profile=profile)


def _profile_problems(rule: Rule) -> Iterator[Problem]:
    given = {
        "activity": rule.activity,
        "limit": rule.limit,
        "maxPoints": rule.max_points,
        "expiresAfterDays": rule.expires_after,
        "halfLifeDays": rule.half_life,
    }
    yield from (
        Problem(("rule", name), Fault.OF_ENGAGEMENT) for name, value in given.items() if value is not None
    )
    if rule.condition is None:
        yield Problem(("rule", "condition"), Fault.EMPTY)  # it would be the same for every lead


def _engagement_problems(rule: Rule) -> Iterator[Problem]:
    yield from bounds.kind(("rule", "activity"), rule.activity or "")
    if rule.limit is not None:
        yield from bounds.whole(("rule", "limit", "times"), rule.limit.times, 1, TIMES)
    least = min(abs(rule.points), bounds.POINTS)  # or it would never pay what it says
    yield from bounds.whole(("rule", "maxPoints"), rule.max_points, least, bounds.SCORE)
    yield from bounds.whole(("rule", "expiresAfterDays"), rule.expires_after, 1, SPAN)
    yield from bounds.whole(("rule", "halfLifeDays"), rule.half_life, 1, SPAN)
    if rule.expires_after is not None and rule.half_life is not None:
        yield Problem(("rule", "halfLifeDays"), Fault.NOT_BESIDE, "expiresAfterDays")
