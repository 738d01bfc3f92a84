"""What boards show: the first page of a list of leads, read again and again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pymongo.errors import ConfigurationError, OperationFailure

from domain.boards import Entry, Page
from domain.leads import Lead
from domain.levels import Dimension, ScoreRange
from domain.scoring import Scoring
from persistence.configuration import Configuration
from persistence.documents import Document, to_lead
from persistence.leads import BY_ID, SNAPSHOT_GONE, LeadFilter, LeadOrder, Leads
from persistence.mongo import Mongo, Session, Unreachable, at_once

# MongoDB's codes for a cursor that is gone or was killed, and for a command that was: by an operator or an election.
KILLED = {43, 237, 11601}


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """A filter that names its levels: which scores those are, the levels in force say whenever it is asked.

    A level that there is not, or no longer, holds no score; of several names any will do. `rest` is what does not
    depend on levels.
    """

    levels: tuple[tuple[Dimension, tuple[str, ...]], ...] = ()
    unclassified_in: Dimension | None = None
    rest: LeadFilter = field(default_factory=LeadFilter)

    def under(self, scoring: Scoring) -> LeadFilter:
        """The filter by the levels of *scoring*."""
        return replace(self.rest, scores=(*self._scores(scoring), *self.rest.scores))

    def _scores(self, scoring: Scoring) -> Iterator[tuple[Dimension, tuple[ScoreRange, ...]]]:
        for dimension, names in self.levels:
            levels = map(scoring.levels[dimension].named, names)
            yield dimension, tuple(level.range for level in levels if level)
        if self.unclassified_in:
            yield self.unclassified_in, scoring.levels[self.unclassified_in].gaps


@dataclass(frozen=True, slots=True)
class Question:
    """What a board shows. Equal questions have equal answers."""

    workspace: str
    wanted: BoardFilter
    order: LeadOrder
    first: int


class BoardPages:
    """Reads the pages of boards."""

    def __init__(self, mongo: Mongo, configuration: Configuration, leads: Leads) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._leads = leads

    async def read(self, asked: Question, known: Page = ()) -> Page:
        """The page as it was at one moment, since this was called; leads that are as *known* are not read again.

        Raises InvalidInput for moves of too many leads, and Unreachable whenever it is worth another try.
        """
        async with self._snapshot() as session:
            scoring = await self._configuration.scoring(asked.workspace, session)
            self._configuration.remember(asked.workspace, scoring)  # a snapshot is of what is on the majority
            leads = await self._read(asked, scoring, {each.id: each.lead for each in known}, session)
        return tuple(Entry(lead, scoring) for lead in leads)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Session]:
        """A session that reads everything as it was at the moment of its first question."""
        try:
            async with await self._mongo.client.start_session(snapshot=True) as session:
                yield session
        except ConfigurationError as error:
            # The driver's word for servers it knows nothing of at the moment, as in an election.
            raise Unreachable(str(error)) from error
        except OperationFailure as error:
            if error.code in KILLED | SNAPSHOT_GONE:
                raise Unreachable(str(error)) from error
            raise

    async def _read(
        self, asked: Question, scoring: Scoring, known: dict[str, Lead], session: Session
    ) -> list[Lead]:
        """The leads in their order: what changes on a busy board are a few, so only those are read whole."""
        matching = await self._leads.matching(asked.workspace, asked.wanted.under(scoring))
        by, direction = asked.order.field.value, asked.order.direction
        found = self._mongo.leads.find(
            matching,
            {"version": 1},
            session=session,
            sort=[(by, direction), ("_id", direction)],
            hint=[("workspace", 1), (by, 1), ("_id", 1)],
            limit=asked.first,
            batch_size=at_once(asked.first),
        )
        versions = {each["_id"]: each["version"] for each in await found.to_list(None)}
        leads = {
            each: known[each]
            for each, version in versions.items()
            if each in known and known[each].version == version
        }
        leads |= await self._whole(asked.workspace, [each for each in versions if each not in leads], session)
        return [leads[each] for each in versions]

    async def _whole(self, workspace: str, ids: list[str], session: Session) -> dict[str, Lead]:
        if not ids:
            return {}
        wanted: Document = {"workspace": workspace, "_id": {"$in": ids}}
        found = self._mongo.leads.find(wanted, session=session, hint=BY_ID, batch_size=at_once(len(ids)))
        return {each["_id"]: to_lead(each) for each in await found.to_list(None)}
