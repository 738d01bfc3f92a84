"""Boards: a page of leads in its order, and the little that makes one page of another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from domain.leads import Lead
from domain.scoring import Scoring
from domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead on a page, and the levels and rules it is shown under."""

    lead: Lead
    scoring: Scoring

    @property
    def id(self) -> str:
        return self.lead.id

    @property
    def edition(self) -> tuple[str, int, int]:
        """Equal for entries that read the same: what a lead is has a number, and so has what it stands under."""
        return self.lead.id, self.lead.version, self.scoring.version


Page = tuple[Entry, ...]  # a lead stands on it once


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry at its position on the page that a difference leads to, counted from 0."""

    position: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Difference:
    """What makes one page of another.

    Take away, by id, what `left`, `entered` or was `updated`; then put in what `entered` or was `updated`, each at its
    position and the first position first. To do so twice is to do it once. `updated` are those that read otherwise or
    passed others; who only moved up or down because of them is in neither, and comes to its place by itself.
    """

    entered: tuple[Placed, ...] = ()
    updated: tuple[Placed, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return not (self.entered or self.updated or self.left)


def difference(before: Page, after: Page) -> Difference:
    """The smallest difference that makes *after* of *before*."""
    was = {entry.id: place for place, entry in enumerate(before)}
    stayed = _stayed(before, after)
    placed = [Placed(place, entry) for place, entry in enumerate(after) if entry.id not in stayed]
    remain = {entry.id for entry in after}
    return Difference(
        tuple(each for each in placed if each.entry.id not in was),
        tuple(each for each in placed if each.entry.id in was),
        tuple(entry.id for entry in before if entry.id not in remain),
    )


def applied(page: Page, change: Difference) -> Page:
    """The page that a difference makes of the one before it: what every client does."""
    placed = sorted((*change.entered, *change.updated), key=lambda each: each.position)
    gone = {*change.left, *(each.entry.id for each in placed)}
    entries = [entry for entry in page if entry.id not in gone]
    for each in placed:
        entries.insert(each.position, each.entry)
    return tuple(entries)


def _stayed(before: Page, after: Page) -> set[str]:
    """The most leads that read as they did and still stand in the order in which they stood."""
    was = {entry.edition: place for place, entry in enumerate(before)}
    kept = [was[entry.edition] for entry in after if entry.edition in was]
    return {before[place].id for place in _longest_rise(kept)}


class _Rise(NamedTuple):
    """A row of rising numbers: its last one, and the row before that."""

    last: int
    before: _Rise | None


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """The most of these different numbers that rise as they stand (Schensted 1961), the last first."""
    rises: list[_Rise] = []  # of each length the one that ends lowest
    for number in numbers:
        length = bisect_left(rises, number, key=lambda rise: rise.last)
        rises[length : length + 1] = [_Rise(number, rises[length - 1] if length else None)]
    found: list[int] = []
    rise = rises[-1] if rises else None
    while rise:
        found.append(rise.last)
        rise = rise.before
    return found
