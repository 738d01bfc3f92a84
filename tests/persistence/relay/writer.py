"""What the processes are to tell: tier changes by number."""

from __future__ import annotations

import asyncio

from api.scalars import now
from domain.history import Cause, CauseKind, ScoreChange
from domain.leads import Position
from domain.levels import Dimension
from persistence.documents import from_score_change
from persistence.mongo import Mongo, Session, new_id
from tests.persistence.given import ADA
from tests.persistence.relay.listeners import Listener
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.waiting import until


class Writer:
    """Writes numbered tier changes of one lead."""

    def __init__(self, mongo: Mongo, workspace: str, valkey: Valkey) -> None:
        self.written: list[ScoreChange] = []
        self._mongo = mongo
        self._workspace = workspace
        self._valkey = valkey
        self._lead = new_id()
        self.quiet = asyncio.Lock()  # while it is held, nothing is written

    async def write(self, count: int = 1, *, together: bool = False) -> None:
        """The next numbers; *together* in one transaction."""
        async with self.quiet:
            await self._write(count, together=together)

    async def _write(self, count: int, *, together: bool) -> None:
        begin = len(self.written) + 1
        changes = [self._change(number) for number in range(begin, begin + count)]
        documents = [from_score_change(self._workspace, change) for change in changes]

        async def insert(session: Session | None = None) -> None:
            await self._mongo.score_changes.insert_many(documents, session=session)

        await (self._mongo.transact(insert) if together else insert())
        self.written += changes

    def _change(self, number: int) -> ScoreChange:
        before, after = Position(0, "Cold", 1), Position(number, "Hot", 1)
        cause = Cause(CauseKind.ADJUSTMENT, ADA, now(), reason="x" * 500)
        return ScoreChange(self._lead, Dimension.ENGAGEMENT, number, before, after, cause, (), 0)

    async def write_until_read_by(self, processes: int) -> None:
        """Until so many processes read the stream: none joins it sooner than with the next event."""

        async def holds() -> bool:
            await self.write()
            return await self._valkey.clients("xread") == processes

        await until(holds)

    async def is_told_by(self, *listeners: Listener) -> None:
        """Everything that was written is told by each: once, and in order."""
        for listener in listeners:
            await listener.is_told(len(self.written))
            assert listener.numbers == list(range(listener.begin + 1, len(self.written) + 1))
