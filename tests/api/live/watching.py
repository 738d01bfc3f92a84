"""Processes that follow the feed, and clients of their boards, who apply what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from api.app import build_house
from api.context import House
from api.live.boards import Delta, Snapshot, Update
from domain.boards import Entry, Page, applied
from persistence.background import running
from persistence.boards import BoardFilter, Question
from persistence.leads import LeadOrder
from persistence.mongo import Mongo
from persistence.relay import open_feed

PATIENCE = 20.0  # seconds; a board that is never true fails its test instead of holding all up


@asynccontextmanager
async def process(mongo: Mongo) -> AsyncIterator[House]:
    """The parts of one process, whose hub follows the feed."""
    async with open_feed(mongo) as feed:
        house = build_house(mongo)
        async with running(house.hub.follow(feed)):
            await house.hub.opened.wait()
            yield house
            await house.ledger.close()


def everything(workspace: str, first: int = 50) -> Question:
    """The hottest leads of all."""
    return Question(workspace, BoardFilter(), LeadOrder(), first)


class Client:
    """Has a board on the screen."""

    def __init__(self, house: House, asked: Question) -> None:
        self.asked = asked
        self.page: Page = ()
        self.told: list[Update] = []
        self._house = house
        self._more = asyncio.Event()

    async def follow(self) -> None:
        with self._house.boards.watch(self.asked) as viewing:
            async for update in viewing.updates():
                self._take(update)

    def _take(self, update: Update) -> None:
        match update:
            case Snapshot(page=page):
                self.page = page
            case Delta(difference=change):
                assert not change.is_none
                self.page = applied(self.page, change)
        self.told.append(update)
        self._more.set()

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not enough():
                await self._more.wait()
                self._more.clear()

    async def is_told(self, updates: int) -> None:
        """Wait until it was told so many updates since it began."""
        await self.until(lambda: len(self.told) >= updates)

    @property
    def names(self) -> list[str | None]:
        return [entry.lead.external_id for entry in self.page]


@asynccontextmanager
async def watching(house: House, asked: Question) -> AsyncIterator[Client]:
    """A client that has its first snapshot."""
    client = Client(house, asked)
    async with running(client.follow()):
        await client.is_told(1)
        yield client


async def afresh(house: House, asked: Question) -> Page:
    """What the query shows that the board stands for."""
    scoring = await house.configuration.scoring(asked.workspace)
    wanted = asked.wanted.under(scoring)
    page = await house.leads.page(asked.workspace, wanted, asked.order, asked.first, None)
    return tuple(Entry(edge.node, scoring) for edge in page.edges)


async def become_true(house: House, *clients: Client) -> None:
    """Wait until every board is what its query shows, whatever jobs still do to leads meanwhile."""
    for client in clients:
        try:
            async with asyncio.timeout(PATIENCE):
                while client.page != await afresh(house, client.asked):  # noqa: ASYNC110 - a query tells nobody
                    await asyncio.sleep(0.02)
        except TimeoutError:
            assert client.page == await afresh(house, client.asked), client.asked
