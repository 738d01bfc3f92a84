"""How leads are spread over levels: shares, what is odd about them, and how an edit would move them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.levels import Level, ScoreRange
from domain.stretches import Stretch
from domain.values import dataclass

TOP = 0.20  # of all leads in the highest level: more than a team can call first


@dataclass(frozen=True, slots=True)
class LevelShare:
    """How many leads have a level, and what share of all that is (0 of none); level None is unclassified."""

    level: Level | None
    leads: int
    share: float


@dataclass(frozen=True, slots=True)
class LevelMove:
    """Leads that one table has in one level and the next in another, and the scores they have."""

    before: Level | None
    after: Level | None
    leads: int
    scores: tuple[ScoreRange, ...]


@dataclass(frozen=True, slots=True)
class Unlevelled:
    """There are no levels at all."""


@dataclass(frozen=True, slots=True)
class Unclassified:
    """Leads have scores that no level claims: from the lowest such score to the highest, between two levels."""

    leads: int
    scores: ScoreRange
    below: Level | None
    above: Level | None


@dataclass(frozen=True, slots=True)
class Deserted:
    """A level has no leads, though there are some."""

    level: Level


@dataclass(frozen=True, slots=True)
class TopHeavy:
    """More than a fifth of all leads have the highest level."""

    level: Level
    share: float


Warned = Unlevelled | Unclassified | Deserted | TopHeavy
Counts = Mapping[Stretch, int]
Pairs = Mapping[tuple[Level | None, Level | None], int]  # leads by engagement and profile level


def shares(counts: Counts, table: int = 0) -> tuple[LevelShare, ...]:
    """One for each level of one of the tables that cut the stretches, lowest first.

    A last one stands for the unclassified, where some scores have no level.
    """
    found: dict[Level | None, int] = {}
    for stretch, leads in counts.items():
        level = stretch.levels[table]
        found[level] = found.get(level, 0) + leads
    total = sum(counts.values())
    unclassified = {None: found.pop(None)} if None in found else {}
    return tuple(
        LevelShare(level, leads, leads / total if total else 0.0)
        for level, leads in (*found.items(), *unclassified.items())
    )


def moves(counts: Counts) -> tuple[LevelMove, ...]:
    """Every move that the second table makes of the first one's levels, and of how many leads; the most first."""
    found: dict[tuple[Level | None, Level | None], list[Stretch]] = {}
    for stretch, leads in counts.items():
        before, after = stretch.levels
        if leads and not stretch.is_settled:
            found.setdefault((before, after), []).append(stretch)
    moved = (
        LevelMove(before, after, sum(counts[each] for each in own), tuple(each.scores for each in own))
        for (before, after), own in found.items()
    )
    return tuple(sorted(moved, key=lambda move: -move.leads))


def warnings(counts: Counts, extents: Mapping[ScoreRange, ScoreRange]) -> Iterator[Warned]:
    """What is odd about one table's leads; *extents* are the lowest and highest score of leads in each gap."""
    total = sum(counts.values())
    spread = shares(counts)
    levels = [each for each in spread if each.level]
    if not levels:
        yield Unlevelled()
        return
    yield from _unclassified(list(counts.items()), extents)
    yield from (Deserted(each.level) for each in levels if each.level and total and not each.leads)
    top = levels[-1]
    if top.level and top.share > TOP:
        yield TopHeavy(top.level, top.share)


def _unclassified(
    counted: list[tuple[Stretch, int]], extents: Mapping[ScoreRange, ScoreRange]
) -> Iterator[Unclassified]:
    for at, (stretch, leads) in enumerate(counted):
        if stretch.scores in extents and stretch.levels == (None,):
            below = _next_level(reversed(counted[:at]))
            above = _next_level(counted[at + 1 :])
            yield Unclassified(leads, extents[stretch.scores], below, above)


def _next_level(counted: Iterable[tuple[Stretch, int]]) -> Level | None:
    return next((stretch.levels[0] for stretch, _ in counted), None)
