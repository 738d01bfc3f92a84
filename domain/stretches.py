"""The line of all scores, cut wherever a table of levels changes level.

Between two cuts every score has one and the same level by each of the tables. So what an edit of the levels does to
any number of leads is told by how many of them lie in each stretch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.levels import Level, ScoreRange
from domain.values import dataclass

Table = Sequence[Level]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Scores, and the level that they have by each table, in the order of the tables; None is unclassified."""

    scores: ScoreRange
    levels: tuple[Level | None, ...]

    @property
    def is_settled(self) -> bool:
        """Whether these scores have the same level by every table, whatever its colour or bounds."""
        return len({level and level.key for level in self.levels}) <= 1


def stretches(*tables: Table) -> tuple[Stretch, ...]:
    """All scores, lowest first, cut by *tables*."""
    return tuple(
        Stretch(scores, tuple(_level_of(scores, table) for table in tables)) for scores in _cut(tables)
    )


def _cut(tables: Sequence[Table]) -> Iterator[ScoreRange]:
    rows = [level for table in tables for level in table]
    starts = {level.min for level in rows} | {None if level.max is None else level.max + 1 for level in rows}
    low = None
    for start in sorted(start for start in starts if start is not None):
        yield ScoreRange(low, start - 1)
        low = start
    yield ScoreRange(low, None)


def _level_of(scores: ScoreRange, table: Table) -> Level | None:
    """The level that holds all of *scores*: where it holds one of them, it does."""
    within = scores.max if scores.min is None else scores.min
    return next((level for level in table if within is None or within in level.range), None)
