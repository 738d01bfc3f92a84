"""Live boards: what they subscribe to, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tests.api.calls import Json
from tests.api.scenes import with_score
from tests.api.sockets import PATIENCE
from tests.client import Client

TIERS = """subscription($leads: [ID!], $dimension: Dimension, $levels: [String!], $after: String) {
  leadTierChanged(leads: $leads, dimension: $dimension, levels: $levels, after: $after) {
    __typename
    ... on TierChanges { cursor changes {
      lead { id externalId version } dimension from { name } to { name } scoreBefore score version cause at } }
    ... on ResyncRequired { cursor reason } } }"""
LEVEL_SETS = """subscription($dimension: Dimension) { levelSetChanged(dimension: $dimension) {
  id dimension version isCurrent comment levels { name } } }"""


async def told(board: AsyncIterator[Any], count: int) -> list[Json]:
    """The next changes that the board is told, in however many frames they come."""
    changes: list[Json] = []
    while len(changes) < count:
        frame = await asyncio.wait_for(anext(board), PATIENCE)
        assert frame["__typename"] == "TierChanges", frame
        changes += frame["changes"]
    return changes


def moves(changes: list[Json]) -> list[tuple[str, str | None, str | None]]:
    """Who went from where to where."""
    return [
        (change["lead"]["externalId"], *(end and end["name"] for end in (change["from"], change["to"])))
        for change in changes
    ]


async def cursor_of(client: Client) -> str:
    """A position in the feed: everything after it is what follows now."""
    async with client.subscribe(TIERS) as board:
        await with_score(client, "a lead of before", 30)
        frame = await anext(board)
    cursor: str = frame["cursor"]
    return cursor
