"""Who edits what somebody else has changed meanwhile is told so, and nothing of the other's work is lost."""

from __future__ import annotations

import asyncio

import pytest

from domain.actors import Role
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.levels.asking import LEVEL, edit, levels_now
from tests.api.scenes import LEVELS, with_crowd, with_levels
from tests.client import Client
from tests.conftest import MakeClient

EDITS: list[tuple[str, Json]] = [
    ("addLevel", {"level": {"name": "Frozen", "max": -1}}),
    ("updateLevel", {"name": "Hot", "level": {"name": "Warm to Hot", "min": 50, "max": 74}}),
    ("removeLevel", {"name": "Hot"}),
    ("replaceLevels", {"levels": [{"name": "Everyone"}]}),
    ("revertLevels", {"version": 0}),
]
TABLE = f"{{ levelSet(dimension: ENGAGEMENT) {{ version comment createdBy {{ name }} levels {LEVEL} }} }}"


@pytest.mark.parametrize(
    ("first", "second"), list(zip(EDITS, EDITS[2:] + EDITS[:2], strict=True)), ids=[name for name, _ in EDITS]
)
async def test_the_later_of_two_editors_gets_a_conflict_and_the_earlier_keeps_all(
    make_client: MakeClient, contents: Contents, first: tuple[str, Json], second: tuple[str, Json]
) -> None:
    ada, eve = await make_client(name="Ada"), await make_client(Role.EDITOR, "Eve")
    seen = await with_levels(ada)
    await edit(eve, first[0], **first[1], expectedVersion=seen, comment="Eve was here")
    hers, before = await ada(TABLE), await contents()

    refusal = await refused(ada, second[0], dimension="ENGAGEMENT", expectedVersion=seen, **second[1])

    assert refusal == {
        "__typename": "VersionConflict",
        "message": refusal["message"],
        "currentVersion": 2,
    }
    assert "you expected version 1, it is 2" in refusal["message"]
    assert await ada(TABLE) == hers
    assert (hers["version"], hers["comment"], hers["createdBy"]) == (2, "Eve was here", {"name": "Eve"})
    assert await contents() == before


async def test_who_reads_again_then_adds_to_what_the_other_did(make_client: MakeClient) -> None:
    ada, eve = await make_client(name="Ada"), await make_client(name="Eve")
    seen = await with_levels(ada)
    await with_crowd(ada, {"a": 10, "b": 30})
    await edit(eve, "updateLevel", name="Cold", level={**LEVELS[0], "name": "Cool"}, expectedVersion=seen)

    mine = {"name": "Warm", "level": {**LEVELS[1], "name": "Tepid"}}
    refusal = await refused(ada, "updateLevel", dimension="ENGAGEMENT", expectedVersion=seen, **mine)
    await edit(ada, "updateLevel", expectedVersion=refusal["currentVersion"], **mine)

    assert await levels_now(ada) == {"a": "Cool", "b": "Tepid"}


async def test_edits_that_expect_no_version_are_all_made_when_they_come_at_once(client: Client) -> None:
    names = [f"Level {number}" for number in range(8)]
    await asyncio.gather(
        *(
            done(
                client,
                "addLevel",
                "levelSet { version }",
                dimension="ENGAGEMENT",
                level={"name": name, "min": at * 10, "max": at * 10 + 9},
            )
            for at, name in enumerate(names)
        )
    )

    found = await client("{ levelSet(dimension: ENGAGEMENT) { version levels { name } } }")

    assert found == {"version": 8, "levels": [{"name": name} for name in names]}


async def test_an_edit_of_one_dimension_is_no_conflict_for_the_other(client: Client) -> None:
    for number in range(1, 4):
        for dimension in ("ENGAGEMENT", "PROFILE"):
            assert await with_levels(client, LEVELS, dimension, expectedVersion=number - 1) == number
