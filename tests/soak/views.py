"""What a board shows, and the rule by which it stays true: a client's part, as README gives it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.soak.history import LEADS, Badge, Entry, Truth, badge_of, nodes
from tests.soak.tenants import DIMENSIONS, Json

TIERS = """subscription($dimension: Dimension, $levels: [String!], $after: String) {
  leadTierChanged(dimension: $dimension, levels: $levels, after: $after) {
    __typename
    ... on TierChanges { cursor changes { version dimension score to { name } lead { id } } }
    ... on ResyncRequired { cursor reason } } }"""


class View(Protocol):
    """One kind of board. A subscription that brings its own snapshot has nothing to read."""

    document: str
    query: str
    must_read: bool  # afresh, before what is shown is true again
    delivered: int  # changes

    def variables(self) -> Json:
        """Of the subscription that begins now, or goes on: an `after` in them says so."""

    def forget(self) -> None:
        """Begin anew, as a page that is loaded again."""

    def told(self, update: Json) -> str | None:
        """Follow one update of the subscription; the reason if it tells to read afresh."""

    def read(self, answer: Json) -> None:
        """Show what was read."""

    def faults(self, truth: Truth) -> Iterator[str]:
        """What is wrong with what it shows, or was told, at rest."""


@dataclass(slots=True)
class Position:
    """An uninterrupted stretch of a subscription, over however many sockets: nothing in it is missed or repeated."""

    read: dict[str, int] = field(default_factory=dict)  # the versions that were read within it
    told: dict[str, list[int]] = field(default_factory=dict)
    backward: bool = False  # whether a cursor did not come after the one before

    def faults(self, expected: dict[str, list[int]], *, is_last: bool) -> Iterator[str]:
        if self.backward:
            yield "a cursor went back"
        for lead, versions in expected.items():
            yield from self._faults(lead, versions, is_last=is_last)

    def _faults(self, lead: str, versions: list[int], *, is_last: bool) -> Iterator[str]:
        told, begin = self.told.get(lead, []), self.read.get(lead)
        if not told and not (is_last and begin is not None):
            return
        first = min([*told[:1], *([] if begin is None else [begin + 1])])
        due = [each for each in versions if first <= each and (is_last or each <= told[-1])]
        if told != due:
            missed, odd = sorted({*due} - {*told}), sorted({*told} - {*due})
            yield f"{lead}: told {told[-9:]}, missed {missed}, repeated or made up {odd}, last {is_last}"


def _goes_back(update: Json, cursor: str) -> bool:
    """An update without changes, which says that it has begun, repeats nothing where it stands."""
    position: str = update["cursor"]
    return position < cursor or (position == cursor and bool(update["changes"]))


class TierView:
    """Subscribes first, then reads the leads, then applies each change that is newer than what it shows."""

    document = TIERS
    query = LEADS

    def __init__(self, dimension: str | None = None, levels: Collection[str] | None = None) -> None:
        self.must_read = True
        self.delivered = 0
        self._dimension = dimension
        self._levels = levels
        self._cursor: str | None = None
        self._shown: dict[tuple[str, str], tuple[int, Badge]] = {}  # by lead and dimension: version, badge
        self._positions = [Position()]

    def variables(self) -> Json:
        if self._cursor is None:
            self._lost()  # what came since the last one is not known, if it was anything
            return {"dimension": self._dimension, "levels": self._levels and [*self._levels]}
        return {
            "dimension": self._dimension,
            "levels": self._levels and [*self._levels],
            "after": self._cursor,
        }

    def forget(self) -> None:
        self._cursor = None
        self._shown.clear()
        self._lost()

    def told(self, update: Json) -> str | None:
        lost = update["__typename"] == "ResyncRequired"
        if lost:
            self._lost()
        elif self._cursor and _goes_back(update, self._cursor):
            self._positions[-1].backward = True
        self._cursor = update["cursor"]
        for change in update.get("changes", ()):
            self._apply(change)
        return update["reason"] if lost else None

    def _lost(self) -> None:
        self.must_read = True
        self._positions.append(Position())

    def _apply(self, change: Json) -> None:
        lead, version = change["lead"]["id"], change["version"]
        self.delivered += 1
        self._positions[-1].told.setdefault(lead, []).append(version)
        badge = (change["to"] and change["to"]["name"], change["score"])
        if version > self._shown.get((lead, change["dimension"]), (0, None))[0]:
            self._shown[lead, change["dimension"]] = version, badge

    def read(self, answer: Json) -> None:
        self.must_read = False
        for node in nodes(answer):
            lead, version = node["id"], node["version"]
            self._positions[-1].read[lead] = version
            for dimension in DIMENSIONS:
                # What came before the answer may be newer than it.
                if version >= self._shown.get((lead, dimension), (0, None))[0]:
                    self._shown[lead, dimension] = version, badge_of(node[dimension.lower()])

    def faults(self, truth: Truth) -> Iterator[str]:
        if self.must_read:
            yield "is not read"
        for (lead, dimension), badge in truth.badges.items():
            # Who was created since it has read, and did not change, is not told.
            if self._dimension in {None, dimension} and (lead, dimension) in self._shown:
                yield from self._stale(lead, dimension, badge, truth)
        expected = {lead: self._due(entries) for lead, entries in truth.entries.items()}
        for position in self._positions:
            yield from position.faults(expected, is_last=position is self._positions[-1])

    def _stale(self, lead: str, dimension: str, badge: Badge, truth: Truth) -> Iterator[str]:
        """It shows the level of now, and the score of the change that it knows of."""
        version, (level, score) = self._shown[lead, dimension]
        if self._seen(level) != self._seen(badge[0]):
            yield f"{lead} {dimension}: shows {level} of version {version}, but it is {badge[0]}"
        past = [each for each in truth.entries.get(lead, ()) if each.dimension == dimension]
        scores = [each.score for each in past if each.version <= version]
        if score != (scores or [0])[-1]:
            yield f"{lead} {dimension}: shows score {score} of version {version}, but it was {scores[-1:]}"

    def _seen(self, level: str | None) -> str | None:
        return level if self._levels is None or level in self._levels else None

    def _due(self, entries: Collection[Entry]) -> list[int]:
        return [each.version for each in entries if each.tier_changed and self._wants(each)]

    def _wants(self, entry: Entry) -> bool:
        touches = self._levels is None or any(level in self._levels for level in entry.touched)
        return touches and self._dimension in {None, entry.dimension}
