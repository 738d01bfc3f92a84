"""One attempt to commit something: a batch, whose leads are read, changed and written, or long work on leads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pymongo.errors import ConfigurationError, OperationFailure
from pymongo.read_concern import ReadConcern

from domain.changes import AdjustScore, Change, RecordActivity
from domain.errors import DomainError, InvalidInput
from domain.leads import Lead, RefKind
from domain.scoring import Outcome, Scoring
from persistence.batch import Batch, Item, Key, Seen, Write, key_of, names_of
from persistence.configuration import Configuration
from persistence.documents import Document, to_activity, to_lead, to_score_change
from persistence.gate import Gate, PlaceGone
from persistence.leads import BY_ID, BY_NAME, called, of_ids
from persistence.mongo import (
    TRANSIENT,
    WRITE_CONFLICT,
    Conflict,
    Mongo,
    Session,
    Unreachable,
    at_once,
    commit_surely,
)

TURN = 50  # changes folded at one go: about a millisecond's work
DUPLICATE_KEY = 11000  # MongoDB's code


class Repeated(Conflict):
    """A key of the batch was used before, or a lead that it was to create is there already."""


class Withdrawn(Exception):
    """Long work is no longer wanted."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A transaction that may score: what is in force in it, the time that it writes, and what it has set off."""

    mongo: Mongo
    session: Session
    scoring: Scoring
    now: datetime
    fired: list[Document] = field(default_factory=list)


# Long work on the leads of these ids, done in one transaction and as often as that is tried; may raise Withdrawn.
Work = Callable[[Passage, Sequence[str]], Awaitable[None]]


class Committer:
    """Commits, whole or not at all."""

    def __init__(
        self,
        mongo: Mongo,
        configuration: Configuration,
        clock: Callable[[], datetime],
        on_firing: Callable[[], object],
    ) -> None:
        self._on_firing = on_firing
        self._mongo = mongo
        self._configuration = configuration
        self._clock = clock
        self._gate = Gate(mongo)

    async def commit(
        self, workspace: str, items: Sequence[Item], *, recall: bool = False, again: bool = False
    ) -> list[Outcome | DomainError]:
        """What became of each item, when all of it is durable.

        With *recall*, keys that were used before are looked up first. Without it the database's own index finds them,
        which costs nothing as long as there are none. Raises Repeated, Conflict, or Unreachable when the database is
        between two primaries; then nothing was written. Raises OutcomeUnknown when that is not certain.
        """
        async with self._passage(workspace, again=again) as passage:
            leads = await self._leads(workspace, items, passage.session)
            seen = await self._seen(workspace, items, passage.session) if recall else {}
            batch = Batch(workspace, passage.scoring, leads, seen, passage.now)
            outcomes = await _folded(batch, items)
            if not recall and any(_may_be_repeated(*each) for each in zip(items, outcomes, strict=True)):
                raise Repeated
            await write(batch, passage)
        return outcomes

    async def do(self, workspace: str, work: Work, ids: Sequence[str], *, again: bool = False) -> None:
        """Do long work on these leads; raises what it raises, and what `commit` does."""
        async with self._passage(workspace, again=again) as passage:
            await work(passage, ids)

    @asynccontextmanager
    async def _passage(self, workspace: str, *, again: bool) -> AsyncIterator[Passage]:
        """A transaction, committed when the context ends well.

        Everything is read and written in it, so that a lead that another process changes meanwhile shows as a
        conflict; the gate does the same for levels and rules. What is tried *again* passes the gate first and not
        last: edits wait for it then, however fast they follow each other.
        """
        try:
            async with (
                self._gate.place(workspace) as place,
                await self._mongo.client.start_session() as session,
            ):
                session.start_transaction(ReadConcern("snapshot"))
                if again:
                    await self._gate.leave(place, session)
                scoring = await self._configuration.scoring(workspace, session)
                passage = Passage(self._mongo, session, scoring, self._clock())
                yield passage
                if not again:
                    await self._gate.leave(place, session)
                await commit_surely(session)
                self._configuration.remember(workspace, scoring)
                if passage.fired:
                    self._on_firing()
        except OperationFailure as error:
            raise _as_conflict(error) from error
        except PlaceGone as error:
            raise Conflict(str(error)) from error
        except ConfigurationError as error:
            # The driver's word for servers it knows nothing of at the moment, as in an election.
            raise Unreachable(str(error)) from error

    async def _leads(self, workspace: str, items: Sequence[Item], session: Session) -> list[Lead]:
        """Every lead the items name; an id may have become a name of another lead."""
        wanted = {name for item in items for name in names_of(item)}
        ids = [value for kind, value in wanted if kind is RefKind.ID]
        found: dict[str, Document] = {}
        if ids:
            found |= await self._found(of_ids(workspace, ids), BY_ID, len(ids), session)
            wanted -= {(RefKind.ID, each) for each in found}
        if wanted:
            found |= await self._found(called(workspace, wanted), BY_NAME, len(wanted), session)
        return [to_lead(each) for each in found.values()]

    async def _found(
        self, wanted: Document, index: Sequence[tuple[str, int]], most: int, session: Session
    ) -> dict[str, Document]:
        leads = self._mongo.unzoned.leads.find(wanted, session=session, hint=index, batch_size=at_once(most))
        return {lead["_id"]: lead for lead in await leads.to_list(None)}

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


async def leads_of(
    mongo: Mongo, workspace: str, ids: Sequence[str], session: Session | None = None
) -> list[Lead]:
    """The leads of those ids that there still are."""
    found = mongo.unzoned.leads.find(
        of_ids(workspace, ids), session=session, hint=BY_ID, batch_size=at_once(len(ids))
    )
    return [to_lead(each) for each in await found.to_list(None)]


async def keep_all(batch: Batch, outcomes: Iterable[Outcome]) -> None:
    """Have the batch take what was made of many leads; others have their turn between."""
    for at, outcome in enumerate(outcomes):
        batch.keep(outcome)
        if at % TURN == TURN - 1:
            await asyncio.sleep(0)


async def write(batch: Batch, passage: Passage) -> None:
    """Write all that a batch has come to."""
    # In order, for after a first error the transaction is gone, and the next would only say so.
    writing = asyncio.ensure_future(_write_leads(batch.lead_writes(), passage))
    try:
        due = await _set_off(batch)  # while the database is busy with the leads
    finally:
        await writing
    passage.fired.extend(due)
    for collection, documents in (
        (passage.mongo.activities, batch.activities),
        (passage.mongo.score_changes, batch.score_changes),
        (passage.mongo.deliveries, due),
    ):
        if documents:
            await collection.insert_many(documents, session=passage.session)


async def _write_leads(writes: Sequence[Write], passage: Passage) -> None:
    if writes:
        await passage.mongo.leads.bulk_write(writes, session=passage.session)


async def _set_off(batch: Batch) -> list[Document]:
    """What the batch has set off; others have their turn between."""
    await asyncio.sleep(0)  # so that what is to go on beside it has begun
    made: list[Document] = []
    for delivery in batch.deliveries():
        made.append(delivery)
        if len(made) % TURN == 0:
            await asyncio.sleep(0)
    return made


def _may_be_repeated(item: Item, outcome: Outcome | DomainError) -> bool:
    """Whether it is refused now, but may have been taken when its key was first used."""
    return isinstance(outcome, InvalidInput) and key_of(item[1]) is not None


async def _folded(batch: Batch, items: Sequence[Item]) -> list[Outcome | DomainError]:
    """What the items make of their leads; others have their turn between, for a large batch takes a while."""
    outcomes: list[Outcome | DomainError] = []
    for at in range(0, len(items), TURN):
        outcomes += [batch.apply(item) for item in items[at : at + TURN]]
        await asyncio.sleep(0)
    return outcomes


def _recalled(
    activities: Iterable[Document], adjustments: Iterable[Document], changes: Iterable[Document]
) -> Iterator[tuple[Key, Seen]]:
    by_id = {change["_id"]: to_score_change(change) for change in changes}
    for document in activities:
        did = tuple(by_id[change] for change in document["changes"])
        yield (RecordActivity, document["key"]), Seen(document["lead"], to_activity(document), did)
    for document in adjustments:
        yield (AdjustScore, document["key"]), Seen(document["lead"], None, (to_score_change(document),))


def _as_conflict(error: OperationFailure) -> Exception:
    """The error as what it tells of another writer, or of the database's state; itself otherwise."""
    codes = {error.code, *(each["code"] for each in (error.details or {}).get("writeErrors", ()))}
    if DUPLICATE_KEY in codes:
        return Repeated(str(error))
    if WRITE_CONFLICT in codes:
        return Conflict(str(error))
    if error.has_error_label(TRANSIENT):
        return Unreachable(str(error))
    return error
