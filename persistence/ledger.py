"""The ledger: the one place that changes leads.

Changes that arrive together are committed together, one batch at a time, and a second beside it only when enough wait
to be worth a transaction of their own. Long work goes behind, a batch or two at a time, beside those of the callers
who wait. A lead in flight waits for its batch, so a process never conflicts with itself.
What another process did meanwhile shows as a conflict; the batch is then halved until only the change concerned is
tried again.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.changes import Change
from domain.errors import DomainError
from domain.leads import LeadRef
from domain.scoring import Outcome
from persistence.batch import Item, names_of
from persistence.commits import Committer, Repeated, Withdrawn, Work
from persistence.configuration import Configuration
from persistence.leads import Name
from persistence.mongo import CONFLICT_PATIENCE, Conflict, Mongo, OutcomeUnknown, Unreachable

BATCH = 500  # changes in one transaction: more gains little speed and makes everyone behind wait
FLIGHTS = 3  # transactions of one workspace at once, as long as there are whole batches for them
BEHIND = 2  # transactions of long work: one is made ready while the other is written
PATIENCE = 15.0  # seconds a change is tried for while the database is away, before its caller is told
PAUSE = 0.1  # seconds, the longest random wait between two tries


Result = Outcome | Exception | None  # nothing, of work that was done


@dataclass(slots=True, eq=False)
class _Call:
    """What one caller asked for and when, and the results as they come; of long work, the *work* itself."""

    results: list[Result]
    left: int
    done: asyncio.Future[list[Result]]
    since: float
    work: Work | None = None


@dataclass(slots=True)
class _Entry:
    """One item of a call, or a lead's id for its work."""

    call: _Call
    at: int
    item: Item | str
    claims: tuple[Name | _Call, ...]
    """What no two flights may have at once: the leads by name, and the call, whose items keep their order."""

    def settle(self, result: Result) -> None:
        call = self.call
        call.results[self.at] = result
        call.left -= 1
        if call.left == 0 and not call.done.done():  # the caller may have gone
            call.done.set_result(call.results)


@dataclass(slots=True)
class _Queue:
    """What waits and what is in flight in one workspace."""

    waiting: deque[_Entry] = field(default_factory=deque)
    behind: deque[_Entry] = field(default_factory=deque)
    in_flight: set[Name | _Call] = field(default_factory=set)
    flights: dict[asyncio.Task[None], Sequence[_Entry]] = field(default_factory=dict)
    # Names that long work was kept from the last time: they are its next, or who changes a lead without pause would
    # keep it for ever.
    reserved: set[Name | _Call] = field(default_factory=set)
    stuck: bool = False  # nothing that waits may fly before something lands: no need to look again

    def take(self) -> list[_Entry]:
        """The next batch that may fly; nothing when there is none."""
        return self._take_waiting() or self._take_behind()

    def _take_waiting(self) -> list[_Entry]:
        busy = sum(entries[0].call.work is None for entries in self.flights.values())
        if busy and (self.stuck or len(self.waiting) < BATCH or busy == FLIGHTS):
            return []
        taken, _ = _take_from(self.waiting, self.in_flight | self.reserved)
        self.stuck = not taken
        return taken

    def _take_behind(self) -> list[_Entry]:
        works = [entries[0].call for entries in self.flights.values() if entries[0].call.work]
        if len(works) == BEHIND or not self.behind or self.behind[0].call in works:
            return []
        taken, passed = _take_from(self.behind, self.in_flight)
        self.reserved = {claim for entry in passed for claim in entry.claims}
        return taken


def _take_from(line: deque[_Entry], claimed: set[Name | _Call]) -> tuple[list[_Entry], list[_Entry]]:
    """A batch from the front of a line, of one kind of work, and whom it passed, who stay there.

    Those are passed whose claims are others', and whatever must stay behind them.
    """
    taken: list[_Entry] = []
    passed: list[_Entry] = []
    blocked = set(claimed)
    while line and len(taken) < BATCH:
        entry = line.popleft()
        if taken and entry.call.work is not taken[0].call.work:
            line.appendleft(entry)
            break
        if blocked.isdisjoint(entry.claims):
            taken.append(entry)
        else:
            blocked.update(entry.claims)
            passed.append(entry)
    line.extendleft(reversed(passed))
    return taken, passed


class Ledger:
    """Applies changes to leads. A change is durable when its outcome is returned; `close` waits for the last."""

    def __init__(
        self,
        mongo: Mongo,
        configuration: Configuration,
        clock: Callable[[], datetime],
        on_firing: Callable[[], object] = bool,
    ) -> None:
        """*on_firing* is called whenever a batch has set off automations; what they do is committed with it."""
        self._committer = Committer(mongo, configuration, clock, on_firing)
        self._queues: dict[str, _Queue] = {}

    async def apply(self, workspace: str, ref: LeadRef, change: Change) -> Outcome:
        """Apply one change; raises the DomainError that refuses it."""
        (outcome,) = await self.apply_all(workspace, [(ref, change)])
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    async def apply_all(self, workspace: str, items: Sequence[Item]) -> list[Outcome | DomainError]:
        """Apply each change by itself, in order: its outcome, or the refusal that harms no other.

        Raises Unreachable or Conflict when nothing was written, OutcomeUnknown when that is not certain of all.
        """
        if not items:
            return []
        call = _call(len(items))
        entries = [_Entry(call, at, item, (call, *names_of(item))) for at, item in enumerate(items)]
        return list(_told(await self._queued(workspace, call, entries)))

    async def work_behind(
        self, workspace: str, leads: Sequence[Sequence[Name]], work: Work, *, soon: bool = False
    ) -> None:
        """Have long work done on leads: in batches that fly beside the callers' own, one at a time.

        Work of another call may fly beside it. Each lead is given by all its names, its id first, so that nobody who
        calls it by another is in the way. What is wanted *soon*, for somebody waits for it, is done before what waits
        there already. Raises what *work* raises, or what kept it from being done, as soon as all that could be done is.
        """
        if not leads:
            return
        call = _call(len(leads), work)
        entries = [_Entry(call, at, names[0][1], (call, *names)) for at, names in enumerate(leads)]
        for result in await self._queued(workspace, call, entries, soon=soon):
            if isinstance(result, Exception):
                raise result

    async def _queued(
        self, workspace: str, call: _Call, entries: Sequence[_Entry], *, soon: bool = False
    ) -> list[Result]:
        queue = self._queues.setdefault(workspace, _Queue())
        line = queue.behind if call.work else queue.waiting
        if soon:
            line.extendleft(reversed(entries))
        else:
            line.extend(entries)
        self._start(workspace, queue)
        return await call.done

    async def close(self) -> None:
        """Wait until everything that was accepted is committed."""
        while self._queues:
            await asyncio.gather(*(flight for queue in self._queues.values() for flight in queue.flights))

    def _start(self, workspace: str, queue: _Queue) -> None:
        """Send off as many batches as may fly."""
        while entries := queue.take():
            claims = {claim for entry in entries for claim in entry.claims}
            queue.in_flight |= claims
            flight = asyncio.create_task(self._commit(workspace, entries))
            queue.flights[flight] = entries
            flight.add_done_callback(lambda done, claims=claims: self._landed(workspace, queue, done, claims))  # type: ignore[misc]
        if not queue.flights:
            del self._queues[workspace]

    def _landed(
        self, workspace: str, queue: _Queue, flight: asyncio.Task[None], claims: set[Name | _Call]
    ) -> None:
        del queue.flights[flight]
        queue.in_flight -= claims
        queue.stuck = False
        self._start(workspace, queue)

    async def _commit(
        self, workspace: str, entries: Sequence[_Entry], *, recall: bool = False, again: bool = False
    ) -> None:
        """Commit the entries in as many tries as it takes, and tell their callers."""
        while entries:
            try:
                results = await self._committed(workspace, entries, recall=recall, again=again)
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for it
                entries, recall = await self._again(workspace, entries, error, recall=recall)
                again = True
            else:
                for entry, result in zip(entries, results, strict=True):
                    entry.settle(result)
                entries = ()

    async def _committed(
        self, workspace: str, entries: Sequence[_Entry], *, recall: bool, again: bool
    ) -> Sequence[Result]:
        if work := entries[0].call.work:
            ids = [entry.item for entry in entries if isinstance(entry.item, str)]
            await self._committer.do(workspace, work, ids, again=again)
            return [None] * len(entries)
        items = [entry.item for entry in entries if not isinstance(entry.item, str)]
        return await self._committer.commit(workspace, items, recall=recall, again=again)

    async def _again(
        self, workspace: str, entries: Sequence[_Entry], error: Exception, *, recall: bool
    ) -> tuple[Sequence[_Entry], bool]:
        """What is to be tried again after *error*, and whether with recall."""
        match error:
            case Repeated() if not recall:
                return entries, True
            case Unreachable():
                return await _spared(entries, error), recall
            case OutcomeUnknown() | Withdrawn():
                pass
            case _ if len(entries) > 1:
                middle = len(entries) // 2
                await self._commit(workspace, entries[:middle], recall=recall, again=True)
                return entries[middle:], recall
            case Conflict():
                return await _spared(entries, error), recall
        for entry in entries:
            entry.settle(error)
        return (), recall


def _call(size: int, work: Work | None = None) -> _Call:
    loop = asyncio.get_running_loop()
    return _Call([None] * size, size, loop.create_future(), loop.time(), work)


def _told(results: Sequence[Result]) -> Iterator[Outcome | DomainError]:
    """The results, unless some of them are trouble that their caller must be told of as a whole."""
    troubles = [each for each in results if isinstance(each, Exception) and not isinstance(each, DomainError)]
    if troubles and any(isinstance(each, Outcome) for each in results):
        raise OutcomeUnknown(f"{len(troubles)} of {len(results)} changes failed") from troubles[0]
    for each in results:
        if isinstance(each, Outcome | DomainError):
            yield each
        elif each is not None:
            raise each


async def _spared(entries: Sequence[_Entry], error: Exception) -> Sequence[_Entry]:
    """After a pause, those whose callers wait on; the others are told of *error*."""
    await asyncio.sleep(random.uniform(0, PAUSE))  # noqa: S311 - spreads tries, keeps no secret
    now = asyncio.get_running_loop().time()
    patience = CONFLICT_PATIENCE if isinstance(error, Conflict) else PATIENCE
    for entry in entries:
        if now - entry.call.since >= patience:
            entry.settle(error)
    return [entry for entry in entries if now - entry.call.since < patience]
