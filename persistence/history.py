"""The history as it is read: score changes of a lead or of the workspace, and the activities behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.changes import Activity
from domain.history import ScoreChange
from domain.levels import Dimension
from persistence import pages
from persistence.documents import Document, to_activity, to_score_change
from persistence.leads import entries_of
from persistence.mongo import Mongo
from persistence.pages import Edge, Page

# Named, for the planner may prefer to sort in memory what the index has in order.
BY_TIME = [("workspace", 1), ("at", 1), ("_id", 1)]
SAMPLE = 10_000  # entries that payments are counted in: enough for shares, and read in a blink
OF_LEAD = [("workspace", 1), ("lead", 1), ("occurred_at", 1), ("_id", 1)]


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which score changes are wanted: of one dimension, only tier changes, none before a moment."""

    dimension: Dimension | None = None
    tier_changes_only: bool = False
    since: datetime | None = None

    def condition(self) -> Document:
        return {
            **({"dimension": self.dimension.value} if self.dimension else {}),
            **({"tier_changed": True} if self.tier_changes_only else {}),
            **({"at": {"$gte": self.since}} if self.since else {}),
        }


class History:
    """Score changes and activities, newest first."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def of_lead(
        self, workspace: str, lead_id: str, wanted: HistoryFilter, first: int, after: str | None
    ) -> Page[ScoreChange]:
        """A lead's score changes by version; raises InvalidInput for a cursor of another list."""
        conditions = [entries_of(workspace, lead_id), wanted.condition()]
        if after is not None:
            conditions.append({"_id": {"$lt": pages.decode(after, str)[0]}})
        found = (
            self._mongo.score_changes.find({"$and": conditions}, hint=[("_id", 1)])
            .sort("_id", -1)
            .limit(first + 1)
        )
        changes = [to_score_change(each) for each in await found.to_list(None)]
        return pages.page([Edge(pages.encode(each.id), each) for each in changes], first, after)

    async def of_workspace(
        self, workspace: str, wanted: HistoryFilter, first: int, after: str | None
    ) -> Page[ScoreChange]:
        """All score changes by time; raises InvalidInput for a cursor of another list."""

        async def find(part: Document, limit: int) -> list[Document]:
            conditions = [{"workspace": workspace}, wanted.condition(), part]
            found = self._mongo.score_changes.find({"$and": conditions}, hint=BY_TIME)
            return await found.sort([("at", -1), ("_id", -1)]).limit(limit).to_list(None)

        parts = pages.beyond_moment("at", after, descending=True)
        changes = [to_score_change(each) for each in await pages.read(parts, first + 1, find)]
        edges = [Edge(pages.encode(pages.milliseconds(each.cause.at), each.id), each) for each in changes]
        return pages.page(edges, first, after)

    async def payments(self, workspace: str, since: datetime) -> Mapping[str, int]:
        """How often each rule has moved a score since then, by the newest SAMPLE entries."""
        found = self._mongo.score_changes.aggregate(
            [
                {"$match": {"workspace": workspace, "at": {"$gte": since}}},
                {"$sort": {"at": -1, "_id": -1}},
                {"$limit": SAMPLE},
                {"$unwind": "$parts"},
                {"$match": {"parts.rule": {"$gt": ""}, "parts.points": {"$ne": 0}}},
                {"$group": {"_id": "$parts.rule", "times": {"$sum": 1}}},
            ],
            hint=dict(BY_TIME),
        )
        return {each["_id"]: each["times"] for each in await found.to_list(None)}

    async def activities(self, workspace: str, lead_id: str, first: int, after: str | None) -> Page[Activity]:
        """What a lead did, by the time it did it; raises InvalidInput for a cursor of another list."""

        async def find(part: Document, limit: int) -> list[Document]:
            conditions = [{"workspace": workspace, "lead": lead_id}, part]
            found = self._mongo.activities.find({"$and": conditions}, hint=OF_LEAD)
            return await found.sort([("occurred_at", -1), ("_id", -1)]).limit(limit).to_list(None)

        parts = pages.beyond_moment("occurred_at", after, descending=True)
        activities = [to_activity(each) for each in await pages.read(parts, first + 1, find)]
        edges = [
            Edge(pages.encode(pages.milliseconds(each.occurred_at), each.id), each) for each in activities
        ]
        return pages.page(edges, first, after)

    async def changes_by_ids(self, workspace: str, ids: Iterable[str]) -> dict[str, ScoreChange]:
        found = self._mongo.score_changes.find({"workspace": workspace, "_id": {"$in": list(ids)}})
        return {each["_id"]: to_score_change(each) for each in await found.to_list(None)}

    async def activities_by_ids(self, workspace: str, ids: Iterable[str]) -> dict[str, Activity]:
        found = self._mongo.activities.find({"workspace": workspace, "_id": {"$in": list(ids)}})
        return {each["_id"]: to_activity(each) for each in await found.to_list(None)}
