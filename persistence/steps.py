"""Steps: what time does to scores, told at its moment.

Every lead knows when time will next move one of its scores. One process at a time, by a lease, looks for those whose
moment has come; that each is told exactly once is the transaction's doing, whoever looks.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

import structlog

from domain.levels import Dimension
from domain.scoring import stepped
from persistence.background import INTERRUPTIONS, ahead, despite_trouble
from persistence.batch import Batch
from persistence.commits import Passage, Work, keep_all, leads_of, write
from persistence.documents import Document, to_names
from persistence.leads import Name
from persistence.lease import TERM, Lease
from persistence.ledger import BATCH, Ledger
from persistence.mongo import Mongo

POLL = 0.25  # seconds between two looks for leads whose moment has come
STAND_BY = 2.0  # seconds between two looks whether the process that does so is gone
SORE = 5.0  # seconds before what failed here is tried again
PAGE = 2 * BATCH  # leads found at one go; two such are under way at once, and one more is read
BY_DUE = [("due_at", 1), ("workspace", 1), ("_id", 1)]

_log = structlog.get_logger()
Found = Sequence[Document]


class _LeaseLost(Exception):
    """Another process has taken over, and does what is left."""


class Steps:
    """Passes the time of every workspace."""

    def __init__(self, mongo: Mongo, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._clock = clock
        self._lease = Lease(mongo, "steps", clock)
        self._held_until = clock()

    async def work(self) -> None:
        """Tell leads what time does, for as long as the process lives."""
        while True:
            pause = await despite_trouble(self._turn)
            await asyncio.sleep(pause)

    async def release(self) -> None:
        """Leave it to another process, at once."""
        await self._lease.release()

    async def _turn(self) -> float:
        """Do what there is to do; how many seconds may pass before the next time."""
        try:
            if not await self._hold():
                return STAND_BY
            troubles = [*await self._pass(self._due()), *await self._retime()]
        except INTERRUPTIONS:
            raise
        except _LeaseLost:
            return STAND_BY
        except Exception as error:  # noqa: BLE001 - whatever it is, time must go on
            troubles = [error]
        for trouble in troubles:
            _log.error("time could not pass for some leads", error_id=uuid.uuid4().hex[:12], exc_info=trouble)
        return SORE if troubles else POLL

    async def _hold(self) -> bool:
        """Whether this process is the one; asked of the database once in a while."""
        now = self._clock()
        if now > self._held_until - TERM / 2:
            if not await self._lease.take():
                return False
            self._held_until = now + TERM
        return True

    async def _pass(self, found: AsyncGenerator[Found, None]) -> list[BaseException]:
        """Have time pass for leads, page by page; what went wrong with some, while all others had theirs."""
        troubles: list[BaseException] = []
        begun = _gathered(())
        try:
            async with aclosing(found), aclosing(ahead(found)) as coming:
                async for leads in coming:
                    if not await self._hold():
                        raise _LeaseLost
                    # What is written of the page before need not be waited for by what is made of this one.
                    earlier, begun = begun, _gathered(self._passing(leads))
                    troubles += _troubles(await earlier)
            troubles += _troubles(await begun)
        finally:
            begun.cancel()  # the waiting for it: the ledger ends it all the same, and who is still due is found again
            await asyncio.gather(begun, return_exceptions=True)
        return troubles

    def _passing(self, leads: Found) -> Iterator[Awaitable[None]]:
        """The work on a page, in batches."""
        by_workspace: dict[str, list[tuple[Name, ...]]] = defaultdict(list)
        for lead in leads:
            by_workspace[lead["workspace"]].append(to_names(lead))
        for workspace, of_leads in by_workspace.items():
            for at in range(0, len(of_leads), BATCH):
                some = of_leads[at : at + BATCH]
                yield self._ledger.work_behind(workspace, some, _time_passing(workspace))

    def _due(self) -> AsyncGenerator[Found, None]:
        """The leads whose moment has come, the longest overdue first."""
        return self._walk({"due_at": {"$lte": self._clock()}}, BY_DUE)

    async def _retime(self) -> list[BaseException]:
        """Find the moments of leads anew that were found under levels or a policy of before."""
        troubles: list[BaseException] = []
        edited = self._mongo.workspaces.find({"retime": {"$exists": True}}, hint="retime_1")
        for workspace in await edited.to_list(None):
            wrong: list[BaseException] = []
            for walk in await self._timed(workspace):
                wrong += await self._pass(self._slowly(walk))
            if not wrong:
                # Unless it was edited again meanwhile.
                done = {"_id": workspace["_id"], "retime": workspace["retime"]}
                await self._mongo.workspaces.update_one(done, {"$unset": {"retime": ""}})
            troubles += wrong
        return troubles

    async def _slowly(self, walk: AsyncGenerator[Found, None]) -> AsyncGenerator[Found, None]:
        """The walk, which lets those go first whose moment comes meanwhile."""
        async with aclosing(walk):
            async for leads in walk:
                await self._pass(self._due())
                yield leads

    async def _timed(self, workspace: Mapping[str, Any]) -> Sequence[AsyncGenerator[Found, None]]:
        """The leads that time may move: those that it does already, and those with points to lose by inactivity."""
        here = {"workspace": workspace["_id"]}
        walks = [self._walk({**here, "due_at": {"$exists": True}}, BY_DUE)]
        rules = await self._mongo.rule_sets.find_one({**here, "version": workspace["rules"]}, ["inactivity"])
        if rules and rules.get("inactivity"):
            score = f"{Dimension.ENGAGEMENT.value.lower()}.score"
            by_score = [("workspace", 1), (score, 1), ("_id", 1)]
            walks.append(self._walk({**here, score: {"$gt": 0}}, by_score))
        return walks

    async def _walk(self, wanted: Document, order: Sequence[tuple[str, int]]) -> AsyncGenerator[Found, None]:
        shown = ["workspace", "names"]
        found = self._mongo.leads.find(wanted, shown, hint=order, batch_size=PAGE).sort(order)
        while leads := await found.to_list(PAGE):
            yield leads


def _gathered(work: Iterable[Awaitable[None]]) -> asyncio.Future[list[BaseException | None]]:
    """All of it, begun."""
    return asyncio.gather(*work, return_exceptions=True)


def _troubles(done: Iterable[BaseException | None]) -> list[BaseException]:
    """What went wrong with some; raises what only interrupted it."""
    troubles = [each for each in done if each is not None]
    for each in troubles:
        if isinstance(each, INTERRUPTIONS):
            raise each
    return troubles


def _time_passing(workspace: str) -> Work:
    async def work(passage: Passage, ids: Sequence[str]) -> None:
        leads = await leads_of(passage.mongo, workspace, ids, passage.session)
        batch = Batch(workspace, passage.scoring, leads, {}, passage.now)
        await keep_all(batch, (stepped(lead, passage.scoring, passage.now) for lead in leads))
        await write(batch, passage)

    return work
