"""The hub: hands what the feed tells to everybody in this process who watches for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from domain.leads import Lead
from domain.scoring import Scoring
from persistence.configuration import Configuration
from persistence.feed import Committed, Event, LeadsChanged, Opened, TierChanged
from persistence.leads import Leads

RING = 10_000  # tier changes kept for those who come back: some minutes of a busy workspace, about 20 MB
PENDING = (
    1_000  # events that wait for one watcher; who is further behind reads afresh sooner than it catches up
)


@dataclass(frozen=True, slots=True)
class Lost:
    """The watcher's position is gone: read afresh, then go on from `cursor`."""

    reason: str
    cursor: str


@dataclass(slots=True)
class News:
    """One event, and the lead it speaks of as it is now, read once for everybody who is told."""

    event: Committed
    _read: Callable[[], asyncio.Future[tuple[Lead | None, Scoring]]]
    _reading: asyncio.Future[tuple[Lead | None, Scoring]] | None = None

    async def lead(self) -> tuple[Lead | None, Scoring]:
        """The lead, None when it was deleted since, and what it is to be classified under."""
        if self._reading is None:
            self._reading = self._read()
        # One who stops listening must not take the answer from the others.
        return await asyncio.shield(self._reading)


Wanted = Callable[[Committed], bool]
Stir = Callable[[], None]  # to be called when leads of a workspace may read otherwise, whatever of them did


@dataclass(slots=True, eq=False)
class Watcher:
    """What waits for one subscriber: news in commit order, or that some of them were lost."""

    wanted: Wanted
    _waiting: list[News] = field(default_factory=list)
    _lost: Lost | None = None
    _something: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, news: News) -> None:
        if self._lost is None and self.wanted(news.event):
            self._waiting.append(news)
            self._something.set()
            if len(self._waiting) > PENDING:
                self.lose(Lost(f"more than {PENDING:,} changes were waiting to be read", news.event.token))

    def lose(self, lost: Lost) -> None:
        self._waiting.clear()
        self._lost = lost
        self._something.set()

    async def frames(self) -> AsyncIterator[list[News] | Lost]:
        """All that waits, whenever something does."""
        while True:
            await self._something.wait()
            self._something.clear()
            lost, waiting = self._lost, self._waiting
            self._lost, self._waiting = None, []
            if lost:
                yield lost
            if waiting:
                yield waiting


class Hub:
    """Remembers recent tier changes and tells every watcher of what it wants, within this process."""

    def __init__(self, leads: Leads, configuration: Configuration) -> None:
        self._leads = leads
        self._configuration = configuration
        self._watchers: dict[str, set[Watcher]] = {}
        self._stirs: dict[str, set[Stir]] = {}
        self.openings = 0  # times that what came before was lost, the first beginning among them
        self._ring: deque[TierChanged] = deque(maxlen=RING)
        self._begin = ""  # everything after this token, up to _newest, is in the ring
        self._newest = ""
        self.opened = asyncio.Event()

    async def follow(self, feed: AsyncIterator[Event]) -> None:
        """Hand on everything the feed tells, for as long as it does."""
        async for event in feed:
            match event:
                case Opened():
                    self._open(event.token)
                case LeadsChanged():
                    self._newest = max(self._newest, event.token)
                    self._stir(event.workspace)
                case _:
                    self._hand_on(event)

    @contextmanager
    def watch(self, workspace: str, wanted: Wanted, after: str | None = None) -> Iterator[Watcher]:
        """A watcher of what is wanted, from now on, or from *after* the token of an earlier frame.

        Its first frame is Lost when *after* lies further back than the hub remembers.
        """
        watcher = Watcher(wanted)
        if after is not None:
            self._replay(workspace, watcher, after)
        self._watchers.setdefault(workspace, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[workspace].discard(watcher)
            if not self._watchers[workspace]:
                del self._watchers[workspace]

    @property
    def cursor(self) -> str:
        """The token up to which everything was handed on: what is read from now on is at least as new."""
        return self._newest

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

    def _replay(self, workspace: str, watcher: Watcher, after: str) -> None:
        if not self._begin <= after <= self._newest:
            watcher.lose(Lost("the cursor lies further back than is remembered here", self._newest))
            return
        for event in self._ring:
            if event.token > after and event.workspace == workspace:
                watcher.tell(self._news(event))

    def _open(self, token: str) -> None:
        lost = Lost("the feed was interrupted for longer than the database's log reaches back", token)
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.lose(lost)
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
        news = self._news(event)
        for watcher in self._watchers.get(event.workspace, ()):
            watcher.tell(news)

    def _news(self, event: Committed) -> News:
        return News(event, lambda: asyncio.ensure_future(self._read(event)))

    async def _read(self, event: Committed) -> tuple[Lead | None, Scoring]:
        lead_id = event.change.lead_id if isinstance(event, TierChanged) else ""
        leads, scoring = await asyncio.gather(
            self._leads.by_ids(event.workspace, [lead_id]), self._configuration.scoring(event.workspace)
        )
        return leads.get(lead_id), scoring
