"""Levels and rules in all their versions: what is in force, and the past as it was then."""

from __future__ import annotations

from tests.api.calls import done
from tests.api.queries.asking import LEVEL, of, pages
from tests.api.scenes import with_levels, with_rules
from tests.client import Client


class TestLevelSets:
    async def test_a_workspace_begins_with_an_empty_table(self, client: Client) -> None:
        query = f"""query($d: Dimension!) {{ levelSet(dimension: $d) {{ dimension version isCurrent comment revertedFrom
          levels {{ {LEVEL} }} gaps {{ min max }} createdBy {{ name }} }} }}"""
        for dimension in ("ENGAGEMENT", "PROFILE"):
            assert await client(query, d=dimension) == {
                "dimension": dimension,
                "version": 0,
                "isCurrent": True,
                "comment": None,
                "revertedFrom": None,
                "levels": [],
                "gaps": [{"min": None, "max": None}],
                "createdBy": {"name": "Tierwire"},
            }

    async def test_a_table_is_shown_in_order_with_its_gaps(self, client: Client) -> None:
        table = [
            {"name": "Hot", "min": 50, "max": 74, "color": "#ABCDEF", "motion": "Call today"},
            {"name": " Cold ", "max": 20},
            {"name": "Done", "min": 100, "max": 100},
        ]
        await with_levels(client, table, comment="A new start")

        found = await client(
            f"{{ levelSet(dimension: ENGAGEMENT) {{ version comment levels {{ {LEVEL} }} gaps {{ min max }} }} }}"
        )

        assert found == {
            "version": 1,
            "comment": "A new start",
            "levels": [
                {"name": "Cold", "min": None, "max": 20, "color": "#3b82f6", "motion": None, "rank": 1},
                {"name": "Hot", "min": 50, "max": 74, "color": "#abcdef", "motion": "Call today", "rank": 2},
                {"name": "Done", "min": 100, "max": 100, "color": "#ef4444", "motion": None, "rank": 3},
            ],
            "gaps": [{"min": 21, "max": 49}, {"min": 75, "max": 99}, {"min": 101, "max": None}],
        }

    async def test_the_versions_are_walked_newest_first_and_only_one_is_current(self, client: Client) -> None:
        for number in range(4):
            await with_levels(client, [{"name": f"L{number}"}])
        await with_levels(client, dimension="PROFILE")
        query = """query($first: Int, $after: String) { levelSets(dimension: ENGAGEMENT, first: $first, after: $after) {
          pageInfo { hasNextPage endCursor } edges { node { version isCurrent levels { name } } } } }"""

        for first in (1, 2, 200):
            walked = await pages(client, query, first)
            assert of(walked, "version") == [4, 3, 2, 1, 0]
            assert of(walked, "isCurrent") == [True, False, False, False, False]
            assert [len(each) for each in of(walked, "levels")] == [1, 1, 1, 1, 0]

    async def test_an_old_version_is_shown_as_it_was(self, client: Client) -> None:
        await with_levels(client, [{"name": "Old", "color": "#112233"}])
        await with_levels(client)

        found = await client(
            "{ levelSet(dimension: ENGAGEMENT, version: 1) { version isCurrent levels { name color } } }"
        )

        assert found == {"version": 1, "isCurrent": False, "levels": [{"name": "Old", "color": "#112233"}]}


class TestRuleSets:
    SET = "version state basedOn comment floor ceiling rules { name activity points isEnabled dimension } publishedAt"

    async def test_there_is_none_before_the_first(self, client: Client) -> None:
        for asked in (
            "",
            "(state: DRAFT)",
            "(state: RETIRED)",
            "(version: 0)",
            "(version: 1)",
            "(version: -1)",
        ):
            assert await client(f"{{ ruleSet{asked} {{ version }} }}") is None

    async def test_each_state_and_each_version_is_found(self, client: Client) -> None:
        await with_rules(client, CLICK=30)
        await with_rules(client, OPEN=5)
        await done(
            client,
            "saveRule",
            "rule { id }",
            rule={"name": "Draft", "activity": "A", "points": 1, "isEnabled": False},
        )

        found = await client(
            f"""{{ published: ruleSet {{ {self.SET} }} draft: ruleSet(state: DRAFT) {{ {self.SET} }}
              retired: ruleSet(state: RETIRED) {{ {self.SET} }} first: ruleSet(state: DRAFT, version: 1) {{ {self.SET} }} }}"""
        )

        click = {
            "name": "A click",
            "activity": "CLICK",
            "points": 30,
            "isEnabled": True,
            "dimension": "ENGAGEMENT",
        }
        published, draft, retired, first = (
            found[each] for each in ("published", "draft", "retired", "first")
        )
        assert [published["state"], draft["state"], retired["state"]] == ["PUBLISHED", "DRAFT", "RETIRED"]
        assert retired == first
        assert retired["rules"] == [click]
        assert [each["name"] for each in published["rules"]] == ["A click", "A open"]
        assert [each["isEnabled"] for each in draft["rules"]] == [True, True, False]
        assert (retired["basedOn"], published["basedOn"], draft["basedOn"]) == (
            None,
            retired["version"],
            published["version"],
        )
        assert (published["floor"], published["ceiling"]) == (0, None)
        assert draft["publishedAt"] is None
        assert published["publishedAt"] > retired["publishedAt"]
