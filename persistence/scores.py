"""Leads by their scores: how many lie where, answered from the index of scores; and some of them, or all in pairs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from domain.distribution import Counts, Pairs
from domain.leads import Lead
from domain.levels import Dimension, Level, LevelSet, ScoreRange
from domain.stretches import Stretch, stretches
from domain.suggestion import Cut, Thresholds, thresholds
from persistence import pages
from persistence.documents import Document, to_lead, to_names
from persistence.leads import Name, in_range
from persistence.mongo import Mongo, at_once

MAJORITY = {"level": "majority"}
PORTION = 5_000  # ids of one answer
STRIDE = 100_000  # ids put in order at once: ten megabytes


@dataclass(frozen=True, slots=True)
class Spread:
    """How many leads lie in each stretch of one table, and from where to where they lie in those without a level."""

    counts: Counts
    extents: Mapping[ScoreRange, ScoreRange]


class Scores:
    """The scores of every workspace's leads."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def counts(self, workspace: str, dimension: Dimension, cut: Iterable[Stretch]) -> Counts:
        """How many leads lie in each stretch."""
        wanted = list(cut)
        found = await asyncio.gather(*(self.count(workspace, dimension, each.scores) for each in wanted))
        return dict(zip(wanted, found, strict=True))

    async def count(self, workspace: str, dimension: Dimension, scores: ScoreRange) -> int:
        """How many leads have one of those scores."""
        answer = await self._mongo.database.command(
            {
                "count": "leads",
                "query": _within(workspace, dimension, scores),
                "hint": dict(_by_score(dimension)),
                "readConcern": MAJORITY,
            }
        )
        count: int = answer["n"]
        return count

    async def total(self, workspace: str, dimension: Dimension) -> int:
        """How many leads there are."""
        return await self.count(workspace, dimension, ScoreRange(None, None))

    async def spread(self, workspace: str, level_set: LevelSet) -> Spread:
        """How leads are spread over the levels of a set."""
        dimension = level_set.dimension
        counts = await self.counts(workspace, dimension, stretches(level_set.levels))
        gaps = [each.scores for each, leads in counts.items() if leads and each.levels == (None,)]
        extents = {each: await self.extent(workspace, dimension, each) for each in gaps}
        # Those that were counted may have left since.
        return Spread(counts, {gap: extent for gap, extent in extents.items() if extent.min is not None})

    async def extent(self, workspace: str, dimension: Dimension, scores: ScoreRange) -> ScoreRange:
        """The lowest and the highest score that leads have within those; both None when there are none (any more)."""
        within = _within(workspace, dimension, scores)
        low, high = [await self._at(within, dimension, 0, direction) for direction in (1, -1)]
        return ScoreRange(low, high)

    async def thresholds(
        self, workspace: str, dimension: Dimension, names: Sequence[str], shares: Sequence[float]
    ) -> Thresholds:
        """What gives levels those shares of the leads there are; raises InvalidInput."""
        found = thresholds(names, shares, await self.total(workspace, dimension))
        while (place := found.place) is not None:
            cut = await self._cut(workspace, dimension, found, place)
            if cut is None:  # leads were deleted or fell meanwhile
                break
            found = found.cut(cut)
        return found

    async def _cut(self, workspace: str, dimension: Dimension, found: Thresholds, place: int) -> Cut | None:
        """Where a place in the order of scores comes to lie, above the thresholds found so far."""
        low = found.starts[-1] if found.starts else None
        within = _within(workspace, dimension, ScoreRange(low, None))
        score = await self._at(within, dimension, place - found.below, 1)
        if score is None:
            return None
        below = found.below + await self.count(workspace, dimension, ScoreRange(low, score - 1))
        return Cut(score, below, below + await self.count(workspace, dimension, ScoreRange(score, score)))

    async def _at(self, within: Document, dimension: Dimension, place: int, direction: int) -> int | None:
        """The score of the lead at that place, from the lowest or the highest."""
        name = _name(dimension)
        found = self._mongo.leads.find(within, {"_id": 0, f"{name}.score": 1}, hint=_by_score(dimension))
        leads = await found.sort(_by_score(dimension, direction)[1:]).skip(place).limit(1).to_list(1)
        return leads[0][name]["score"] if leads else None

    async def sample(
        self, workspace: str, dimension: Dimension, ranges: Iterable[ScoreRange], limit: int
    ) -> list[Lead]:
        """Some leads that have one of those scores, the lowest first."""

        async def find(part: Document, wanted: int) -> list[Document]:
            found = self._mongo.leads.find(part, hint=_by_score(dimension))
            return await found.sort(_by_score(dimension)[1:]).limit(wanted).to_list(None)

        parts = [_within(workspace, dimension, each) for each in ranges]
        return [to_lead(each) for each in await pages.read(parts, limit, find)]

    async def matrix(self, workspace: str, engagement: Sequence[Level], profile: Sequence[Level]) -> Pairs:
        """How many leads have each pair of levels; pairs without leads are left out."""
        rows = {"engagement": engagement, "profile": profile}
        pair = {name: _place_in(name, levels) for name, levels in rows.items()}
        found = self._mongo.leads.aggregate(
            [{"$match": {"workspace": workspace}}, {"$group": {"_id": pair, "leads": {"$sum": 1}}}],
            hint=dict(_by_score(Dimension.ENGAGEMENT)),
        )
        return {
            (
                _at_place(engagement, each["_id"]["engagement"]),
                _at_place(profile, each["_id"]["profile"]),
            ): each["leads"]
            for each in await found.to_list(None)
        }

    async def announced_otherwise(
        self, workspace: str, dimension: Dimension, stretch: Stretch, limit: int
    ) -> AsyncIterator[list[tuple[Name, ...]]]:
        """The leads in a stretch whose announced level is not the last table's, at most *limit* at a time.

        Each by all its names, the id first. Leads that come into the stretch meanwhile may be among them, and those
        that leave it not.
        """
        level, within = stretch.levels[-1], _within(workspace, dimension, stretch.scores)
        otherwise = {**within, f"{_name(dimension)}.level": {"$ne": level and level.name}}
        async for portions in self._strides(dimension, within):
            # Leads of one age lie together in the database: what is told together is written together.
            ids = merge(*portions)
            while some := list(islice(ids, limit)):
                wanted = {**otherwise, "_id": {"$in": some}}
                found = self._mongo.leads.find(wanted, ["names"], hint="_id_", batch_size=at_once(limit))
                if leads := await found.to_list(None):
                    yield [to_names(lead) for lead in leads]

    async def _strides(self, dimension: Dimension, within: Document) -> AsyncIterator[list[list[str]]]:
        """The ids of those leads in portions, each in order, the lowest score first: of few leads, then of many.

        From the index of scores alone: to look at the leads themselves in its order would take longer than all else.
        """
        name, size = _name(dimension), PORTION

        async def find(part: Document, limit: int) -> list[Document]:
            found = self._mongo.leads.find(
                {"$and": [within, part]}, [f"{name}.score"], hint=_by_score(dimension)
            )
            ordered = found.sort(_by_score(dimension)[1:]).limit(limit).batch_size(at_once(limit))
            return await ordered.to_list(None)

        parts: Sequence[Document] = ({},)
        leads: Sequence[Document] = ({},)
        while leads:
            portions: list[list[str]] = []
            while PORTION * len(portions) < size and (leads := await pages.read(parts, PORTION, find)):
                portions.append(sorted([lead["_id"] for lead in leads]))
                last = leads[-1]
                parts = pages.beyond(f"{name}.score", last[name]["score"], last["_id"], descending=False)
            yield portions
            size = STRIDE


def _name(dimension: Dimension) -> str:
    return dimension.value.lower()


def _by_score(dimension: Dimension, direction: int = 1) -> list[tuple[str, int]]:
    return [("workspace", direction), (f"{_name(dimension)}.score", direction), ("_id", direction)]


def _within(workspace: str, dimension: Dimension, scores: ScoreRange) -> Document:
    if scores == ScoreRange(None, None):
        return {"workspace": workspace}
    return {"workspace": workspace, f"{_name(dimension)}.score": in_range(scores)}


def _place_in(name: str, levels: Sequence[Level]) -> Document:
    """The place in its table of the level of a score, as the database finds it; -1 for none."""
    score = f"${name}.score"
    branches = [
        {
            "case": {
                "$and": [
                    *([{"$gte": [score, level.min]}] if level.min is not None else []),
                    *([{"$lte": [score, level.max]}] if level.max is not None else []),
                ]
            },
            "then": at,
        }
        for at, level in enumerate(levels)
    ]
    return {"$switch": {"branches": branches, "default": -1}} if branches else {"$literal": -1}


def _at_place(levels: Sequence[Level], place: int) -> Level | None:
    return None if place < 0 else levels[place]
