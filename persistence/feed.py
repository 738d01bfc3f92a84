"""The feed: what was committed, in commit order, told by the database's own log.

A change stream sees exactly what became durable, so nothing can be lost between commit and publication, whatever
crashes. Its tokens are ordered and can be resumed from.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo.errors import OperationFailure, PyMongoError

from domain.history import ScoreChange
from domain.jobs import Job
from domain.levels import LevelSet
from persistence.documents import Document, to_job, to_level_set, to_score_change
from persistence.gate import workspace_of
from persistence.mongo import Mongo

PAUSE = 0.5  # seconds between two tries to reach the database's log
AWAIT = 500  # milliseconds the database waits for a next event; what a graceful stop may take
BATCH = 100  # events handed out at once: a millisecond's work to decode, during which nobody has a turn
TURN = 25  # events read at one go: half a millisecond's work
LOG_LOST = {260, 280, 286}  # MongoDB's codes for a token that its log does not know (any more)
COMMITTED: list[Mapping[str, Any]] = [
    {
        "$match": {
            "$or": [
                # What is replaced is told whole; of what is updated the database would have to be asked again.
                {
                    "operationType": {"$in": ["insert", "replace"]},
                    "$or": [
                        {"ns.coll": "score_changes", "fullDocument.tier_changed": True},
                        {"ns.coll": {"$in": ["level_sets", "jobs"]}},
                    ],
                },
                {"operationType": {"$in": ["insert", "update"]}, "ns.coll": "gate"},
            ],
        }
    },
    {"$project": {"ns": 1, "documentKey": 1, "fullDocument": 1}},
]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TierChanged:
    """A committed score change that took a lead into another level; `token` orders it among all."""

    token: str
    workspace: str
    change: ScoreChange


@dataclass(frozen=True, slots=True)
class LevelsChanged:
    """A committed level set."""

    token: str
    workspace: str
    level_set: LevelSet


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job as it was committed."""

    token: str
    workspace: str
    job: Job


@dataclass(frozen=True, slots=True)
class LeadsChanged:
    """Leads of the workspace may read otherwise: some were committed, or deleted, or other levels or rules were.

    Which, it does not say. Of several that come together only the last is told.
    """

    token: str
    workspace: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The feed stands at `token`. What lies between this and what was read before is lost, if there was any."""

    token: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The log was read up to `token`, and everything in it was told.

    So a quiet process comes to know the positions that others give out, of which one that has just opened the feed has
    a newer one than any event.
    """

    token: str


Committed = TierChanged | LevelsChanged | JobChanged | LeadsChanged
Event = Committed | Opened | Reached


@dataclass(frozen=True, slots=True)
class Link:
    """All that the log holds after the token `prev` up to `token`: events in their order, or none.

    It is true whoever reads it: one who was told everything up to some token between the two, and then the events
    after that, was told everything up to `token`.
    """

    prev: str
    token: str
    events: tuple[Mapping[str, Any], ...]


async def tail(mongo: Mongo, after: str | None = None) -> AsyncGenerator[Event, None]:
    """Every event *after* a token, or from now on, through elections, restarts and broken connections.

    It never ends by itself. Without *after* the first event is Opened, and so is the first after the log was lost.
    """
    async with aclosing(links(mongo, after)) as log:
        async for link in log:
            if isinstance(link, Opened):
                yield link
                continue
            for at, event in enumerate(news(link, link.prev), 1):
                if at % TURN == 0:
                    await asyncio.sleep(0)
                yield event


async def links(mongo: Mongo, after: str | None = None) -> AsyncGenerator[Opened | Link, None]:
    """The log as it is read: a chain of links that begins *after* a token, or where Opened says.

    While the database answers, there is a link at least every AWAIT milliseconds: one without events tells how
    far the log was read, which keeps the token of a quiet installation from falling out of it.
    """
    while True:
        try:
            start = {"resumeAfter": {"_data": after}} if after else {}
            async with aclosing(batches(mongo, start)) as log:
                async for token, events in log:
                    yield Opened(token) if after is None else Link(after, max(after, token), thinned(events))
                    after = max(after or "", token)
        except PyMongoError as error:
            if isinstance(error, OperationFailure) and error.code in LOG_LOST:
                after = None
            _log.warning("the feed lost the database and tries again", error=str(error))
            await asyncio.sleep(PAUSE)


async def batches(
    mongo: Mongo, start: Mapping[str, Any]
) -> AsyncGenerator[tuple[str, tuple[Mapping[str, Any], ...]], None]:
    """The log as the database hands it out, and the token that each batch brings it to; the first has no events.

    *start* is where it begins, as the options of a change stream have it; now without any. By commands, for the driver's own change stream hands events to the event loop one by one, which costs several
    times what is done with them. Ends when the database is dropped.
    """
    command: Document = {
        "aggregate": 1,
        "pipeline": [{"$changeStream": start}, *COMMITTED],
        "cursor": {"batchSize": 0},
        "readConcern": {"level": "majority"},
    }
    cursor: Mapping[str, Any] = {"id": 0}
    async with await mongo.client.start_session() as session:
        try:
            while True:
                answer = await mongo.unzoned.command(
                    command, codec_options=mongo.unzoned.codec_options, session=session
                )
                cursor = answer["cursor"]
                yield cursor["postBatchResumeToken"]["_data"], tuple(cursor.get("nextBatch", ()))
                if not cursor["id"]:
                    return
                command = {
                    "getMore": cursor["id"],
                    "collection": "$cmd.aggregate",
                    "batchSize": BATCH,
                    "maxTimeMS": AWAIT,
                }
        finally:
            if cursor["id"]:
                with suppress(PyMongoError):
                    await mongo.database.command(
                        {"killCursors": "$cmd.aggregate", "cursors": [cursor["id"]]}, session=session
                    )


def news(link: Link, after: str) -> Iterator[Event]:
    """What a link tells one who was told everything up to *after*, which is no earlier than where it begins."""
    for event in map(to_event, link.events):
        if event.token > after:
            after = event.token
            yield event
    if link.token > after:
        yield Reached(link.token)


def thinned(events: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Events without those that a later one of them makes idle: that leads of the same workspace changed."""
    told: set[str] = set()
    kept: list[Mapping[str, Any]] = []
    for event in reversed(tuple(events)):
        if is_of_gate(event):
            workspace = workspace_of(event["documentKey"]["_id"])
            if workspace in told:
                continue
            told.add(workspace)
        kept.append(event)
    return tuple(reversed(kept))


def is_of_gate(event: Mapping[str, Any]) -> bool:
    """Whether it says no more than that leads changed."""
    return bool(event["ns"]["coll"] == "gate")


def to_event(event: Mapping[str, Any]) -> Committed | Opened:
    """The event that a write in the log tells of.

    One that cannot be read, as when a newer process wrote it, is as good as lost: the feed is Opened after it.
    """
    token = event["_id"]["_data"]
    try:
        return _read(token, event)
    except (KeyError, TypeError, ValueError) as error:
        _log.error(
            "the feed passed over what it cannot read", collection=event["ns"]["coll"], error=repr(error)
        )
        return Opened(token)


def _read(token: str, event: Mapping[str, Any]) -> Committed:
    if is_of_gate(event):
        return LeadsChanged(token, workspace_of(event["documentKey"]["_id"]))
    document = event["fullDocument"]
    workspace = document["workspace"]
    match event["ns"]["coll"]:
        case "level_sets":
            return LevelsChanged(token, workspace, to_level_set(document))
        case "jobs":
            return JobChanged(token, workspace, to_job(document))
        case _:
            return TierChanged(token, workspace, to_score_change(document))
