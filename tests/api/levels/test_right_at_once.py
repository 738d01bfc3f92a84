"""Every read is right in the request that follows an edit, whatever is still to be told."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.api.calls import Json
from tests.api.levels.asking import counts, distribution, edit, levels_now, name_of
from tests.api.queries.asking import names
from tests.api.scenes import LEVELS, with_crowd, with_levels
from tests.client import Client

FITS = [{"name": "Poor", "max": 49}, {"name": "Good", "min": 50}]
Levels = dict[str, str | None]
CROWD = {"a": 10, "b": 30, "c": 60, "d": 90}
GOOD = {"a": 60, "b": 60}
EDITS: dict[str, tuple[str, Json, list[str | None]]] = {
    "to add a level": (
        "addLevel",
        {"level": {"name": "Hot", "min": 50, "max": 74}},
        ["Cold", "Warm", "Hot", "Very Hot"],
    ),
    "to move a bound": (
        "updateLevel",
        {"name": "Cold", "level": {"name": "Cold", "min": 11, "max": 24}},
        [None, "Warm", None, "Very Hot"],
    ),
    "to rename a level": (
        "updateLevel",
        {"name": "Warm", "level": {"name": "Tepid", "min": 25, "max": 49}},
        ["Cold", "Tepid", None, "Very Hot"],
    ),
    "to remove a level": ("removeLevel", {"name": "Warm"}, ["Cold", None, None, "Very Hot"]),
    "to replace all": (
        "replaceLevels",
        {"levels": [{"name": "Low", "max": 60}, {"name": "High", "min": 61}]},
        ["Low", "Low", "Low", "High"],
    ),
    "to have none": ("replaceLevels", {"levels": []}, [None, None, None, None]),
    "to revert": ("revertLevels", {"version": 1}, ["Everyone", "Everyone", "Everyone", "Everyone"]),
}


@pytest.fixture
async def crowded(client: Client) -> Client:
    """Four leads: one Cold, one Warm, one at 60 without a level, one Very Hot; two of them fit well."""
    await with_levels(client, FITS, "PROFILE")
    await with_levels(client, [{"name": "Everyone"}])
    await with_levels(client, [LEVELS[0], LEVELS[1], LEVELS[3]])
    await with_crowd(client, CROWD)
    await with_crowd(client, GOOD, "PROFILE")
    return client


@pytest.mark.parametrize(("mutation", "given", "expected"), EDITS.values(), ids=EDITS)
async def test_every_read_is_right_at_once(
    crowded: Client, mutation: str, given: Json, expected: list[str | None]
) -> None:
    level_of = dict(zip(CROWD, expected, strict=True))

    edited = await edit(crowded, mutation, **given)

    level_set = edited["levelSet"]
    assert await levels_now(crowded) == level_of
    await leads_are_found_by_their_levels(crowded, level_set, level_of)
    await the_distribution_counts_them(crowded, level_set, level_of)
    await the_matrix_counts_them(crowded, level_set, level_of)


async def leads_are_found_by_their_levels(client: Client, level_set: Json, level_of: Levels) -> None:
    for name in map(name_of, level_set["levels"]):
        wanted = [lead for lead, level in level_of.items() if level == name]
        assert sorted(await names(client, filter={"engagementLevels": [name]})) == wanted
    nowhere = [lead for lead, level in level_of.items() if level is None]
    assert sorted(await names(client, filter={"unclassifiedIn": "ENGAGEMENT"})) == nowhere


async def the_distribution_counts_them(client: Client, level_set: Json, level_of: Levels) -> None:
    found = await distribution(client)

    rows = [row["level"] for row in found["shares"]]
    assert (found["dimension"], found["total"]) == ("ENGAGEMENT", 4)
    assert [row for row in rows if row] == level_set["levels"]
    assert (rows[-1] is None) == bool(level_set["gaps"])
    assert +Counter(counts(found["shares"])) == Counter(level_of.values())
    assert [row["share"] for row in found["shares"]] == [row["leads"] / 4 for row in found["shares"]]


async def the_matrix_counts_them(client: Client, level_set: Json, level_of: Levels) -> None:
    found = await client("{ levelMatrix { total cells { engagement { name } profile { name } leads } } }")

    cells = {
        (name_of(cell["engagement"]), name_of(cell["profile"])): cell["leads"] for cell in found["cells"]
    }
    fits = ["Good" if lead in GOOD else "Poor" for lead in CROWD]
    pairs = [(name_of(level), fit) for level in level_set["levels"] for fit in ("Poor", "Good")]
    assert found["total"] == 4
    assert +Counter(cells) == Counter(zip(level_of.values(), fits, strict=True))
    assert list(cells)[: len(pairs)] == pairs
    assert len(cells) == len(found["cells"])
