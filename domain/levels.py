"""Levels: named, coloured ranges of a score, and the numbered tables they stand in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from enum import Enum
from itertools import pairwise

from domain import bounds
from domain.actors import Actor
from domain.errors import Fault, LevelsOverlap, NotFound, Problem, refuse
from domain.values import dataclass, field, replace

LEVELS = 50  # levels in one table; nobody tells more colours apart
PALETTE = ("#3b82f6", "#f59e0b", "#ef4444", "#b91c1c")  # cold to hot, for levels given no colour

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class Dimension(Enum):
    """ENGAGEMENT is what a lead does, PROFILE who it is."""

    ENGAGEMENT = "ENGAGEMENT"
    PROFILE = "PROFILE"

    # An enum's own is a function in Python, and every change looks levels up by dimension.
    __hash__ = object.__hash__


# An enum's iterator is a function in Python, and so is the look-up of a member: every change would wait for both.
DIMENSIONS = tuple(Dimension)
ENGAGEMENT = Dimension.ENGAGEMENT


def level_key(name: str) -> str:
    """What makes a level the one that it is: its name, without regard to case or to spaces around it."""
    return name.strip().casefold()


class Announce(Enum):
    """Which of the moves that an edit of the levels makes automations may hear of; boards are told of all."""

    ALL = "ALL"
    UPWARD = "UPWARD"
    SILENT = "SILENT"


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """Whole scores from `min` to `max`, both inclusive; None is open-ended."""

    min: int | None
    max: int | None

    def __contains__(self, score: int) -> bool:
        return (self.min is None or score >= self.min) and (self.max is None or score <= self.max)


@dataclass(frozen=True, slots=True)
class Level:
    """One row of a table. `rank` counts from 1 at the lowest; 0 until it stands in a table."""

    name: str
    min: int | None
    max: int | None
    color: str | None = None
    motion: str | None = None
    rank: int = 0
    range: ScoreRange = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "range", ScoreRange(self.min, self.max))

    @property
    def key(self) -> str:
        return level_key(self.name)

    @property
    def low(self) -> float:
        return float("-inf") if self.min is None else self.min

    @property
    def high(self) -> float:
        return float("inf") if self.max is None else self.max


@dataclass(frozen=True, slots=True)
class LevelSet:
    """A numbered, immutable table of levels of one dimension, lowest first. Version 0 has no levels."""

    dimension: Dimension
    version: int
    levels: tuple[Level, ...]
    created_at: datetime
    created_by: Actor
    comment: str | None = None
    reverted_from: int | None = None
    announce: Announce = Announce.ALL
    _lows: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lows", tuple(level.low for level in self.levels))

    def level_of(self, score: int) -> Level | None:
        """The level *score* lies in; None is unclassified."""
        place = bisect_right(self._lows, score)
        level = self.levels[place - 1] if place else None
        return level if level and score in level.range else None

    def around(self, score: int) -> ScoreRange:
        """The scores about *score* that lie in the same level, or like it in none."""
        return next(each for each in (*(level.range for level in self.levels), *self.gaps) if score in each)

    def named(self, name: str | None) -> Level | None:
        """The level of that name, without regard to case."""
        wanted = None if name is None else level_key(name)
        return next((level for level in self.levels if level.key == wanted), None)

    def ranges(self, names: Iterable[str], *path: str) -> tuple[ScoreRange, ...]:
        """The scores that lie in the levels of those names; raises InvalidInput for the unknown ones."""
        found = {name: self.named(name) for name in names}
        refuse(
            Problem(path, Fault.UNKNOWN_LEVEL, [level.name for level in self.levels], name)
            for name, level in found.items()
            if level is None
        )
        return tuple(level.range for level in found.values() if level)

    def next(
        self,
        levels: tuple[Level, ...],
        actor: Actor,
        at: datetime,
        comment: str | None = None,
        reverted_from: int | None = None,
        announce: Announce = Announce.ALL,
    ) -> LevelSet:
        """The next version of the set, with this table; raises InvalidInput when the comment is out of bounds."""
        refuse(bounds.text(("comment",), comment, bounds.REASON))
        return LevelSet(self.dimension, self.version + 1, levels, at, actor, comment, reverted_from, announce)

    @property
    def gaps(self) -> tuple[ScoreRange, ...]:
        """Every range of scores that has no level, lowest first."""
        return gaps(self.levels)


def gaps(levels: tuple[Level, ...]) -> tuple[ScoreRange, ...]:
    """Every range of scores that a table has no level for, lowest first."""
    return tuple(_gaps(levels))


def _gaps(levels: tuple[Level, ...]) -> Iterator[ScoreRange]:
    if not levels:
        yield ScoreRange(None, None)
        return
    if levels[0].min is not None:
        yield ScoreRange(None, levels[0].min - 1)
    for lower, upper in pairwise(levels):
        if lower.max is not None and upper.min is not None and lower.max + 1 < upper.min:
            yield ScoreRange(lower.max + 1, upper.min - 1)
    if levels[-1].max is not None:
        yield ScoreRange(levels[-1].max + 1, None)


def table(levels: Iterable[Level]) -> tuple[Level, ...]:
    """A valid table of *levels*: sorted, ranked, coloured.

    Names are unique without regard to case and ranges do not overlap, so that a level open at the top can only
    be the highest, one open at the bottom only the lowest. Raises InvalidInput or LevelsOverlap.
    """
    given = tuple(levels)
    refuse(_problems(given))
    rows = tuple(sorted(given, key=lambda level: level.low))
    for lower, upper in pairwise(rows):
        if lower.high >= upper.low:
            raise LevelsOverlap(lower, upper, _shared(lower, upper))
    return tuple(_placed(level, rank) for rank, level in enumerate(rows, 1))


def _placed(level: Level, rank: int) -> Level:
    color = level.color or PALETTE[min(rank, len(PALETTE)) - 1]
    return replace(level, name=level.name.strip(), color=color.lower(), rank=rank)


def _shared(lower: Level, upper: Level) -> ScoreRange:
    return ScoreRange(upper.min, lower.max if lower.high <= upper.high else upper.max)


def _problems(levels: tuple[Level, ...]) -> Iterator[Problem]:
    yield from bounds.count(("levels",), len(levels), LEVELS)
    seen: set[str] = set()
    for at, level in enumerate(levels):
        path = ("levels", str(at))
        yield from (problem.under(*path) for problem in level_problems(level))
        if level.key in seen:
            yield Problem((*path, "name"), Fault.DUPLICATE, actual=level.name)
        seen.add(level.key)


def level_problems(level: Level) -> Iterator[Problem]:
    """What is wrong with one row by itself."""
    yield from bounds.text(("name",), level.name, bounds.NAME)
    yield from bounds.text(("motion",), level.motion, bounds.NAME)
    yield from bounds.whole(("min",), level.min, -bounds.SCORE, bounds.SCORE)
    yield from bounds.whole(("max",), level.max, -bounds.SCORE, bounds.SCORE)
    if level.low > level.high:
        yield Problem(("max",), Fault.REVERSED, level.min, level.max)
    if level.color is not None and not _COLOR.fullmatch(level.color):
        yield Problem(("color",), Fault.NOT_A_COLOR, actual=level.color)


def replaced(
    levels: tuple[Level, ...], wanted: Iterable[Level], unmoved: Collection[str] = ()
) -> tuple[Level, ...]:
    """The table of the *wanted* levels; one that keeps its name keeps its colour, unless it brings its own.

    Those whose keys are among *unmoved* keep their motion.
    """
    known = {level.key: level for level in levels}
    return table(
        _kept(each, known[each.key], keeps_motion=each.key in unmoved) if each.key in known else each
        for each in wanted
    )


def _kept(level: Level, old: Level, *, keeps_motion: bool) -> Level:
    motion = old.motion if keeps_motion else level.motion
    return replace(level, color=level.color or old.color, motion=motion)


def added(levels: tuple[Level, ...], level: Level) -> tuple[Level, ...]:
    """The table with *level* in it; raises InvalidInput or LevelsOverlap."""
    refuse(_row_problems(level, levels))
    return table((*levels, level))


def updated(
    levels: tuple[Level, ...], name: str, level: Level, *, keeps_motion: bool = False
) -> tuple[Level, ...]:
    """The table with *level* in place of the one called *name*, whose colour it keeps unless it brings its own.

    Raises NotFound, InvalidInput or LevelsOverlap.
    """
    old, others = _apart(levels, name)
    refuse(_row_problems(level, others))
    return table((*others, _kept(level, old, keeps_motion=keeps_motion)))


def removed(levels: tuple[Level, ...], name: str) -> tuple[Level, ...]:
    """The table without the level called *name*; raises NotFound."""
    _, others = _apart(levels, name)
    return table(others)


def _apart(levels: tuple[Level, ...], name: str) -> tuple[Level, tuple[Level, ...]]:
    for level in levels:
        if level.key == level_key(name):
            return level, tuple(each for each in levels if each is not level)
    raise NotFound("Level", name)


def _row_problems(level: Level, others: tuple[Level, ...]) -> Iterator[Problem]:
    yield from (problem.under("level") for problem in level_problems(level))
    if level.key in {other.key for other in others}:
        yield Problem(("level", "name"), Fault.DUPLICATE, actual=level.name)
