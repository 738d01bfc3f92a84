"""What the API says of levels: of leads one by one, of all of them together, and of how they moved."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.api.calls import Json, done
from tests.client import Client

LEVEL = "{ name min max color motion rank }"
JOB = "id kind state done total changed startedAt finishedAt error"
SHARES = f"{{ level {LEVEL} leads share }}"
ENTRY = f"""id dimension delta scoreBefore scoreAfter levelBefore {LEVEL} levelAfter {LEVEL} tierChanged cause
  reason version at levelSetVersion actor {{ kind name }} parts {{ points }} activity {{ id }}
  lead {{ externalId }}"""

Move = tuple[str | None, str | None]


def name_of(level: Json | None) -> str | None:
    return None if level is None else str(level["name"])


async def edit(client: Client, mutation: str, **given: Any) -> Json:
    """Edit the levels, of engagement unless told otherwise, and return the new set and its job."""
    edited: Json = await done(
        client,
        mutation,
        f"levelSet {{ version createdAt announce levels {LEVEL} gaps {{ min max }} }} job {{ {JOB} }}",
        **{"dimension": "ENGAGEMENT", **given},
    )
    return edited


async def levels_now(client: Client) -> dict[str, str | None]:
    """The engagement level of every lead, by its external id."""
    found = await client(
        "{ leads(first: 200) { edges { node { externalId engagement { level { name } } } } } }"
    )
    nodes = [edge["node"] for edge in found["edges"]]
    return {node["externalId"]: name_of(node["engagement"]["level"]) for node in nodes}


async def distribution(client: Client, dimension: str = "ENGAGEMENT") -> Json:
    found: Json = await client(
        f"""query($d: Dimension!) {{ tierDistribution(dimension: $d) {{
          dimension total shares {SHARES} warnings }} }}""",
        d=dimension,
    )
    return found


async def preview(client: Client, levels: list[Json], dimension: str = "ENGAGEMENT") -> Json:
    found: Json = await client(
        f"""query($d: Dimension!, $levels: [LevelInput!]!) {{ previewLevels(dimension: $d, levels: $levels) {{
          gaps {{ min max }} before {SHARES} after {SHARES}
          moves {{ from {LEVEL} to {LEVEL} leads sample {{ externalId engagement {{ level {{ name }} }} }} }}
          problems {{ path message }} }} }}""",
        d=dimension,
        levels=levels,
    )
    return found


async def told(client: Client) -> list[Json]:
    """What the history says of edits of the levels, newest first."""
    found = await client(f"{{ history(first: 200) {{ edges {{ node {{ {ENTRY} }} }} }} }}")
    entries: list[Json] = [edge["node"] for edge in found["edges"]]
    return [entry for entry in entries if entry["cause"] == "LEVELS_CHANGED"]


def moves_in(entries: list[Json]) -> Counter[Move]:
    """How many leads went from which level to which."""
    return Counter((name_of(each["levelBefore"]), name_of(each["levelAfter"])) for each in entries)


def counts(shares: list[Json]) -> dict[str | None, int]:
    """How many leads each row of a distribution has."""
    return {name_of(each["level"]): each["leads"] for each in shares}
