"""Every edit of the levels is a new version, true for the next read and the next write."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.mutations.reads import lead, level_of
from tests.api.scenes import LEVELS, with_levels, with_score
from tests.client import Client


class TestLevels:
    TABLE = "levelSet { version isCurrent comment revertedFrom levels { name min max color motion rank } gaps { min max } }"

    async def test_every_read_is_right_the_moment_the_levels_changed(self, client: Client) -> None:
        await with_levels(client)
        await with_score(client, "a", 30)
        since = await lead(client, "engagement { level { name } since }")
        assert since["engagement"]["level"] == {"name": "Warm"}

        await with_levels(
            client, [{"name": "Low", "max": 29}, {"name": "High", "min": 30, "color": "#00ff00"}]
        )

        assert await lead(client, "engagement { score level { name min max color rank } }") == {
            "engagement": {
                "score": 30,
                "level": {"name": "High", "min": 30, "max": None, "color": "#00ff00", "rank": 2},
            }
        }
        assert (await lead(client, "engagement { since }"))["engagement"]["since"] > since["engagement"][
            "since"
        ]
        found = await client('{ leads(filter: {engagementLevels: ["High"]}) { totalCount } }')
        assert found == {"totalCount": 1}

    async def test_each_edit_is_true_for_the_next_write_and_the_next_read(self, client: Client) -> None:
        await with_levels(client)
        await with_score(client, "a", 30)
        engagement = {"dimension": "ENGAGEMENT"}
        edits: list[tuple[str, Json, str | None]] = [
            ("updateLevel", {"name": "warm", "level": {"name": "Tepid", "min": 25, "max": 49}}, "Tepid"),
            ("removeLevel", {"name": "TEPID "}, None),
            ("addLevel", {"level": {"name": "Lukewarm", "min": 30, "max": 40}}, "Lukewarm"),
            ("updateLevel", {"name": "Lukewarm", "level": {"name": "Lukewarm", "min": 31, "max": 40}}, None),
            ("revertLevels", {"version": 1}, "Warm"),
        ]
        for version, (mutation, given, expected) in enumerate(edits, 2):
            edited = await done(client, mutation, "levelSet { version isCurrent }", **engagement, **given)

            assert edited == {"levelSet": {"version": version, "isCurrent": True}}
            assert await level_of(client) == expected
            written = await done(
                client,
                "adjustScore",
                "lead { engagement { level { name } } } change { levelAfter { name } }",
                lead={"externalId": f"new in {version}"},
                delta=30,
            )
            level = expected and {"name": expected}
            assert written == {"lead": {"engagement": {"level": level}}, "change": {"levelAfter": level}}

    async def test_an_added_level_takes_its_place_and_a_colour(self, client: Client) -> None:
        await with_levels(client, [LEVELS[0], LEVELS[3]])

        added = await done(
            client,
            "addLevel",
            self.TABLE,
            dimension="ENGAGEMENT",
            level={"name": "Warm", "min": 25, "max": 49, "motion": "Write"},
            comment="More of them",
        )

        levels = added["levelSet"].pop("levels")
        assert added["levelSet"] == {
            "version": 2,
            "isCurrent": True,
            "comment": "More of them",
            "revertedFrom": None,
            "gaps": [{"min": None, "max": -1}, {"min": 50, "max": 74}],
        }
        assert [(each["name"], each["rank"]) for each in levels] == [
            ("Cold", 1),
            ("Warm", 2),
            ("Very Hot", 3),
        ]
        # The new one takes the colour of its rank; the others keep those they had.
        assert [each["color"] for each in levels] == ["#3b82f6", "#f59e0b", "#f59e0b"]
        assert levels[1]["motion"] == "Write"

    async def test_an_updated_level_keeps_its_colour_and_motion_unless_it_brings_its_own(
        self, client: Client
    ) -> None:
        await with_levels(client, [{"name": "Cold", "max": 24, "color": "#112233", "motion": "Wait"}])
        given = {"dimension": "ENGAGEMENT", "name": "COLD"}

        kept = await done(client, "updateLevel", self.TABLE, **given, level={"name": "cold", "max": 30})
        changed = await done(
            client,
            "updateLevel",
            self.TABLE,
            **given,
            level={"name": "Cool", "color": "#AABBCC", "motion": None},
        )

        assert kept["levelSet"]["levels"] == [
            {"name": "cold", "min": None, "max": 30, "color": "#112233", "motion": "Wait", "rank": 1}
        ]
        assert changed["levelSet"]["levels"] == [
            {"name": "Cool", "min": None, "max": None, "color": "#aabbcc", "motion": None, "rank": 1}
        ]

    async def test_a_revert_is_a_new_version_that_repeats_an_old_table(self, client: Client) -> None:
        await with_levels(client)
        await with_levels(client, [{"name": "Other"}])

        reverted = await done(
            client, "revertLevels", self.TABLE, dimension="ENGAGEMENT", version=1, comment="Back again"
        )

        assert reverted["levelSet"]["version"] == 3
        assert reverted["levelSet"]["revertedFrom"] == 1
        assert reverted["levelSet"]["comment"] == "Back again"
        assert [each["name"] for each in reverted["levelSet"]["levels"]] == [
            "Cold",
            "Warm",
            "Hot",
            "Very Hot",
        ]
        empty = await done(client, "revertLevels", self.TABLE, dimension="ENGAGEMENT", version=0)
        assert empty["levelSet"]["levels"] == []

    async def test_the_dimensions_are_edited_apart(self, client: Client) -> None:
        await with_levels(client)
        await with_levels(client, [{"name": "Good"}], "PROFILE")

        found = await client(
            "{ a: levelSet(dimension: ENGAGEMENT) { version } b: levelSet(dimension: PROFILE) { version } }"
        )

        assert found == {"a": {"version": 1}, "b": {"version": 1}}

    @pytest.mark.parametrize(
        ("mutation", "given"),
        [
            ("addLevel", {"level": {"name": "New", "max": -1}}),
            ("updateLevel", {"name": "Cold", "level": {"name": "Cool", "max": 24}}),
            ("removeLevel", {"name": "Cold"}),
            ("replaceLevels", {"levels": []}),
            ("revertLevels", {"version": 0}),
        ],
    )
    async def test_an_edit_of_a_version_that_is_no_longer_current_is_refused(
        self, client: Client, contents: Contents, mutation: str, given: Json
    ) -> None:
        await with_levels(client)
        await with_levels(client)
        before = await contents()

        refusal = await refused(client, mutation, dimension="ENGAGEMENT", expectedVersion=1, **given)

        assert refusal["__typename"] == "VersionConflict"
        assert refusal["currentVersion"] == 2
        assert "you expected version 1, it is 2" in refusal["message"]
        assert await contents() == before
        edited = await done(
            client, mutation, "levelSet { version }", dimension="ENGAGEMENT", expectedVersion=2, **given
        )
        assert edited == {"levelSet": {"version": 3}}

    @pytest.mark.parametrize(
        ("mutation", "given", "first", "second"),
        [
            ("addLevel", {"level": {"name": "New", "min": 24, "max": 24}}, "Cold", "New"),
            ("updateLevel", {"name": "Warm", "level": {"name": "Warm", "min": 25, "max": 50}}, "Warm", "Hot"),
            ("replaceLevels", {"levels": [{"name": "B", "min": 1}, {"name": "A", "max": 1}]}, "A", "B"),
        ],
    )
    async def test_an_edit_that_makes_levels_overlap_names_both(
        self, client: Client, contents: Contents, mutation: str, given: Json, first: str, second: str
    ) -> None:
        await with_levels(client)
        before = await contents()

        refusal = await refused(client, mutation, dimension="ENGAGEMENT", **given)

        assert refusal["__typename"] == "LevelsOverlap"
        assert (refusal["first"]["name"], refusal["second"]["name"]) == (first, second)
        assert first in refusal["message"]
        assert second in refusal["message"]
        assert await contents() == before

    async def test_of_edits_made_at_once_on_one_version_only_one_wins(self, client: Client) -> None:
        await with_levels(client)

        async def edit(number: int) -> Json:
            result: Json = await client(
                """mutation($levels: [LevelInput!]!) {
                  replaceLevels(input: {dimension: ENGAGEMENT, levels: $levels, expectedVersion: 1}) {
                    __typename ... on VersionConflict { currentVersion } } }""",
                levels=[{"name": f"of {number}"}],
            )
            return result

        results = await asyncio.gather(*(edit(number) for number in range(5)))

        assert (
            sorted(result["__typename"] for result in results) == ["LevelsPayload"] + ["VersionConflict"] * 4
        )
        assert {result.get("currentVersion", 2) for result in results} == {2}
