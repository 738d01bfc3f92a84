"""Leads as nothing but their scores, and the levels suggested to them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from domain.levels import Level
from domain.suggestion import Cut, Thresholds, thresholds


def cut_of(ordered: Sequence[int], place: int) -> Cut:
    """What a place is in a population, given in order of score."""
    score = ordered[place]
    return Cut(score, bisect_left(ordered, score), bisect_right(ordered, score))


def steps(scores: Sequence[int], shares: Sequence[float]) -> list[Thresholds]:
    """What was found before the first cut in a population and after each, the last of them for good."""
    ordered = sorted(scores)
    found = [thresholds(numbered(shares), shares, len(ordered))]
    while (place := found[-1].place) is not None:
        found.append(found[-1].cut(cut_of(ordered, place)))
    return found


def levels_for(scores: Sequence[int], shares: Sequence[float]) -> tuple[Level, ...]:
    """The table suggested to a population, its levels named by number."""
    return steps(scores, shares)[-1].levels(numbered(shares))


def leads_in(levels: tuple[Level, ...], scores: Sequence[int]) -> list[int]:
    return [sum(score in level.range for score in scores) for level in levels]


def numbered(shares: Sequence[float]) -> list[str]:
    """A name for each level."""
    return [f"L{at}" for at in range(len(shares))]
