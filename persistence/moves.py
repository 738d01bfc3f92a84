"""Leads by how their level moved, found in the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.errors import Fault, InvalidInput, Problem
from domain.levels import Dimension, level_key
from persistence.configuration import level_names
from persistence.documents import Document
from persistence.mongo import Mongo

MOVED = 100_000  # leads that one filter may name: a campaign; the database takes no list of a million
TIER_CHANGES = {"workspace": 1, "dimension": 1, "at": 1}


@dataclass(frozen=True, slots=True)
class TierMove:
    """Leads that left the level `left` since a moment and then, at once or by other levels, entered `entered`.

    Levels by name without regard to case, as they are called now or ever were; None is whatever level.
    """

    since: datetime
    dimension: Dimension = Dimension.ENGAGEMENT
    left: str | None = None
    entered: str | None = None


class Moves:
    """The tier changes of every workspace."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def leads(self, workspace: str, move: TierMove) -> list[str]:
        """The ids of the leads that made the move; raises InvalidInput for unknown levels and too many leads."""
        left = await self._spellings(workspace, move.dimension, move.left, "from")
        entered = await self._spellings(workspace, move.dimension, move.entered, "to")
        # A lead's entries are numbered by its version, so that none of its moves are taken in the wrong order.
        bounds: dict[str, Any] = {
            "left": {"$min": _version_if("before", left)},
            "entered": {"$max": _version_if("after", entered)},
        }
        found = self._mongo.score_changes.aggregate(
            [
                {"$match": {**_tier_changes(workspace, move), "$or": _touching(left, entered)}},
                {"$group": {"_id": "$lead", **bounds}},
                {"$match": {"left": {"$ne": None}, "$expr": {"$gte": ["$entered", "$left"]}}},
                {"$limit": MOVED + 1},
                {"$project": {"_id": 1}},
            ],
            hint=TIER_CHANGES,
            allowDiskUse=True,
        )
        ids = [each["_id"] async for each in found]
        if len(ids) > MOVED:
            raise InvalidInput(Problem(("filter", "moved", "since"), Fault.TOO_WIDE, MOVED))
        return ids

    async def _spellings(
        self, workspace: str, dimension: Dimension, name: str | None, field: str
    ) -> list[str] | None:
        """How the level of that name was ever written; None for no name."""
        if name is None:
            return None
        known = await level_names(self._mongo, workspace, dimension)
        spelt = [each for each in known if level_key(each) == level_key(name)]
        if not spelt:
            raise InvalidInput(Problem(("filter", "moved", field), Fault.UNKNOWN_LEVEL, known, name))
        return spelt


def _tier_changes(workspace: str, move: TierMove) -> Document:
    return {
        "workspace": workspace,
        "dimension": move.dimension.value,
        "tier_changed": True,
        "at": {"$gte": move.since},
    }


def _touching(left: list[str] | None, entered: list[str] | None) -> list[Document]:
    """What has one end of the move; everything where an end is open."""
    named = {"before.level": left, "after.level": entered}
    return [{field: {"$in": names}} if names is not None else {} for field, names in named.items()]


def _version_if(side: str, names: list[str] | None) -> object:
    return "$version" if names is None else {"$cond": [{"$in": [f"${side}.level", names]}, "$version", None]}
