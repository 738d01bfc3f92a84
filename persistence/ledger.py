"""The ledger: the one place that changes leads.

Changes that arrive together are committed together: one read of the leads, the fold of each change in order, one
transaction for everything it makes. What another process did meanwhile shows as a conflict; the batch is then halved
until only the change concerned is tried again.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from domain.changes import AdjustScore, Change, RecordActivity
from domain.errors import DomainError
from domain.leads import LeadRef, RefKind
from domain.scoring import Outcome
from persistence.batch import Batch, Item, Key, Seen, key_of, refs_of
from persistence.configuration import Configuration
from persistence.documents import Document, to_activity, to_score_change
from persistence.leads import REF_FIELDS
from persistence.mongo import Collection, Mongo, Session

BATCH = 1_000  # changes in one transaction: more gains little speed and makes everyone behind wait
PATIENCE = 15.0  # seconds a change is tried for through conflicts and elections before its caller is told
PAUSE = 0.1  # seconds, the longest random wait between two tries
CONFLICTS = {112, 11000}  # MongoDB's codes for a write conflict and a duplicate key


class _Conflict(Exception):
    """Another process wrote to one of the batch's leads or used one of its keys."""


@dataclass(frozen=True, slots=True)
class _Entry:
    item: Item
    done: asyncio.Future[Outcome | DomainError]
    deadline: float


class Ledger:
    """Applies changes to leads. A change is durable when its outcome is returned; `close` waits for the last."""

    def __init__(self, mongo: Mongo, configuration: Configuration, clock: Callable[[], datetime]) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._clock = clock
        self._waiting: dict[str, deque[_Entry]] = {}
        self._committers: dict[str, asyncio.Task[None]] = {}

    async def apply(self, workspace: str, ref: LeadRef, change: Change) -> Outcome:
        """Apply one change; raises the DomainError that refuses it."""
        (outcome,) = await self.apply_all(workspace, [(ref, change)])
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    async def apply_all(self, workspace: str, items: Sequence[Item]) -> list[Outcome | DomainError]:
        """Apply each change by itself, in order: its outcome, or the refusal that harms no other."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        entries = [_Entry(item, loop.create_future(), deadline) for item in items]
        self._waiting.setdefault(workspace, deque()).extend(entries)
        if entries and workspace not in self._committers:
            self._committers[workspace] = asyncio.create_task(self._commit_waiting(workspace))
        return await asyncio.gather(*(entry.done for entry in entries))

    async def close(self) -> None:
        """Wait until everything that was accepted is committed."""
        await asyncio.gather(*self._committers.values())

    async def _commit_waiting(self, workspace: str) -> None:
        waiting = self._waiting[workspace]
        while waiting:
            await self._commit(workspace, [waiting.popleft() for _ in range(min(BATCH, len(waiting)))])
        del self._waiting[workspace], self._committers[workspace]

    async def _commit(self, workspace: str, entries: Sequence[_Entry]) -> None:
        while entries:
            try:
                outcomes = await self._attempt(workspace, [entry.item for entry in entries])
            except _Conflict as error:
                if len(entries) > 1:
                    middle = len(entries) // 2
                    await self._commit(workspace, entries[:middle])
                    entries = entries[middle:]
                else:
                    entries = await self._spared(entries, error)
            except AutoReconnect as error:
                entries = await self._spared(entries, error)
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for it
                entries = _fail(entries, error)
            else:
                entries = _settle(entries, outcomes)

    async def _spared(self, entries: Sequence[_Entry], error: Exception) -> Sequence[_Entry]:
        """Those who have patience left, after a pause; the others are told of *error*."""
        await asyncio.sleep(random.uniform(0, PAUSE))  # noqa: S311 - spreads tries, keeps no secret
        now = asyncio.get_running_loop().time()
        _fail([entry for entry in entries if entry.deadline <= now], error)
        return [entry for entry in entries if entry.deadline > now]

    async def _attempt(self, workspace: str, items: Sequence[Item]) -> list[Outcome | DomainError]:
        """Commit the batch once; raises _Conflict when a lead, key or the configuration moved under it."""
        scoring = self._configuration.last_known(workspace) or await self._configuration.scoring(workspace)
        stored, seen = await asyncio.gather(self._leads(workspace, items), self._seen(workspace, items))
        batch = Batch(workspace, scoring, stored, seen, self._clock())
        outcomes = [batch.apply(item) for item in items]
        if await self._write(workspace, batch):
            return outcomes
        await self._configuration.scoring(workspace)
        return await self._attempt(workspace, items)

    async def _leads(self, workspace: str, items: Sequence[Item]) -> list[Document]:
        """The documents of every lead the items name, found by each kind of name through its own index."""
        wanted: dict[RefKind, set[str]] = {}
        for ref in itertools.chain.from_iterable(map(refs_of, items)):
            wanted.setdefault(ref.kind, set()).add(ref.value)
        names = [{REF_FIELDS[kind]: {"$in": list(values)}} for kind, values in wanted.items()]
        return await self._mongo.leads.find({"workspace": workspace, "$or": names}).to_list(None)

    async def _seen(self, workspace: str, items: Sequence[Item]) -> dict[Key, Seen]:
        """What the items' keys did, those that were used before."""
        keys: dict[type[Change], set[str]] = {}
        for kind, key in filter(None, (key_of(change) for _, change in items)):
            keys.setdefault(kind, set()).add(key)
        activities, adjustments = await asyncio.gather(
            self._with_keys(self._mongo.activities, workspace, keys.get(RecordActivity)),
            self._with_keys(self._mongo.score_changes, workspace, keys.get(AdjustScore)),
        )
        ids = [change for activity in activities for change in activity["changes"]]
        changes = await self._mongo.score_changes.find({"_id": {"$in": ids}}).to_list(None) if ids else []
        return dict(_recalled(activities, adjustments, changes))

    async def _with_keys(
        self, collection: Collection, workspace: str, keys: set[str] | None
    ) -> list[Document]:
        if not keys:
            return []
        return await collection.find({"workspace": workspace, "key": {"$in": list(keys)}}).to_list(None)

    async def _write(self, workspace: str, batch: Batch) -> bool:
        """Commit what the batch gathered; False when its configuration is no longer the one in force."""
        leads = batch.lead_writes()
        if not leads:
            return True
        try:
            async with await self._mongo.client.start_session() as session:
                session.start_transaction(ReadConcern("snapshot"))
                state = await self._configuration.state(workspace, session)
                if state["version"] != batch.scoring.version:
                    return False
                written = await self._mongo.leads.bulk_write(leads, ordered=False, session=session)
                if written.matched_count + written.inserted_count < len(leads):
                    raise _Conflict("a lead was written meanwhile")
                for collection, documents in (
                    (self._mongo.activities, batch.activities),
                    (self._mongo.score_changes, batch.score_changes),
                ):
                    if documents:
                        await collection.insert_many(documents, ordered=False, session=session)
                await _commit_surely(session)
        except OperationFailure as error:
            raise _conflict_or(error) from error
        return True


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
            if not error.has_error_label("UnknownTransactionCommitResult") or loop.time() > deadline:
                raise
        else:
            return


def _conflict_or(error: OperationFailure) -> Exception:
    """The error as a conflict, when another writer is what it tells of."""
    codes = {error.code, *(each["code"] for each in (error.details or {}).get("writeErrors", ()))}
    if codes & CONFLICTS:
        return _Conflict(str(error))
    if error.has_error_label("TransientTransactionError"):
        return AutoReconnect(str(error))
    return error


def _settle(entries: Sequence[_Entry], outcomes: Iterable[Outcome | DomainError]) -> Sequence[_Entry]:
    for entry, outcome in zip(entries, outcomes, strict=True):
        if not entry.done.done():  # its caller may have gone
            entry.done.set_result(outcome)
    return ()


def _fail(entries: Sequence[_Entry], error: Exception) -> Sequence[_Entry]:
    for entry in entries:
        if not entry.done.done():
            entry.done.set_exception(error)
    return ()
