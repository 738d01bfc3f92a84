"""Boards: queries kept true. All who watch the same share one board, and with it every reading of its page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from api.live.again import until_read
from api.live.hub import Hub
from domain.boards import Difference, Page, difference
from persistence.boards import BoardPages, Question
from persistence.mongo import Unreachable

PACE = 0.1  # seconds at least between two readings of a board's page
REST = 2.0  # seconds at most for which a board is left as it is known not to be, however long a reading took
READS = 8  # pages read at once: many boards wait for each other, and nobody else for them
READS_OF_ONE = 6  # of them for one workspace: however slow its boards are, there is room for those of others


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page whole, true up to `cursor`."""

    page: Page
    cursor: str


@dataclass(frozen=True, slots=True)
class Delta:
    """What to make of the page that was told before, to have it true up to `cursor`."""

    difference: Difference
    cursor: str


Update = Snapshot | Delta


@dataclass(frozen=True, slots=True)
class State:
    """A page as it was read, true up to `cursor`; `opening` numbers the unbroken stretch of the feed it belongs to.

    `reading` numbers the board's readings of it.
    """

    page: Page
    cursor: str
    opening: int
    reading: int

    def reads_as(self, other: State) -> bool:
        """Whether who was told the one need not be told the other."""
        return self.opening == other.opening and self.page is other.page


class Board:
    """One page kept true for all who watch it, for as long as its `keep` runs.

    What it was a moment ago it does not remember: who watches does, and is told the difference.
    """

    def __init__(
        self,
        hub: Hub,
        asked: Question,
        read: Callable[[Question, Page], Awaitable[Page]],
    ) -> None:
        self._hub = hub
        self._asked = asked
        self._read = read
        self._state: State | None = None
        self._delta: tuple[Page, Page, Delta] | None = None  # the newest
        self._stirred = asyncio.Event()
        self._begun = 0.0
        self._readings = 0  # that have begun
        self._read_anew = asyncio.Event()  # another one after each reading
        self._doubtful = False
        self._news = asyncio.Event()  # another one after each time that it is set
        self._trouble: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether it failed, and is of no use any more."""
        return self._trouble is not None

    async def keep(self) -> None:
        """Read the page now and whenever it may have changed: at once after a rest, and never twice at a time."""
        try:
            # Attended to before it is read, so that nothing falls between the two.
            with self._hub.stirring(self._asked.workspace, self._stirred.set):
                while True:
                    self._take(await until_read(self._look))
                    await asyncio.sleep(rest(asyncio.get_running_loop().time() - self._begun))
                    await self._stirred.wait()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who watch
            self._trouble = error
            self._news.set()
            self._read_anew.set()

    async def _look(self) -> State:
        """The page as it is."""
        self._begun = asyncio.get_running_loop().time()
        self._readings += 1
        self._stirred.clear()
        cursor, opening = self._hub.cursor, self._hub.openings
        try:
            page = await self._read(self._asked, self._state.page if self._state else ())
        except Unreachable:
            self._doubtful = True
            raise
        if self._doubtful:
            # A server that has just been elected may for a moment not know that it has the newest: look once more.
            self._doubtful = False
            self._stirred.set()
        return State(page, cursor, opening, self._readings)

    def _take(self, state: State) -> None:
        known = self._state
        if known:
            change = difference(known.page, state.page)
            if change.is_none:
                state = replace(state, page=known.page)
            else:
                self._delta = known.page, state.page, Delta(change, state.cursor)
        self._state = state
        if not (known and known.reads_as(state)):
            self._news.set()
            self._news = asyncio.Event()
        self._read_anew.set()
        self._read_anew = asyncio.Event()

    async def read_anew(self) -> State:
        """The page by a reading that has yet to begin, which all share who ask before it does; raises what ended it."""
        wanted = self._readings + 1
        self._stirred.set()
        while not (self._state and self._state.reading >= wanted):
            if self._trouble:
                raise self._trouble
            await self._read_anew.wait()
        return self._state

    async def after(self, told: State | None) -> State:
        """The page when it is another one than was *told*; raises what ended the board."""
        while True:
            if self._trouble:
                raise self._trouble
            if self._state and not (told and told.reads_as(self._state)):
                return self._state
            await self._news.wait()

    def delta(self, before: State, after: State) -> Delta:
        """What leads from one page to another: one and the same for all who keep up."""
        if self._delta and self._delta[0] is before.page and self._delta[1] is after.page:
            return self._delta[2]
        return Delta(difference(before.page, after.page), after.cursor)


def rest(took: float) -> float:
    """How long a board rests after a reading: no shorter than that took, so that it is not read all the time."""
    return min(max(PACE, took), REST)


class Viewing:
    """One who watches a board: what it was told, and what it is told next.

    Nothing waits in line for it: one who was slow is told the difference to the page as it is now.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._told: State | None = None
        self._moved = asyncio.Event()  # another one after each update

    async def updates(self) -> AsyncGenerator[Update, None]:
        """First a snapshot, then deltas; another snapshot after the feed was interrupted. It never ends by itself."""
        while True:
            before = self._told
            state = self._told = await self._board.after(before)
            self._moved.set()
            self._moved = asyncio.Event()
            if before is None or before.opening != state.opening:
                yield Snapshot(state.page, state.cursor)
                continue
            delta = self._board.delta(before, state)
            if not delta.difference.is_none:
                yield delta

    async def catch_up(self) -> None:
        """Until what was told so far, if anything was, is as new as whatever any process had told before this.

        The feed may be behind here, and a newcomer have been elsewhere.
        """
        now = await self._board.read_anew()
        while (told := self._told) and told.reading < now.reading and not told.reads_as(now):
            await self._moved.wait()

    def snapshot(self) -> Snapshot | None:
        """What all updates so far come to, for somebody who joins in here; None before the first of them."""
        return Snapshot(self._told.page, self._told.cursor) if self._told else None


@dataclass(slots=True, eq=False)
class _Kept:
    """A board, and how many watch it."""

    board: Board
    keeping: asyncio.Task[None]
    viewers: int = 0


class Boards:
    """The boards of this process, each for as long as anybody watches it."""

    def __init__(self, hub: Hub, pages: BoardPages) -> None:
        self._hub = hub
        self._pages = pages
        self._kept: dict[Question, _Kept] = {}
        self._reads = asyncio.Semaphore(READS)
        # By workspace, while any of its boards is read or waits.
        self._reads_of = WeakValueDictionary[str, asyncio.Semaphore]()

    @contextmanager
    def watch(self, asked: Question) -> Iterator[Viewing]:
        """A view of the board that shows what is asked, which all share who ask the same."""
        kept = self._kept.get(asked)
        if kept is None or kept.board.is_over:
            kept = self._kept[asked] = self._open(asked)
        kept.viewers += 1
        try:
            yield Viewing(kept.board)
        finally:
            kept.viewers -= 1
            if not kept.viewers:
                kept.keeping.cancel()
                if self._kept.get(asked) is kept:
                    del self._kept[asked]

    def _open(self, asked: Question) -> _Kept:
        board = Board(self._hub, asked, self._read)
        return _Kept(board, asyncio.create_task(board.keep()))

    async def _read(self, asked: Question, known: Page) -> Page:
        turn = self._reads_of.get(asked.workspace) or asyncio.Semaphore(READS_OF_ONE)
        self._reads_of[asked.workspace] = turn
        async with turn, self._reads:
            return await self._pages.read(asked, known)
