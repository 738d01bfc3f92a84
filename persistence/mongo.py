"""The database: its connection, its collections, and its transactions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
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
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

from persistence.declared import COLLECTIONS
from persistence.documents import Document
from persistence.upgrades import name_leads

PATIENCE = 10_000  # milliseconds to look for a writable server before an operation fails

TRIED = 15.0  # seconds that a transaction, the answer to a commit, or opening is tried for, through elections
# Seconds that one is tried for against conflicts: MongoDB keeps the transaction of a process that died for sixty.
CONFLICT_PATIENCE = 75.0
PAUSE = 0.02  # seconds between two tries
UNKNOWN, TRANSIENT = "UnknownTransactionCommitResult", "TransientTransactionError"  # the driver's labels
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
        """Make every collection, index and validator there is to be; what is as it should be is left alone.

        Begun anew where the database goes away meanwhile, as in an election; raises what it failed with where the
        database is not there at all, or stays away.
        """
        clock = asyncio.get_running_loop().time
        deadline: float | None = None
        while True:
            try:
                return await self._prepare()
            except (Unreachable, WriteConcernError) as error:
                # The driver has waited for a server itself before it says that there is none.
                is_nowhere = deadline is None and isinstance(error, ServerSelectionTimeoutError)
                deadline = deadline or clock() + TRIED
                if is_nowhere or clock() > deadline:
                    raise
                await asyncio.sleep(PAUSE)

    async def _prepare(self) -> None:
        listed = await self.database.list_collections()
        there = {each["name"]: each["options"].get("validator") for each in await listed.to_list(None)}
        for name, declared in COLLECTIONS.items():
            validator = declared.validator
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
