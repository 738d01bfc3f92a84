"""The feed: what was committed, in commit order, told by the database's own log.

A change stream sees exactly what became durable, so nothing can be lost between commit and publication, whatever
crashes. Its tokens are ordered and can be resumed from.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo.errors import OperationFailure, PyMongoError

from domain.history import ScoreChange
from domain.levels import LevelSet
from persistence.documents import to_level_set, to_score_change
from persistence.mongo import Mongo

PAUSE = 0.5  # seconds between two tries to reach the database's log
AWAIT = 500  # milliseconds the database waits for a next event; what a graceful stop may take
LOG_LOST = {260, 280, 286}  # MongoDB's codes for a token that its log does not know (any more)
COMMITTED: list[Mapping[str, Any]] = [
    {
        "$match": {
            "operationType": "insert",
            "$or": [
                {"ns.coll": "score_changes", "fullDocument.tier_changed": True},
                {"ns.coll": "level_sets"},
            ],
        }
    },
    {"$project": {"ns": 1, "fullDocument": 1}},
]

Token = Mapping[str, Any]
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
class Opened:
    """The feed stands at `token`. What lies between this and what was read before is lost, if there was any."""

    token: str


Event = TierChanged | LevelsChanged | Opened


async def tail(mongo: Mongo) -> AsyncIterator[Event]:
    """Every event from now on, through elections, restarts and broken connections; it never ends by itself.

    The first event is Opened, and so is the first after the log was lost.
    """
    token: Token | None = None
    while True:
        try:
            async with mongo.database.watch(COMMITTED, resume_after=token, max_await_time_ms=AWAIT) as stream:
                while True:
                    event = await stream.try_next()
                    if token is None:
                        token = stream.resume_token or {}
                        yield Opened(token["_data"])
                    if event:
                        token = event["_id"]
                        yield _event(event)
        except PyMongoError as error:
            if isinstance(error, OperationFailure) and error.code in LOG_LOST:
                token = None
            _log.warning("the feed lost the database and tries again", error=str(error))
            await asyncio.sleep(PAUSE)


def _event(event: Mapping[str, Any]) -> Event:
    token, document = event["_id"]["_data"], event["fullDocument"]
    if event["ns"]["coll"] == "level_sets":
        return LevelsChanged(token, document["workspace"], to_level_set(document))
    return TierChanged(token, document["workspace"], to_score_change(document))
