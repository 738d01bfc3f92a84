"""The hub: hands what the feed tells to everybody in this process who watches for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from persistence.feed import Committed, Event, JobChanged, LeadsChanged, Opened, Reached, TierChanged
from persistence.recent import Recent

RING = 20_000  # tier changes kept for those who come back: some minutes of a busy workspace, about 40 MB
PENDING = 20_000  # events that wait for one watcher: twice the largest burst that is to be told whole
MISSED = 1_000  # changes told to one who comes back: who missed more reads afresh sooner than it catches up
FRAME = 250  # events of one frame: some ten milliseconds' work to render, and messages of some ten kilobytes
PACE = 0.025  # seconds between two frames under load; what comes after a rest is told at once

GONE = "the cursor lies further back than is remembered here"
TOO_MANY = f"more than {PENDING:,} changes were waiting to be told"
UNTOLD = "the levels were edited, and not every lead whose level that changed was told of by itself"
INTERRUPTED = "the feed was interrupted for longer than the database's log reaches back"


@dataclass(frozen=True, slots=True)
class Lost:
    """The watcher's position is gone: read afresh, then go on from `cursor`."""

    reason: str
    cursor: str


Wanted = Callable[[Committed], bool]
Stir = Callable[[], None]  # to be called when leads of a workspace may read otherwise, whatever of them did
Frame = list[Committed] | Lost


@dataclass(slots=True, eq=False)
class Watcher:
    """What waits for one who watches: events in commit order, or that some of them were lost.

    It watches from when it is made until it is closed.
    """

    wanted: Wanted
    _leave: Callable[[Watcher], None]
    _waiting: deque[Committed] = field(default_factory=deque)
    _lost: Lost | None = None
    _something: asyncio.Event = field(default_factory=asyncio.Event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._leave(self)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting and self._lost is None

    def tell(self, event: Committed) -> None:
        if self.wanted(event):
            self._waiting.append(event)
            self._something.set()
            if len(self._waiting) > PENDING:
                self.lose(Lost(TOO_MANY, event.token))

    def lose(self, lost: Lost) -> None:
        self._waiting.clear()
        self._lost = lost
        self._something.set()

    async def frames(self) -> AsyncIterator[Frame]:
        """What waits, whenever something does: at once after a rest, under load what came in a moment together."""
        clock = asyncio.get_running_loop().time
        begun = 0.0
        while True:
            await self._something.wait()
            if len(self._waiting) < FRAME:
                await asyncio.sleep(max(0.0, begun + PACE - clock()))
            begun = clock()
            yield self._take()

    def _take(self) -> Frame:
        if lost := self._lost:
            frame: Frame = lost
            self._lost = None
        else:
            frame = [self._waiting.popleft() for _ in range(min(FRAME, len(self._waiting)))]
        if not self._waiting:
            self._something.clear()
        return frame


class Hub:
    """Remembers recent tier changes and tells every watcher of what it wants, within this process."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[Watcher]] = {}
        self._stirs: dict[str, set[Stir]] = {}
        self.openings = 0  # times that what came before was lost, the first beginning among them
        self._ring: deque[TierChanged] = deque(maxlen=RING)
        self._untold: dict[str, str] = {}  # by workspace, the token up to which some changes were never told
        self._begin = ""  # everything after this token, up to _newest, is in the ring
        self._newest = ""
        self.opened = asyncio.Event()

    @property
    def cursor(self) -> str:
        """The token up to which everything was handed on: what is read from now on is at least as new."""
        return self._newest

    async def follow(self, feed: AsyncIterable[Event]) -> None:
        """Hand on everything the feed tells, for as long as it does."""
        async for event in feed:
            match event:
                case Opened():
                    self._open(event.token)
                case Reached():
                    self._newest = max(self._newest, event.token)
                case LeadsChanged():
                    self._newest = max(self._newest, event.token)
                    self._stir(event.workspace)
                case _:
                    self._hand_on(event)

    def remember(self, past: Recent) -> None:
        """Take what was committed before this process began to follow the feed, for those who come back to it."""
        earlier = [each for each in past.events if isinstance(each, TierChanged)]
        room = RING - len(self._ring)
        if room == 0:
            return
        self._begin = earlier[-room - 1].token if len(earlier) > room else past.begin
        self._ring.extendleft(reversed(earlier[-room:]))
        for each in past.events:
            if isinstance(each, JobChanged) and each.job.left_untold:
                self._untold[each.workspace] = max(each.token, self._untold.get(each.workspace, ""))

    @property
    def begin(self) -> str:
        """The token after which everything is remembered, up to `cursor`."""
        return self._begin

    def watch(self, workspace: str, wanted: Wanted) -> Watcher:
        """A watcher of what is wanted, from now on; to be closed."""
        watcher = Watcher(wanted, lambda watcher: self._leave(workspace, watcher))
        self._watchers.setdefault(workspace, set()).add(watcher)
        return watcher

    @contextmanager
    def stirring(self, workspace: str, stir: Stir) -> Iterator[None]:
        """Calls *stir* whenever leads of the workspace may read otherwise, or something may have been missed."""
        self._stirs.setdefault(workspace, set()).add(stir)
        try:
            yield
        finally:
            self._stirs[workspace].discard(stir)
            if not self._stirs[workspace]:
                del self._stirs[workspace]

    def _stir(self, *workspaces: str) -> None:
        for workspace in workspaces:
            for stir in self._stirs.get(workspace, ()):
                stir()

    def _leave(self, workspace: str, watcher: Watcher) -> None:
        watchers = self._watchers.get(workspace, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(workspace, None)

    def between(self, workspace: str, wanted: Wanted, after: str, upto: str) -> list[TierChanged] | Lost:
        """The tier changes that are wanted after a token and up to another, if they are remembered, and not too many."""
        if not self._begin <= after <= upto:
            return Lost(GONE, upto)
        if after < self._untold.get(workspace, ""):
            return Lost(UNTOLD, upto)
        found: list[TierChanged] = []
        for event in reversed(self._ring):
            if event.token <= after:
                break
            if event.token <= upto and event.workspace == workspace and wanted(event):
                found.append(event)
        return (
            found[::-1] if len(found) <= MISSED else Lost(f"more than {MISSED:,} changes were missed", upto)
        )

    def _open(self, token: str) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.lose(Lost(INTERRUPTED, token))
        self._ring.clear()
        self._begin = self._newest = token
        self.openings += 1
        self._stir(*self._stirs)
        self.opened.set()

    def _hand_on(self, event: Committed) -> None:
        if isinstance(event, TierChanged):
            if len(self._ring) == RING:
                self._begin = self._ring[0].token
            self._ring.append(event)
        self._newest = max(self._newest, event.token)
        if isinstance(event, JobChanged) and event.job.left_untold:
            self._leave_untold(event)
        for watcher in self._watchers.get(event.workspace, ()):
            watcher.tell(event)

    def _leave_untold(self, event: JobChanged) -> None:
        """Who read while the edit was in force has levels that nobody will tell of: the next edit may take it back."""
        self._untold[event.workspace] = event.token
        for watcher in self._watchers.get(event.workspace, ()):
            watcher.lose(Lost(UNTOLD, event.token))
