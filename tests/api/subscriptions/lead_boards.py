"""Boards of leads: what is subscribed to, and a client that applies what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.api.calls import Json
from tests.api.sockets import PATIENCE
from tests.client import Client

LEAD = "{ id externalId version tags engagement { score level { name } } }"
BOARD = f"""subscription($filter: LeadFilter, $orderBy: LeadOrder, $first: Int) {{
  leadBoard(filter: $filter, orderBy: $orderBy, first: $first) {{
    __typename
    ... on BoardSnapshot {{ cursor entries {{ position lead {LEAD} }} }}
    ... on BoardDelta {{ cursor left entered {{ position lead {LEAD} }} updated {{ position lead {LEAD} }} }} }} }}"""
LEADS = f"""query($filter: LeadFilter, $orderBy: LeadOrder, $first: Int) {{
  leads(filter: $filter, orderBy: $orderBy, first: $first) {{ edges {{ node {LEAD} }} }} }}"""


def applied(board: list[Json], update: Json) -> list[Json]:
    """What a client has after it was told: as in README."""
    if update["__typename"] == "BoardSnapshot":
        return [entry["lead"] for entry in update["entries"]]
    placed = sorted(update["entered"] + update["updated"], key=lambda entry: entry["position"])
    gone = {*update["left"], *(entry["lead"]["id"] for entry in placed)}
    board = [lead for lead in board if lead["id"] not in gone]
    for entry in placed:
        board.insert(entry["position"], entry["lead"])
    return board


class Screen:
    """A board on somebody's screen."""

    def __init__(self, updates: AsyncIterator[Any]) -> None:
        self.board: list[Json] = []
        self._updates = updates

    async def told(self) -> Json:
        """The next thing that it is told, applied."""
        update: Json = await asyncio.wait_for(anext(self._updates), PATIENCE)
        self.board = applied(self.board, update)
        return update

    async def until(self, enough: Callable[[list[Json]], bool]) -> None:
        while not enough(self.board):
            await self.told()

    @property
    def names(self) -> list[str]:
        return [lead["externalId"] for lead in self.board]


@asynccontextmanager
async def on_screen(client: Client, **asked: Any) -> AsyncIterator[Screen]:
    """A board that has its snapshot."""
    async with client.subscribe(BOARD, **asked) as updates:
        screen = Screen(updates)
        await screen.told()
        yield screen


async def afresh(client: Client, **asked: Any) -> list[Json]:
    """The query that the board stands for."""
    found = await client(LEADS, **{"first": 50, **asked})
    return [edge["node"] for edge in found["edges"]]
