"""The database's own log, read afterwards: what was committed, in the order of the commits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bson import Timestamp

from domain.actors import Workspace
from domain.levels import Dimension
from persistence.documents import Document
from persistence.mongo import Mongo, new_id

WRITTEN = [
    {
        "$match": {
            "operationType": {"$in": ["insert", "replace"]},
            "ns.coll": {"$in": ["level_sets", "rule_sets", "score_changes", "marks"]},
        }
    }
]


@dataclass(frozen=True, slots=True)
class Log:
    """What is committed in a workspace after a moment; and the numbers of levels and rules in force at that moment."""

    mongo: Mongo
    workspace: str
    since: Timestamp
    levels: dict[str, int]
    rules: int

    async def read(self) -> AsyncIterator[tuple[str, Document]]:
        """Every set and every score change up to now, each with the name of its collection."""
        mark = new_id()
        await self.mongo.database.marks.insert_one({"_id": mark})
        async with self.mongo.database.watch(WRITTEN, start_at_operation_time=self.since) as stream:
            async for event in stream:
                document: Any = event["fullDocument"]
                if document["_id"] == mark:
                    return
                if document.get("workspace") == self.workspace:
                    yield event["ns"]["coll"], document


async def begun(mongo: Mongo, workspace: Workspace) -> Log:
    """The log from now on."""
    state = await mongo.workspaces.find_one({"_id": workspace.id})
    assert state
    pinged = await mongo.client.admin.command("ping")
    since = Timestamp(pinged["operationTime"].time, pinged["operationTime"].inc + 1)
    return Log(mongo, workspace.id, since, state["levels"], state["rules"])


async def assert_nothing_retired(log: Log) -> None:
    """Every score change was committed under the levels and the rules that were in force when it was."""
    levels, rules = dict(log.levels), log.rules
    async for collection, document in log.read():
        if collection == "level_sets":
            levels[document["dimension"]] = document["version"]
        elif collection == "rule_sets":
            rules = document["version"] if document["state"] == "PUBLISHED" else rules
        else:
            assert document["after"]["level_set"] == levels[Dimension(document["dimension"]).value]
            assert document["rule_set"] == rules
