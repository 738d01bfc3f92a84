"""Boards are told of every edit of the levels, in order."""

from __future__ import annotations

import pytest

from tests.api.calls import Json, done
from tests.api.scenes import LEVELS, told_of, with_levels
from tests.api.subscriptions.boards import LEVEL_SETS
from tests.client import Client


class TestLevelSets:
    async def test_a_new_level_set_is_told_whole(self, client: Client) -> None:
        async with client.subscribe(LEVEL_SETS) as board:
            await with_levels(client, LEVELS[:2], comment="Two will do")
            (level_set,) = await told_of(board, 1)

        assert level_set == {
            "id": "levels_ENGAGEMENT.1",
            "dimension": "ENGAGEMENT",
            "version": 1,
            "isCurrent": True,
            "comment": "Two will do",
            "levels": [{"name": "Cold"}, {"name": "Warm"}],
        }

    async def test_every_kind_of_edit_is_told_in_order(self, client: Client) -> None:
        edits: list[tuple[str, Json]] = [
            ("replaceLevels", {"levels": LEVELS}),
            ("removeLevel", {"name": "Hot"}),
            ("addLevel", {"level": {"name": "Hot", "min": 60, "max": 74}}),
            ("updateLevel", {"name": "Cold", "level": {"name": "Cool", "max": 24}}),
            ("revertLevels", {"version": 0}),
        ]
        async with client.subscribe(LEVEL_SETS) as board:
            for mutation, given in edits:
                await done(client, mutation, "levelSet { version }", dimension="PROFILE", **given)
            sets = await told_of(board, len(edits))

        assert [each["version"] for each in sets] == [1, 2, 3, 4, 5]
        assert [len(each["levels"]) for each in sets] == [4, 3, 4, 4, 0]
        assert {each["dimension"] for each in sets} == {"PROFILE"}

    @pytest.mark.parametrize("dimension", [None, "ENGAGEMENT", "PROFILE"])
    async def test_of_one_dimension_or_of_both(self, client: Client, dimension: str | None) -> None:
        order = ["PROFILE", "ENGAGEMENT", "PROFILE", "ENGAGEMENT"]
        expected = [each for each in order if dimension in (None, each)]
        async with client.subscribe(LEVEL_SETS, dimension=dimension) as board:
            for each in order:
                await with_levels(client, dimension=each)
            sets = await told_of(board, len(expected))

        assert [each["dimension"] for each in sets] == expected

    async def test_a_refused_edit_is_not_told(self, client: Client) -> None:
        async with client.subscribe(LEVEL_SETS) as board:
            await client(
                'mutation { removeLevel(input: {dimension: ENGAGEMENT, name: "Hot"}) { __typename } }'
            )
            await with_levels(client)

            assert [each["version"] for each in await told_of(board, 1)] == [1]
