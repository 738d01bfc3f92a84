"""How the tests of the edge set their scenes: levels in force, rules published, leads with points."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tests.api.calls import Json, done
from tests.api.sockets import PATIENCE
from tests.client import Client

LEVELS: list[Json] = [
    {"name": "Cold", "min": 0, "max": 24},
    {"name": "Warm", "min": 25, "max": 49},
    {"name": "Hot", "min": 50, "max": 74},
    {"name": "Very Hot", "min": 75},
]


def check(field: str, operator: str, value: Any = None) -> Json:
    """A condition of one test; without a value where it is None."""
    given = {} if value is None else {"value": value}
    return {"test": {"field": field, "operator": operator, **given}}


async def with_levels(
    client: Client, levels: list[Json] | None = None, dimension: str = "ENGAGEMENT", **more: Any
) -> int:
    """Put a table in force, Cold to Very Hot unless told otherwise, and return its version."""
    table = LEVELS if levels is None else levels
    edited = await done(
        client, "replaceLevels", "levelSet { version }", dimension=dimension, levels=table, **more
    )
    version: int = edited["levelSet"]["version"]
    return version


async def with_rules(client: Client, **points: int) -> dict[str, str]:
    """Publish what an activity of each kind is worth, and return the rules' ids by kind."""
    ids = {}
    for kind, worth in points.items():
        rule = {"name": f"A {kind.lower()}", "activity": kind, "points": worth}
        ids[kind] = (await done(client, "saveRule", "rule { id }", rule=rule))["rule"]["id"]
    await done(client, "publishRules", "ruleSet { version }")
    return ids


async def with_score(client: Client, lead: str, delta: int, **more: Any) -> str:
    """Give a lead points, by its external id, and return its id."""
    given = await done(client, "adjustScore", "lead { id }", lead={"externalId": lead}, delta=delta, **more)
    lead_id: str = given["lead"]["id"]
    return lead_id


async def with_crowd(client: Client, scores: Mapping[str, int], dimension: str = "ENGAGEMENT") -> None:
    """Make leads known, by their external ids, and give them points where they have any."""
    leads = [{"lead": {"externalId": lead}} for lead in scores]
    await done(client, "upsertLeads", "results { __typename }", leads=leads)
    points = [
        {"lead": {"externalId": lead}, "delta": score, "dimension": dimension}
        for lead, score in scores.items()
        if score
    ]
    await done(client, "adjustScores", "results { __typename }", adjustments=points)


async def all_told(client: Client) -> None:
    """Wait until no job runs: until every lead was told its level."""
    async with asyncio.timeout(PATIENCE):
        while "RUNNING" in str(await client("{ jobs(first: 5) { state } }")):  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.01)


async def with_activity(client: Client, lead: str, kind: str, **more: Any) -> Any:
    """Record an activity of a lead, by its external id, and return what is known of it."""
    return await done(
        client,
        "recordActivity",
        "duplicate lead { id version } activity { id } changes { id }",
        lead={"externalId": lead},
        activity={"kind": kind, **more},
    )


async def told_of(board: AsyncIterator[Any], count: int) -> list[Json]:
    """The next level sets that somebody made: the feed may still tell of the empty ones of a new workspace."""
    found: list[Json] = []
    while len(found) < count:
        level_set = await anext(board)
        if level_set["version"]:
            found.append(level_set)
    return found
