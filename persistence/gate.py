"""The gate between scoring and configuring: nothing is committed under levels or rules that were already retired.

A MongoDB transaction may commit although what it has only read was changed meanwhile, and there are no shared locks.
So whoever scores writes, last of all, to a place of its own at the gate, and whoever edits writes to all places: the
two conflict and one of them starts over, while those who score never meet.

Nothing becomes of leads, or of what they stand under, without a write here: so the gate is also where the feed hears
that something did, by one small event for however many leads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from persistence.documents import Document
from persistence.mongo import Mongo, Session, new_id


def gatepost(workspace: str) -> Document:
    """What a workspace has at the gate from its beginning: whoever takes a place writes to it, and whoever edits."""
    return {"_id": workspace, "workspace": workspace, "passed": 0}


def workspace_of(place: str) -> str:
    """Whose a place is, or the gatepost: its _id says so, for the log tells no more of what is updated."""
    return place.partition(".")[0]


def _new_place(workspace: str) -> str:
    return f"{workspace}.{new_id()}"


class PlaceGone(Exception):
    """The place lay idle for so long that the database has removed it."""


class Gate:
    """The places of this process, of every workspace. A place serves one transaction at a time."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._free: dict[str, list[str]] = {}

    @asynccontextmanager
    async def place(self, workspace: str) -> AsyncIterator[str]:
        """A place for one transaction, which must begin within."""
        free = self._free.setdefault(workspace, [])
        place = free.pop() if free else await self._new(workspace)
        kept = True
        try:
            yield place
        except PlaceGone:
            kept = False
            raise
        finally:
            if kept:
                free.append(place)

    async def _new(self, workspace: str) -> str:
        place = _new_place(workspace)

        async def work(session: Session) -> None:
            # An edit that is under way cannot see the place yet: it shall conflict over the gatepost instead.
            await self._mongo.gate.update_one({"_id": workspace}, {"$inc": {"passed": 1}}, session=session)
            await self._mongo.gate.update_one(
                {"_id": place},
                {"$set": {"workspace": workspace, "passed": 0}, "$currentDate": {"used_at": True}},
                upsert=True,
                session=session,
            )

        await self._mongo.transact(work)
        return place

    async def leave(self, place: str, session: Session) -> None:
        """Pass, with a transaction that scores; conflicts if an edit was committed since it began.

        As its last write it keeps edits waiting for the shortest time, as its first it cannot come too late.
        """
        passed = await self._mongo.gate.update_one(
            {"_id": place}, {"$inc": {"passed": 1}, "$currentDate": {"used_at": True}}, session=session
        )
        if not passed.matched_count:
            raise PlaceGone(place)


async def shut_gate(mongo: Mongo, workspace: str, session: Session) -> None:
    """Let no transaction pass that began before this edit is committed; conflicts if one is passing.

    To be the first thing an edit does: whatever passed since it began to read would be a conflict, too.
    """
    await mongo.gate.update_many({"workspace": workspace}, {"$inc": {"passed": 1}}, session=session)


async def pass_aside(mongo: Mongo, workspace: str, session: Session) -> None:
    """Be heard of, with a transaction that changes leads and scores none: no edit is in its way, nor it in theirs.

    A place that is taken and given up at once, of which nothing is left but what the log says.
    """
    place = _new_place(workspace)
    await mongo.gate.insert_one({"_id": place, "workspace": workspace, "passed": 0}, session=session)
    await mongo.gate.delete_one({"_id": place}, session=session)
