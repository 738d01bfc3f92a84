"""Warnings in words: what is odd about how leads are spread, or about rules, and the way out."""

from __future__ import annotations

from domain.distribution import Deserted, TopHeavy, Unclassified, Unlevelled, Warned
from domain.review import Inflating, Lopsided, NeverPays, Odd, PaysTwice


def oddity_in_words(odd: Odd) -> str:
    match odd:
        case NeverPays(rule):
            return f"{rule.name!r} can never pay, for its condition contradicts itself; change the condition"
        case PaysTwice(first, second):
            return f"{first.name!r} and {second.name!r} pay for the same; remove one, or give them different conditions"
        case Lopsided(rule, share):
            return (
                f"{rule.name!r} gives {share:.0%} of all points, by the last 30 days; lower its points, or limit how "
                "often it pays"
            )
        case Inflating():
            return (
                "nothing takes points away, so that in time every lead is hot; let points expire or halve, or inactive "
                "leads lose some (saveScoringPolicy)"
            )


def in_words(warning: Warned) -> str:
    match warning:
        case Unlevelled():
            return "there are no levels; begin with quickStart, or name your own with replaceLevels"
        case Unclassified():
            return f"{_leads(warning.leads)} at {_scores(warning)} no level; {_way_out(warning)}"
        case Deserted(level):
            return f"{level.name} has no leads; move its bounds, or remove it"
        case TopHeavy(level, share):
            return (
                f"{level.name} has {share:.0%} of all leads, too many to call first; raise its lower bound, or let "
                "suggestLevels propose one"
            )


def _leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count:,} leads"


def _scores(warning: Unclassified) -> str:
    low, high = warning.scores.min, warning.scores.max
    scores = f"{_score(low)}" if low == high else f"{_score(low)}…{_score(high)}"
    return f"{scores} {'has' if warning.leads == 1 else 'have'}"


def _score(score: int | None) -> str:
    return "" if score is None else f"{score}".replace("-", "\N{MINUS SIGN}")


def _way_out(warning: Unclassified) -> str:
    match warning.below, warning.above:
        case None, above if above:
            return f"extend {above.name} or add a level below it"
        case below, None if below:
            return f"extend {below.name} or add a level above it"
        case below, above if below and above:
            return f"extend {below.name} or {above.name}, or add a level between them"
    raise ValueError(f"no level is next to {warning.scores}")
