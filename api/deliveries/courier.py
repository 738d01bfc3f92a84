"""The courier: takes up deliveries that are due, has them tried, and keeps what became of them.

Any number of processes have one each; what one of them leaves behind when it is killed, the others take over.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import structlog

from api.deliveries.lines import Lines
from api.deliveries.pace import TICK, Pace
from api.deliveries.sending import Sender
from persistence.background import INTERRUPTIONS, despite_trouble, running
from persistence.deliveries import Deliveries, Due

TAKEN = 256  # deliveries taken up at one go
POLL = 0.5  # seconds between two looks for what other processes left, or what has become due
LONG = 2.0  # seconds after which an attempt, and with it its target, counts as slow
TOGETHER = 0.05  # seconds for which results are gathered, to be written in one go
GRACE = 5.0  # seconds that attempts under way have left when the process ends

_log = structlog.get_logger()
Result = TypeVar("Result")


class Courier:
    """Works for every workspace. To be closed when `work` was cancelled, before the ledger and the client are."""

    def __init__(self, deliveries: Deliveries, sender: Sender) -> None:
        self._deliveries = deliveries
        self._sender = sender
        self._lines = Lines()
        self._passed: frozenset[str] = frozenset()  # the targets that nothing was taken up for the last time
        self._was_full = False  # so that nothing was taken up at all
        self._pace = Pace()
        self._held_back: asyncio.TimerHandle | None = None  # after which those whom the pace held back begin
        self._turning: asyncio.Task[bool | None] | None = None
        self._attempts: dict[asyncio.Task[None], Due] = {}
        self._results: list[Due] = []
        self._resulted = asyncio.Event()
        self._is_closed = False

    async def work(self) -> None:
        """Deliver what is due, for as long as the process lives."""
        async with running(self._save()):
            while True:
                self._turning = asyncio.create_task(_despite_bugs(self._turn))
                # In one piece: what was taken up when the process ends is left to others.
                if not await asyncio.shield(self._turning):
                    await self._deliveries.bell.wait(POLL)

    async def close(self) -> None:
        """Let what is under way end within GRACE, keep what became of it, and leave the rest to others at once."""
        self._is_closed = True
        if self._held_back:
            self._held_back.cancel()
        if self._turning:
            await asyncio.wait([self._turning], timeout=GRACE)
            self._turning.cancel()
        untried = [*self._lines.clear(), *await self._given_up()]
        with suppress(*INTERRUPTIONS):  # others take them up all the same, when their lease is over
            await self._keep()
            await self._deliveries.release(untried)

    async def _given_up(self) -> list[Due]:
        attempts = dict(self._attempts)
        if not attempts:
            return []
        _, late = await asyncio.wait(attempts, timeout=GRACE)
        for attempt in late:
            attempt.cancel()
        await asyncio.wait(attempts)
        return [due for attempt, due in attempts.items() if attempt.cancelled()]

    async def _turn(self) -> bool:
        """Take up what there is room for; whether there may be more at once."""
        self._passed, self._was_full = self._lines.full(), not self._lines.has_room
        taken = [] if self._was_full else await self._deliveries.take(TAKEN, self._passed)
        now = asyncio.get_running_loop().time()
        for due in taken:
            self._lines.put(due, now)
        self._begin()
        await self._deliveries.release(self._lines.too_many(now))
        return len(taken) == TAKEN

    def _begin(self) -> None:
        now, due_now = asyncio.get_running_loop().time(), self._lines.begin()
        while not self._is_closed and self._pace.allows(now):
            if (due := next(due_now, None)) is None:
                return
            self._pace.begun(now)
            attempt = asyncio.create_task(self._try(due, now))
            self._attempts[attempt] = due
            attempt.add_done_callback(self._attempts.pop)
        self._begin_soon()

    def _begin_soon(self) -> None:
        if not (self._is_closed or self._held_back):
            self._held_back = asyncio.get_running_loop().call_later(TICK, self._begin_again)

    def _begin_again(self) -> None:
        self._held_back = None
        self._begin()

    async def _try(self, due: Due, asked: float) -> None:
        loop, target = asyncio.get_running_loop(), due.delivery.target
        since = loop.time()
        self._pace.ran(asked, since)
        takes_long = loop.call_later(LONG, self._lines.slow, target)
        try:
            tried = await self._sender.attempt(due)
            self._results.append(tried)  # not in one: by now it may be another list
            self._resulted.set()
        finally:
            takes_long.cancel()
            self._lines.ended(target, soon=loop.time() - since < LONG)
            self._begin()
            self._look_again()

    def _look_again(self) -> None:
        """At once, when there is room for what there was none for."""
        if (self._was_full and self._lines.has_room) or not self._passed <= self._lines.full():
            self._deliveries.bell.ring()

    async def _save(self) -> None:
        while True:
            await self._resulted.wait()
            await asyncio.sleep(TOGETHER)
            self._resulted.clear()
            await _despite_bugs(self._keep)

    async def _keep(self) -> None:
        """Write what has become known; what cannot be written is so the next time."""
        results, self._results = self._results, []
        try:
            if results:
                await self._deliveries.save(results)
        except (*INTERRUPTIONS, asyncio.CancelledError):
            self._results = [*results, *self._results]
            raise


async def _despite_bugs(work: Callable[[], Awaitable[Result]]) -> Result | None:
    """What *work* comes to, or nothing where it fails: the next deliveries may fare better."""
    try:
        return await despite_trouble(work)
    except Exception as error:  # noqa: BLE001 - whatever it is, deliveries must go on
        _log.error("deliveries went wrong", error_id=uuid.uuid4().hex[:12], exc_info=error)
        return None
