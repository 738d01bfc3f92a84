"""Leads as they are read: one by a name it has, or a page of many by filter and order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from bson import Timestamp
from pymongo.errors import CursorNotFound, OperationFailure

from domain.errors import LeadNotFound
from domain.leads import Lead, LeadRef, RefKind
from domain.levels import Dimension, ScoreRange
from persistence import pages
from persistence.documents import Document, from_name, to_lead
from persistence.gate import pass_aside
from persistence.mongo import Mongo, Session, Unreachable, at_once
from persistence.moves import Moves, TierMove
from persistence.pages import Edge, Page

NO_SUCH_TIME = 72  # MongoDB's code for a time that never was or is yet to come
SNAPSHOT_GONE = {239, 246}  # MongoDB's codes for a snapshot older than it keeps, five minutes by default
BY_ID, BY_NAME = [("_id", 1)], [("workspace", 1), ("names", 1)]
Name = tuple[RefKind, str]


class LeadOrderField(Enum):
    """What leads may be ordered by: the names of the index fields."""

    ENGAGEMENT_SCORE = "engagement.score"
    PROFILE_SCORE = "profile.score"
    LAST_ACTIVITY_AT = "last_activity_at"
    CREATED_AT = "created_at"

    @property
    def is_moment(self) -> bool:
        return self in {LeadOrderField.LAST_ACTIVITY_AT, LeadOrderField.CREATED_AT}


@dataclass(frozen=True, slots=True)
class LeadOrder:
    field: LeadOrderField = LeadOrderField.ENGAGEMENT_SCORE
    descending: bool = True

    @property
    def direction(self) -> int:
        return -1 if self.descending else 1


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Every condition must hold. A level is given as the scores that lie in it.

    `scores` holds groups of ranges of one dimension, any range of a group sufficing; `tags` are all wanted; `search`
    is found anywhere in name, email, company or external id, without regard to case.
    """

    scores: tuple[tuple[Dimension, tuple[ScoreRange, ...]], ...] = ()
    tags: tuple[str, ...] = ()
    search: str | None = None
    inactive_since: datetime | None = None
    moved: TierMove | None = None

    def conditions(self) -> Iterator[Document]:
        for dimension, ranges in self.scores:
            yield _in_ranges(f"{dimension.value.lower()}.score", ranges)
        if self.tags:
            yield {"tags": {"$all": list(self.tags)}}
        if self.search:
            yield {"search": {"$regex": re.escape(self.search.casefold())}}
        if self.inactive_since:
            yield {"last_activity_at": {"$lt": self.inactive_since}}


def _in_ranges(score: str, ranges: tuple[ScoreRange, ...]) -> Document:
    if len(ranges) == 1:
        return {score: in_range(ranges[0])}
    return {"$or": [{score: in_range(each)} for each in ranges]} if ranges else {"_id": {"$in": []}}


def in_range(scores: ScoreRange) -> Document:
    bounds = {"$gte": scores.min, "$lte": scores.max}
    return {operator: bound for operator, bound in bounds.items() if bound is not None} or {"$exists": True}


class Leads:
    """The leads of every workspace. They are changed by the ledger alone, but for their removal."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._moves = Moves(mongo)

    async def find(self, workspace: str, ref: LeadRef, session: Session | None = None) -> Lead | None:
        """The lead of that name, or of which the one that had it became part."""
        leads = self._mongo.leads
        found = None
        if ref.kind is RefKind.ID:
            found = await leads.find_one({"_id": ref.value, "workspace": workspace}, session=session)
        found = found or await leads.find_one(called(workspace, [(ref.kind, ref.value)]), session=session)
        return to_lead(found) if found else None

    async def by_ids(self, workspace: str, ids: Iterable[str]) -> dict[str, Lead]:
        """The leads of those ids that there are, or of which the one that had it became part.

        Raises Unreachable whenever it is worth another try.
        """
        try:
            return await self._by_ids(workspace, list(ids))
        except CursorNotFound as error:
            # An election came between two batches: leads may be too large for one.
            raise Unreachable(str(error)) from error

    async def _by_ids(self, workspace: str, wanted: Sequence[str]) -> dict[str, Lead]:
        leads = await self._of_ids(workspace, wanted)
        if gone := [each for each in wanted if each not in leads]:
            others = self._mongo.leads.find(
                called(workspace, [(RefKind.ID, each) for each in gone]), batch_size=at_once(len(gone))
            )
            for lead in map(to_lead, await others.to_list(None)):
                leads |= dict.fromkeys({each.id for each in lead.merged}.intersection(gone), lead)
        return leads

    async def _of_ids(self, workspace: str, ids: Sequence[str]) -> dict[str, Lead]:
        # All at once: a first batch is read again by the driver when there is an election, a second one is not.
        found = self._mongo.leads.find(of_ids(workspace, ids), batch_size=at_once(len(ids)))
        return {each["_id"]: to_lead(each) for each in await found.to_list(None)}

    async def count(self, workspace: str, wanted: LeadFilter) -> int:
        """How many leads match; raises InvalidInput as `page` does."""
        return await self._mongo.leads.count_documents(await self.matching(workspace, wanted))

    async def page(
        self, workspace: str, wanted: LeadFilter, order: LeadOrder, first: int, after: str | None
    ) -> Page[Lead]:
        """The first *first* leads, or those after a cursor.

        Raises InvalidInput for a cursor of another list, and for moves between unknown levels or of too many leads.

        A walk neither skips nor repeats a lead whose score moves meanwhile: its later pages are picked from the
        list as it was when the first was read, and filled with the leads as they are. After five minutes the
        database no longer has that list, and the walk goes on from the same place in the list as it is.
        """
        place = None if after is None else _Place.of(after, order)
        matching = await self.matching(workspace, wanted)
        try:
            return await self._page(workspace, matching, order, first, place)
        except OperationFailure as error:
            if place is None or after is None or error.code not in {*SNAPSHOT_GONE, NO_SUCH_TIME}:
                raise
            if error.code == NO_SUCH_TIME:
                raise pages.malformed(after) from error
            return await self._page(workspace, matching, order, first, place.now())

    async def matching(self, workspace: str, wanted: LeadFilter) -> Document:
        """The question for the leads that match; raises InvalidInput as `page` does."""
        moved = {}
        if wanted.moved:
            moved = {"_id": {"$in": await self._moves.leads(workspace, wanted.moved)}}
        return {"$and": [{"workspace": workspace}, *wanted.conditions(), moved]}

    async def _page(
        self, workspace: str, matching: Document, order: LeadOrder, first: int, after: _Place | None
    ) -> Page[Lead]:
        edges: list[Edge[Lead]] = []
        place = after
        while True:
            missing = first - len(edges)
            places = await self._places(matching, order, missing + 1, place)
            leads = await self._of_ids(workspace, [each.lead_id for each in places[:missing]])
            edges += [
                Edge(each.cursor(order), leads[each.lead_id]) for each in places if each.lead_id in leads
            ]
            more = len(places) > missing
            if not more or len(edges) == first:
                return Page(tuple(edges), more, after is not None)
            place = places[missing - 1]  # leads deleted meanwhile make room for others

    async def _places(
        self, matching: Document, order: LeadOrder, limit: int, after: _Place | None
    ) -> list[_Place]:
        """The places that follow in the list as it is, or as it was at the time of *after*."""
        time = after.time if after else None

        async def find(part: Document, wanted: int) -> list[Document]:
            nonlocal time
            answer = await self._mongo.database.command(
                {
                    "find": "leads",
                    "filter": {"$and": [matching, part]},
                    "projection": {order.field.value: 1},
                    "sort": {order.field.value: order.direction, "_id": order.direction},
                    "hint": {"workspace": 1, order.field.value: 1, "_id": 1},
                    "limit": wanted,
                    "batchSize": wanted,
                    "singleBatch": True,
                    "readConcern": {"level": "snapshot", **({"atClusterTime": time} if time else {})},
                },
                codec_options=self._mongo.database.codec_options,
            )
            time = answer["cursor"]["atClusterTime"]
            found: list[Document] = answer["cursor"]["firstBatch"]
            return found

        found = await pages.read(after.beyond(order) if after else ({},), limit, find)
        return [_Place(_value(each, order), each["_id"], time) for each in found]

    async def delete(self, workspace: str, ref: LeadRef) -> str:
        """Remove a lead with its activities and its history, and return its id; raises LeadNotFound."""

        async def work(session: Session) -> str:
            lead = await self.find(workspace, ref, session)
            if lead is None:
                raise LeadNotFound(ref)
            await self._mongo.leads.delete_one({"_id": lead.id}, session=session)
            of_lead = {"workspace": workspace, "lead": lead.id}
            await self._mongo.activities.delete_many(of_lead, session=session)
            for each in lead.ids:
                await self._mongo.score_changes.delete_many(entries_of(workspace, each), session=session)
            await pass_aside(self._mongo, workspace, session)
            return lead.id

        return await self._mongo.transact(work)


def of_ids(workspace: str, ids: Sequence[str]) -> Document:
    """The leads of those ids."""
    return {"workspace": workspace, "_id": {"$in": ids}}


def called(workspace: str, names: Iterable[Name]) -> Document:
    """The leads that have any of these names, or of which those became part that had them. Not by their own ids."""
    return {"workspace": workspace, "names": {"$in": [from_name(*each) for each in names]}}


def entries_of(workspace: str, lead_id: str) -> Document:
    """A lead's score changes: their _id is the lead's id, a dot and their version, and "/" follows "."."""
    return {"workspace": workspace, "_id": {"$gt": f"{lead_id}.", "$lt": f"{lead_id}/"}}


def _value(lead: Mapping[str, Any], order: LeadOrder) -> int:
    value = lead
    for name in order.field.value.split("."):
        value = value[name]
    return pages.milliseconds(value) if order.field.is_moment else value  # type: ignore[arg-type,return-value]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended: a value of the order (milliseconds for a moment) and an id, in the list as of *time*."""

    value: int
    lead_id: str
    time: Timestamp | None

    @classmethod
    def of(cls, cursor: str, order: LeadOrder) -> _Place:
        name, value, lead_id, seconds, increment = pages.decode(cursor, str, int, str, int, int)
        if name != _name(order) or not (0 <= seconds < 2**32 and 0 <= increment < 2**32):
            raise pages.malformed(cursor)
        return cls(value, lead_id, Timestamp(seconds, increment))

    def cursor(self, order: LeadOrder) -> str:
        time = self.time or Timestamp(0, 0)
        return pages.encode(_name(order), self.value, self.lead_id, time.time, time.inc)

    def now(self) -> _Place:
        """The same place in the list as it is now."""
        return _Place(self.value, self.lead_id, None)

    def beyond(self, order: LeadOrder) -> tuple[Document, Document]:
        value = pages.moment(self.value) if order.field.is_moment else self.value
        return pages.beyond(order.field.value, value, self.lead_id, descending=order.descending)


def _name(order: LeadOrder) -> str:
    return f"{order.field.name} {order.direction}"
