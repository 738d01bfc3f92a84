"""What is odd about a set of rules, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.conditions import never_holds
from domain.rules import Rule, RuleSet
from domain.values import dataclass

FEW = 2  # rules, of which one gives more than that share anyway
LOPSIDED = 0.4  # of all points: more than that from one rule, and the score says little else


@dataclass(frozen=True, slots=True)
class NeverPays:
    """A rule whose condition contradicts itself."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class PaysTwice:
    """Two rules that pay for the same thing."""

    first: Rule
    second: Rule


@dataclass(frozen=True, slots=True)
class Lopsided:
    """A rule that gives that share of all points, taken or given."""

    rule: Rule
    share: float


@dataclass(frozen=True, slots=True)
class Inflating:
    """Points are given, and nothing ever takes any away."""


Odd = NeverPays | PaysTwice | Lopsided | Inflating


def oddities(rule_set: RuleSet, payments: Mapping[str, int]) -> Iterator[Odd]:
    """What is odd about the rules that are enabled; *payments* says how often each has paid lately."""
    rules = [rule for rule in rule_set.rules if rule.is_enabled]
    yield from (NeverPays(rule) for rule in rules if rule.condition and never_holds(rule.condition))
    yield from _pay_twice(rules)
    yield from _lopsided(rules, payments)
    if rules and rule_set.inactivity is None and all(rule.points > 0 and not rule.is_timed for rule in rules):
        yield Inflating()


def _pay_twice(rules: list[Rule]) -> Iterator[PaysTwice]:
    first: dict[object, Rule] = {}
    for rule in rules:
        other = first.setdefault(_what(rule), rule)
        if other is not rule:
            yield PaysTwice(other, rule)


def _what(rule: Rule) -> object:
    return rule.dimension, rule.activity, repr(rule.condition)  # equal is not the same: 1 == True


def _lopsided(rules: list[Rule], payments: Mapping[str, int]) -> Iterator[Lopsided]:
    if len(rules) <= FEW:
        return
    given = [(rule, payments.get(rule.id, 0) * abs(rule.points)) for rule in rules]
    total = sum(points for _, points in given)
    shares = ((rule, points / total) for rule, points in given if total)
    yield from (Lopsided(rule, share) for rule, share in shares if share > LOPSIDED)
