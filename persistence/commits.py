"""One attempt to commit a batch: read its leads, fold its changes, write everything in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from domain.changes import AdjustScore, Change, RecordActivity
from domain.errors import DomainError
from domain.leads import RefKind
from domain.scoring import Outcome
from persistence.batch import Batch, Item, Key, Seen, key_of, names_of
from persistence.configuration import Configuration
from persistence.documents import Document, to_activity, to_lead, to_score_change
from persistence.leads import REF_FIELDS, REF_INDEXES
from persistence.mongo import Mongo, OutcomeUnknown, Session, Unreachable

PATIENCE = 15.0  # seconds that an answer to a commit is waited for, through elections
PAUSE = 0.05  # seconds between two askings
UNKNOWN = "UnknownTransactionCommitResult"
WRITE_CONFLICT, DUPLICATE_KEY = 112, 11000  # MongoDB's codes


class Conflict(Exception):
    """Another process wrote to one of the batch's leads meanwhile."""


class Repeated(Conflict):
    """A key of the batch was used before, or a lead that it was to create is there already."""


class Committer:
    """Commits batches, each whole or not at all."""

    def __init__(self, mongo: Mongo, configuration: Configuration, clock: Callable[[], datetime]) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._clock = clock

    async def commit(
        self, workspace: str, items: Sequence[Item], *, recall: bool
    ) -> list[Outcome | DomainError]:
        """What became of each item, when all of it is durable.

        Everything is read and written in one transaction, so that a lead, the levels or the rules that another
        process changes meanwhile show as a conflict. With *recall*, keys that were used before are looked up first.
        Without it the database's own index finds them, which costs nothing as long as there are none. Raises
        Repeated, Conflict, or Unreachable when the database is between two primaries; then nothing was written.
        """
        try:
            async with await self._mongo.client.start_session() as session:
                session.start_transaction(ReadConcern("snapshot"))
                scoring = await self._configuration.scoring(workspace, session)
                leads = await self._leads(workspace, items, session)
                seen = await self._seen(workspace, items, session) if recall else {}
                batch = Batch(workspace, scoring, map(to_lead, leads), seen, self._clock())
                outcomes = [batch.apply(item) for item in items]
                await self._write(batch, session)
                await _commit_surely(session)
                self._configuration.remember(workspace, scoring)
        except OperationFailure as error:
            raise _as_conflict(error) from error
        except ConfigurationError as error:
            # The driver's word for servers it knows nothing of at the moment, as in an election.
            raise Unreachable(str(error)) from error
        return outcomes

    async def _write(self, batch: Batch, session: Session) -> None:
        # In order, for after a first error the transaction is gone, and the next would only say so.
        if writes := batch.lead_writes():
            await self._mongo.leads.bulk_write(writes, session=session)
        for collection, documents in (
            (self._mongo.activities, batch.activities),
            (self._mongo.score_changes, batch.score_changes),
        ):
            if documents:
                await collection.insert_many(documents, session=session)

    async def _leads(self, workspace: str, items: Sequence[Item], session: Session) -> list[Document]:
        """The documents of every lead the items name, found by each kind of name through its own index."""
        wanted: dict[RefKind, set[str]] = {}
        for item in items:
            for kind, value in names_of(item):
                wanted.setdefault(kind, set()).add(value)
        found: dict[str, Document] = {}
        for kind, values in wanted.items():
            named = {"workspace": workspace, REF_FIELDS[kind]: {"$in": list(values)}}
            leads = self._mongo.leads.find(named, session=session, hint=REF_INDEXES[kind])
            found |= {lead["_id"]: lead for lead in await leads.to_list(None)}
        return list(found.values())

    async def _seen(self, workspace: str, items: Sequence[Item], session: Session) -> dict[Key, Seen]:
        """What the items' keys did, those that were used before."""
        keys: dict[type[Change], set[str]] = {}
        for kind, key in filter(None, (key_of(change) for _, change in items)):
            keys.setdefault(kind, set()).add(key)
        stored = self._mongo.activities, self._mongo.score_changes
        activities, adjustments = [
            await collection.find(
                {"workspace": workspace, "key": {"$in": list(keys.get(kind, ()))}}, session=session
            ).to_list(None)
            for collection, kind in zip(stored, (RecordActivity, AdjustScore), strict=True)
        ]
        ids = [change for activity in activities for change in activity["changes"]]
        changes = self._mongo.score_changes.find({"_id": {"$in": ids}}, session=session)
        return dict(_recalled(activities, adjustments, await changes.to_list(None)))


def _recalled(
    activities: Iterable[Document], adjustments: Iterable[Document], changes: Iterable[Document]
) -> Iterator[tuple[Key, Seen]]:
    by_id = {change["_id"]: to_score_change(change) for change in changes}
    for document in activities:
        did = tuple(by_id[change] for change in document["changes"])
        yield (RecordActivity, document["key"]), Seen(document["lead"], to_activity(document), did)
    for document in adjustments:
        yield (AdjustScore, document["key"]), Seen(document["lead"], None, (to_score_change(document),))


async def _commit_surely(session: Session) -> None:
    """Commit, and ask again for as long as the answer was lost: committing twice is committing once."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
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


def _as_conflict(error: OperationFailure) -> Exception:
    """The error as what it tells of another writer, or of the database's state; itself otherwise."""
    codes = {error.code, *(each["code"] for each in (error.details or {}).get("writeErrors", ()))}
    if DUPLICATE_KEY in codes:
        return Repeated(str(error))
    if WRITE_CONFLICT in codes:
        return Conflict(str(error))
    if error.has_error_label("TransientTransactionError"):
        return Unreachable(str(error))
    return error
