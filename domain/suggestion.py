"""Thresholds proposed from the shares of leads that each level should have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain import bounds
from domain.errors import Fault, Problem, refuse
from domain.levels import LEVELS, Level, level_key, replaced
from domain.values import dataclass, replace

STEP = 25  # points from level to level where there are no leads to learn from
LEAST = 0.001  # a level that nobody is to have needs no threshold
TOLERANCE = 0.02  # what the shares may miss 1 by: three times 0.33 is meant as a whole, and seven times 0.14
DIGITS = 6  # of a sum of shares that mean something: the rest is how computers write fractions


@dataclass(frozen=True, slots=True)
class Cut:
    """The score of the lead at one place of all leads in order of score, and how many leads lie below and up to it."""

    score: int
    below: int
    through: int


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The lowest score of each level but the lowest, found one after the other from the bottom.

    Each parts what the last has left in proportion to the shares still to be given, so that what leads of the same
    score make a level miss is made up for by all levels above it.
    """

    shares: Sequence[float]
    total: int
    starts: tuple[int, ...] = ()
    below: int = 0

    @property
    def place(self) -> int | None:
        """The lead that the next level should begin with, counted from the lowest; None when no leads are left."""
        at, left = len(self.starts), self.total - self.below
        if at == len(self.shares) - 1 or not left:
            return None
        part = round(left * self.shares[at] / sum(self.shares[at:]))
        return self.below + max(min(part, left - (len(self.shares) - 1 - at)), 0)

    def cut(self, cut: Cut) -> Thresholds:
        """With the next threshold, given the cut at `place`: leads of one score stay together.

        They go to the side that misses less, unless that leaves this level or all above it without a lead.
        """
        last = self.starts[-1] if self.starts else -bounds.SCORE
        options = [(cut.score, cut.below), (cut.score + 1, cut.through)]
        start, below = min(
            (option for option in options if last < option[0] <= self._highest),
            key=self._worth,
            default=(self._highest, self.total),
        )
        return replace(self, starts=(*self.starts, start), below=below)

    def _worth(self, option: tuple[int, int]) -> tuple[bool, bool, int]:
        below = option[1]
        return below == self.below, below == self.total, abs(below - (self.place or 0))

    @property
    def _highest(self) -> int:
        """The highest next threshold that leaves scores for the levels above it."""
        return bounds.SCORE - (len(self.shares) - 2 - len(self.starts))

    def levels(self, names: Sequence[str], known: tuple[Level, ...] = ()) -> tuple[Level, ...]:
        """A table without gaps; levels for which no leads were left lie above all leads, 25 points apart.

        Those that are *known* by their name keep colour and motion.
        """
        starts = list(self.starts)
        while len(starts) < len(names) - 1:
            starts.append(
                min((starts[-1] if starts else 0) + STEP, bounds.SCORE - (len(names) - 2 - len(starts)))
            )
        lows, highs = [None, *starts], [*(start - 1 for start in starts), None]
        wanted = [Level(*row) for row in zip(names, lows, highs, strict=True)]
        return replaced(known, wanted, unmoved=[each.key for each in known])


def thresholds(names: Sequence[str], shares: Sequence[float], total: int) -> Thresholds:
    """Nothing cut yet of *total* leads; both lists from the lowest level up. Raises InvalidInput."""
    refuse(_problems(names, shares))
    return Thresholds(shares, total)


def _problems(names: Sequence[str], shares: Sequence[float]) -> Iterator[Problem]:
    if not names:
        yield Problem(("names",), Fault.EMPTY)
    yield from bounds.count(("names",), len(names), LEVELS)
    seen: set[str] = set()
    for at, name in enumerate(names):
        yield from bounds.text(("names", str(at)), name, bounds.NAME)
        if (key := level_key(name)) in seen:
            yield Problem(("names", str(at)), Fault.DUPLICATE, actual=name)
        seen.add(key)
    if len(shares) != len(names):
        yield Problem(("shares",), Fault.UNEVEN, len(names), len(shares))
    for at, share in enumerate(shares):
        if not LEAST <= share <= 1:
            yield Problem(("shares", str(at)), Fault.OUT_OF_RANGE, (LEAST, 1), share)
    if shares and round(abs(sum(shares) - 1), DIGITS) > TOLERANCE:
        yield Problem(("shares",), Fault.NOT_WHOLE, actual=round(sum(shares), DIGITS))
