"""The database: its connection, its collections with their indexes and validators, and its transactions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from bson import CodecOptions, ObjectId
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorCursor,
    AsyncIOMotorDatabase,
)
from pymongo import IndexModel
from pymongo.errors import AutoReconnect, ConfigurationError, OperationFailure, PyMongoError

from persistence.documents import Document
from persistence.upgrades import name_leads

PATIENCE = 10_000  # milliseconds to look for a writable server before an operation fails

TRIED = 15.0  # seconds that a transaction, or the answer to a commit, is tried for, through elections
# Seconds that one is tried for against conflicts: MongoDB keeps the transaction of a process that died for sixty.
CONFLICT_PATIENCE = 75.0
PAUSE = 0.02  # seconds between two tries
UNKNOWN, TRANSIENT = "UnknownTransactionCommitResult", "TransientTransactionError"  # the driver's labels
PLACE_IDLE = 86_400  # seconds after which a place at the gate is taken for one of a process that is gone
NAMESPACE_EXISTS, WRITE_CONFLICT = 48, 112  # MongoDB's codes

Session = AsyncIOMotorClientSession
Collection = AsyncIOMotorCollection[Document]
Cursor = AsyncIOMotorCursor[Document]
Result = TypeVar("Result")


# The driver's own name for a database that is away or between two primaries: what was under way came to nothing.
Unreachable = AutoReconnect
DatabaseError = PyMongoError  # and for whatever is the matter with it


class Conflict(Exception):
    """Another transaction writes to the same documents."""


class OutcomeUnknown(Exception):
    """The database did not say whether it committed: what has a key is safely sent again."""


def at_once(documents: int) -> int:
    """The batch size by which so many documents come with one answer: MongoDB's own first batch is of 101."""
    return documents + 1  # for the database sees the end only when it looks for one more


def new_id() -> str:
    """A new id: 24 hex digits, roughly in order of time, unique across processes."""
    return str(ObjectId())


@dataclass(frozen=True, slots=True)
class Declared:
    """What one collection must have: its indexes, and the BSON types of its required fields."""

    indexes: tuple[IndexModel, ...]
    required: Mapping[str, str]


def _ordered_by(*fields: str, when: Document | None = None, unique: bool = False) -> IndexModel:
    keys = [("workspace", 1), *((field, 1) for field in fields)]
    return IndexModel(keys, unique=unique, **({"partialFilterExpression": when} if when else {}))


def _unique(*fields: str, when: Document | None = None) -> IndexModel:
    return _ordered_by(*fields, when=when, unique=True)


BY_HAND = "ADJUSTMENT", "AUTOMATION"  # the causes of points that no rule gave
COLLECTIONS: Mapping[str, Declared] = {
    "workspaces": Declared(
        (IndexModel([("name", 1)], unique=True), IndexModel([("retime", 1)], sparse=True)),
        {
            "name": "string",
            "version": "int",
            "levels": "object",
            "told": "object",
            "rules": "int",
            "rules_last": "int",
        },
    ),
    "leads": Declared(
        (
            # As few as there may be: in a transaction MongoDB 6 looks every index up in its catalog, which holds them
            # all, for each lead whose place in any of them changes. With eleven that took it 250 µs a lead.
            _unique("names", when={"names": {"$exists": True}}),
            _ordered_by("engagement.score", "_id"),
            _ordered_by("profile.score", "_id"),
            _ordered_by("last_activity_at", "_id"),
            _ordered_by("created_at", "_id"),
            # Time passes for every workspace.
            IndexModel(
                [("due_at", 1), ("workspace", 1), ("_id", 1)],
                partialFilterExpression={"due_at": {"$exists": True}},
            ),
        ),
        {
            "engagement": "object",
            "profile": "object",
            "tags": "array",
            "version": "int",
            "created_at": "date",
        },
    ),
    "activities": Declared(
        (_unique("key", when={"key": {"$gt": ""}}), _ordered_by("lead", "occurred_at", "_id")),
        {"lead": "string", "kind": "string", "occurred_at": "date", "received_at": "date"},
    ),
    # A lead's own history needs no index of its own: its entries' _id is the lead's id and their version.
    "score_changes": Declared(
        (
            _unique("key", when={"key": {"$gt": ""}}),
            _ordered_by("at", "_id"),
            _ordered_by("dimension", "at", when={"tier_changed": True}),
            IndexModel(
                [("workspace", 1), ("lead", 1), ("version", 1)],
                name="by_hand",
                partialFilterExpression={"cause": {"$in": list(BY_HAND)}},
            ),
        ),
        {
            "lead": "string",
            "version": "int",
            "delta": "int",
            "after": "object",
            "cause": "string",
            "at": "date",
        },
    ),
    "level_sets": Declared(
        (_unique("dimension", "version"),), {"dimension": "string", "version": "int", "levels": "array"}
    ),
    "rule_sets": Declared(
        (
            _unique("version"),
            _unique("state", when={"state": "DRAFT"}),
            _ordered_by("state", "version"),
            _ordered_by("rules.id", "version"),
        ),
        {"version": "int", "state": "string", "rules": "array"},
    ),
    "automations": Declared(
        (
            _unique("automation", "version"),
            _ordered_by("automation", when={"is_current": True}),
        ),
        {"automation": "string", "version": "int", "name": "string", "trigger": "object", "actions": "array"},
    ),
    "deliveries": Declared(
        (
            # Every firing costs an entry in each: what is asked of all states is merged from those of each.
            _ordered_by("state", "created_at", "_id"),
            _ordered_by("automation", "state", "created_at", "_id"),
            # Whose time has come is looked for in all workspaces.
            IndexModel(
                [("next_attempt_at", 1), ("target", 1)],
                partialFilterExpression={"next_attempt_at": {"$exists": True}},
            ),
        ),
        {
            "automation": "string",
            "lead": "string",
            "state": "string",
            "action": "object",
            "created_at": "date",
        },
    ),
    "jobs": Declared(
        (
            _ordered_by("started_at", "_id"),
            _ordered_by("state", "dimension"),
            IndexModel([("state", 1), ("lease.until", 1)]),  # work is taken up for any workspace
        ),
        {"kind": "string", "state": "string", "started_at": "date"},
    ),
    "leases": Declared((), {"owner": "string", "until": "date"}),
    "gate": Declared(
        (_ordered_by("used_at"), IndexModel([("used_at", 1)], expireAfterSeconds=PLACE_IDLE)),
        {"passed": "int"},
    ),
    "api_keys": Declared((_ordered_by("created_at", "_id"),), {"name": "string", "role": "string"}),
}


class Mongo:
    """The database's collections, each by its name."""

    def __init__(self, client: AsyncIOMotorClient[Document], database: str) -> None:
        self.client = client
        self.database: AsyncIOMotorDatabase[Document] = client[database]
        # For what is read by the thousand: the driver leaves moments without their zone, which takes a third of the time.
        self.unzoned: AsyncIOMotorDatabase[Document] = client.get_database(database, CodecOptions())
        self.workspaces = self.database.workspaces
        self.leads = self.database.leads
        self.activities = self.database.activities
        self.score_changes = self.database.score_changes
        self.automations = self.database.automations
        self.deliveries = self.database.deliveries
        self.jobs = self.database.jobs
        self.leases = self.database.leases
        self.gate = self.database.gate
        self.level_sets = self.database.level_sets
        self.rule_sets = self.database.rule_sets
        self.api_keys = self.database.api_keys

    async def prepare(self) -> None:
        """Make every collection, index and validator there is to be; what is as it should be is left alone."""
        listed = await self.database.list_collections()
        there = {each["name"]: each["options"].get("validator") for each in await listed.to_list(None)}
        for name, declared in COLLECTIONS.items():
            validator = _validator(declared.required)
            if name not in there:
                await self._create(name, validator)
            elif there[name] != validator:
                await self.database.command("collMod", name, validator=validator)
            await self._index(name, declared.indexes)

    async def _index(self, name: str, declared: Sequence[IndexModel]) -> None:
        """Make what is declared, and take away what is no more: every index costs each write."""
        collection = self.database[name]
        wanted = {index.document["name"] for index in declared}
        there = await collection.list_indexes().to_list(None)
        retired = {index["name"] for index in there} - wanted - {"_id_"}
        if name == "leads" and retired:
            await name_leads(collection)
        if declared:
            await collection.create_indexes(list(declared))
        for each in retired:
            with suppress(OperationFailure):  # another process that starts at the same time was first
                await collection.drop_index(each)

    async def _create(self, name: str, validator: Document) -> None:
        try:
            await self.database.command("create", name, validator=validator)
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:  # another process that starts at the same time was first
                raise

    async def transact(self, work: Callable[[Session], Coroutine[Any, Any, Result]]) -> Result:
        """Run *work* in a transaction, again as often as another one is in its way; *work* must bear that.

        Tried again at once and not, as the driver's own way has it, after pauses that grow: scores that pour in would
        keep an edit waiting for seconds. Raises Unreachable or Conflict when it was tried for long enough; then nothing
        was written.
        """
        loop = asyncio.get_running_loop()
        since = loop.time()
        while True:
            try:
                return await self._transacted(work)
            except ConfigurationError as error:
                # The driver's word for servers it knows nothing of at the moment, as in an election.
                raise Unreachable(str(error)) from error
            except PyMongoError as error:
                if not error.has_error_label(TRANSIENT):
                    raise
                conflict = isinstance(error, OperationFailure) and error.code == WRITE_CONFLICT
                if loop.time() - since > (CONFLICT_PATIENCE if conflict else TRIED):
                    raise (Conflict if conflict else Unreachable)(str(error)) from error
                await asyncio.sleep(random.uniform(0, PAUSE))  # noqa: S311 - spreads tries, keeps no secret

    async def _transacted(self, work: Callable[[Session], Coroutine[Any, Any, Result]]) -> Result:
        async with await self.client.start_session() as session:
            session.start_transaction()
            result = await work(session)
            await commit_surely(session)
            return result


async def commit_surely(session: Session) -> None:
    """Commit, and ask again for as long as the answer was lost: committing twice is committing once."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + TRIED
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not (error.has_error_label(UNKNOWN) or isinstance(error, ConfigurationError)):
                raise
            if loop.time() > deadline:
                raise OutcomeUnknown(str(error)) from error
            await asyncio.sleep(PAUSE)
        else:
            return


def _validator(required: Mapping[str, str]) -> Document:
    properties: Document = {name: {"bsonType": kind} for name, kind in required.items()}
    return {"$jsonSchema": {"bsonType": "object", "required": list(required), "properties": properties}}


@asynccontextmanager
async def open_mongo(uri: str, database: str) -> AsyncIterator[Mongo]:
    """Connect, and see to collections, indexes and validators; the connection closes with the context.

    What is written is on the majority of the replica set when it is acknowledged, and only such is read.
    """
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri,
        tz_aware=True,
        w="majority",
        readConcernLevel="majority",
        serverSelectionTimeoutMS=PATIENCE,
        appname="tierwire",
    )
    try:
        mongo = Mongo(client, database)
        await mongo.prepare()
        yield mongo
    finally:
        client.close()
