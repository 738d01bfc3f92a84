"""Boards in a process of their own, which may be stopped as a whole: a laptop that sleeps.

    python -m tests.soak.sleepers

is told on one line for whom, then, on a line each time, to show its boards.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from persistence.background import running
from tests.processes import started
from tests.soak.boards import boards_of
from tests.soak.programs import mortal
from tests.soak.record import Record
from tests.soak.views import View
from tests.soak.wire import Entrance

BOARDS = 2  # of each workspace
LINE = 2**26  # bytes of one answer: every change that a board was ever told is in it


class Sleepers:
    """One such process."""

    def __init__(self, process: Process, record: Record) -> None:
        self._process = process
        self._record = record
        self._known = 0  # faults of it that are in the record

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def tell(self, what: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(b64encode(pickle.dumps(what)) + b"\n")
        await self._process.stdin.drain()

    async def look(self) -> list[tuple[str, str, View]]:
        """At its boards; what went wrong with them is taken into the record."""
        assert self._process.stdout
        await self.tell("show")
        boards, record = pickle.loads(b64decode(await self._process.stdout.readline()))
        self._record.faults += record.faults[self._known :]
        self._known = len(record.faults)
        for what, times in record.counts.items():
            self._record.counts[f"asleep: {what}"] = times
        return [*boards]


@asynccontextmanager
async def dreaming(entrances: Sequence[Entrance], seed: str, record: Record) -> AsyncIterator[Sleepers]:
    """A process with some boards of each workspace."""
    command = mortal([sys.executable, "-m", "tests.soak.sleepers"])
    async with started(*command, stdin=PIPE, limit=LINE) as process:
        sleepers = Sleepers(process, record)
        await sleepers.tell((list(entrances), f"{seed} sleepers"))
        yield sleepers


async def main() -> None:
    """Until nobody asks any more."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    entrances, seed = pickle.loads(b64decode(await lines.readline()))
    record = Record()
    boards = [board for each in entrances for board in boards_of(each, BOARDS, record, seed)]
    async with AsyncExitStack() as stack:
        for board in boards:
            await stack.enter_async_context(running(board.live()))
        while await lines.readline():
            shown = [(f"asleep: {each.name}", each.workspace, each.view) for each in boards]
            sys.stdout.buffer.write(b64encode(pickle.dumps((shown, record))) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(main())
