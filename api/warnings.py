"""Warnings in words: what is odd about how leads are spread, and the way out."""

from __future__ import annotations

from domain.distribution import Deserted, TopHeavy, Unclassified, Unlevelled, Warned


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
