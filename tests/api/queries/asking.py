"""How lists are asked for, walked by their cursors, and looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.api.calls import Json
from tests.client import Client

DAY = timedelta(days=1)
LEVEL = "name min max color motion rank"


async def names(client: Client, **given: Any) -> list[str]:
    """The external ids of the leads that are found, in their order."""
    query = """query($filter: LeadFilter, $order: LeadOrder) {
      leads(filter: $filter, orderBy: $order, first: 200) { edges { node { externalId } } } }"""
    found = await client(query, **given)
    return [edge["node"]["externalId"] for edge in found["edges"]]


async def pages(client: Client, query: str, first: int, after: str | None = None, **given: Any) -> list[Json]:
    """Every page of a list, walked by its cursors. The query has $first and $after."""
    walked: list[Json] = []
    while True:
        page = await client(query, first=first, after=after, **given)
        while "edges" not in page:
            page = next(iter(page.values()))
        walked.append(page)
        if not page["pageInfo"]["hasNextPage"]:
            return walked
        after = page["pageInfo"]["endCursor"]


def of(walked: list[Json], *path: str) -> list[Any]:
    """One value of every entry of the pages, in order."""
    found = []
    for edge in (edge for page in walked for edge in page["edges"]):
        value = edge["node"]
        for name in path:
            value = value[name]
        found.append(value)
    return found
