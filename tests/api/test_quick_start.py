"""A new workspace starts from a template: levels and rules at once, which score from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.actors import Role
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.levels.asking import LEVEL, levels_now, moves_in, name_of, told
from tests.api.mutations.reads import lead
from tests.api.scenes import LEVELS, all_told, with_activity, with_crowd, with_levels, with_rules
from tests.client import Client
from tests.conftest import MakeClient

Configure = Callable[[Client], Awaitable[Any]]
TRADES = ["b2b-saas", "e-commerce", "agency", "real-estate", "education"]
RULE = "{ name activity points isEnabled dimension }"
TEMPLATES = (
    f"""{{ templates {{ name title description levels {LEVEL} profileLevels {LEVEL} rules {RULE} }} }}"""
)
STARTED = f"""levelSets {{ dimension version isCurrent comment levels {LEVEL} gaps {{ min }} }}
  ruleSet {{ version state comment rules {RULE} publishedAt }}"""


async def template_of(client: Client, name: str) -> Json:
    found: Json = next(each for each in await client(TEMPLATES) if each["name"] == name)
    return found


class TestTemplates:
    async def test_five_trades_are_offered_with_all_they_bring(self, make_client: MakeClient) -> None:
        templates = await (await make_client(Role.VIEWER))(TEMPLATES)

        assert [each["name"] for each in templates] == TRADES
        for each in templates:
            assert each["title"]
            assert each["description"]
            assert all(level["motion"] for level in (*each["levels"], *each["profileLevels"]))
            for table in (each["levels"], each["profileLevels"]):
                assert [level["rank"] for level in table] == list(range(1, len(table) + 1))
                assert (table[0]["min"], table[-1]["max"]) == (None, None)
            assert len({rule["activity"] for rule in each["rules"]}) == len(each["rules"])


class TestQuickStart:
    @pytest.mark.parametrize("name", TRADES)
    async def test_its_levels_and_rules_are_in_force_at_once(self, client: Client, name: str) -> None:
        template = await template_of(client, name)

        started = await done(client, "quickStart", STARTED, template=name)

        comment = f"Quick start: {template['title']}"
        assert started["levelSets"] == [
            {
                "dimension": dimension,
                "version": 1,
                "isCurrent": True,
                "comment": comment,
                "levels": template[levels],
                "gaps": [],
            }
            for dimension, levels in (("ENGAGEMENT", "levels"), ("PROFILE", "profileLevels"))
        ]
        assert started["ruleSet"].pop("publishedAt")
        assert started["ruleSet"] == {
            "version": 1,
            "state": "PUBLISHED",
            "comment": comment,
            "rules": template["rules"],
        }
        found = await client(
            f"""{{ ruleSet {{ rules {RULE} }} a: levelSet(dimension: ENGAGEMENT) {{ levels {LEVEL} }}
              b: levelSet(dimension: PROFILE) {{ levels {LEVEL} }} }}"""
        )
        assert found["ruleSet"]["rules"] == template["rules"]
        assert [found[each]["levels"] for each in "ab"] == [template["levels"], template["profileLevels"]]

    @pytest.mark.parametrize("name", TRADES)
    async def test_leads_are_scored_under_it(self, client: Client, name: str) -> None:
        template = await template_of(client, name)
        await done(client, "quickStart", "ruleSet { version }", template=f" {name.upper()} ")
        best = sorted(template["rules"], key=lambda rule: -rule["points"])[:3]

        for rule in best:
            await with_activity(client, "keen", rule["activity"])
        await with_activity(client, "new", "NEVER_HEARD_OF")

        score = sum(rule["points"] for rule in best)
        found = await lead(
            client, "engagement { score level { name min } } profile { level { rank } }", "keen"
        )
        assert found["engagement"]["score"] == score
        assert found["engagement"]["level"]["min"] <= score
        assert found["profile"]["level"]["rank"] == 1
        assert (await levels_now(client))["new"] == template["levels"][0]["name"]

    async def test_its_rules_can_be_edited_as_ones_own(self, client: Client) -> None:
        await done(client, "quickStart", "ruleSet { version }", template="agency")
        first, second, *rest = (await client("{ ruleSet { rules { id activity } } }"))["rules"]

        edited = {"name": "Our own", "activity": first["activity"], "points": 3}
        await done(client, "saveRule", "rule { id }", id=first["id"], rule=edited)
        await done(client, "removeRule", "ruleSet { version }", id=second["id"])
        await done(client, "publishRules", "ruleSet { version }")

        node = await client(
            "query($id: ID!) { node(id: $id) { ... on Rule { name points } } }", id=first["id"]
        )
        assert node == {"name": "Our own", "points": 3}
        rules = (await client("{ ruleSet { rules { id } } }"))["rules"]
        assert [rule["id"] for rule in rules] == [first["id"], *(rule["id"] for rule in rest)]

    async def test_leads_that_were_there_before_are_told_their_levels(self, client: Client) -> None:
        await with_crowd(client, {"a": 10, "b": 1_000})
        template = await template_of(client, "e-commerce")

        await done(client, "quickStart", "ruleSet { version }", template="e-commerce")
        now = await levels_now(client)
        await all_told(client)

        low, high = template["levels"][0]["name"], template["levels"][-1]["name"]
        assert now == {"a": low, "b": high}
        entries = await told(client)
        engaged = [entry for entry in entries if entry["dimension"] == "ENGAGEMENT"]
        assert moves_in(engaged) == {(None, low): 1, (None, high): 1}
        fits = [name_of(entry["levelAfter"]) for entry in entries if entry["dimension"] == "PROFILE"]
        assert fits == [template["profileLevels"][0]["name"]] * 2
        assert {entry["reason"] for entry in entries} == {f"Quick start: {template['title']}"}

    @pytest.mark.parametrize(
        "configure",
        [
            with_levels,
            lambda client: with_levels(client, dimension="PROFILE"),
            lambda client: with_rules(client, CLICK=5),
            lambda client: done(
                client, "saveRule", "rule { id }", rule={"name": "Draft", "activity": "A", "points": 1}
            ),
            lambda client: done(client, "quickStart", "ruleSet { version }", template="agency"),
        ],
        ids=["levels", "profile levels", "rules", "a draft", "a quick start"],
    )
    async def test_it_buries_nothing_that_there_is(
        self, client: Client, contents: Contents, configure: Configure
    ) -> None:
        await configure(client)
        before = await contents()

        refusal = await refused(client, "quickStart", template="b2b-saas")

        assert refusal == {
            "__typename": "AlreadyConfigured",
            "message": "the workspace has levels or rules of its own, which a template would bury; "
            "edit them with replaceLevels and saveRule",
        }
        assert await contents() == before

    @pytest.mark.parametrize(
        "name", ["zoo", "", " ", "B2B SaaS", "x" * 10_000, "\0"], ids=lambda name: ascii(name)[:12]
    )
    async def test_a_template_that_there_is_not_is_not_found(
        self, client: Client, contents: Contents, name: str
    ) -> None:
        before = await contents()

        refusal = await refused(client, "quickStart", template=name)

        assert (refusal["__typename"], refusal["id"]) == ("NotFound", None)
        assert refusal["message"].startswith("there is no Template ")
        assert await contents() == before
        await done(client, "quickStart", "ruleSet { version }", template="agency")

    async def test_of_two_at_once_only_one_is_made(self, client: Client) -> None:
        answers = await asyncio.gather(
            *(
                client("mutation($t: String!) { quickStart(input: {template: $t}) { __typename } }", t=name)
                for name in TRADES
            )
        )

        assert sorted(answer["__typename"] for answer in answers) == ["AlreadyConfigured"] * 4 + [
            "QuickStartPayload"
        ]
        found = await client(
            "{ a: levelSets(dimension: ENGAGEMENT) { edges { node { comment } } } ruleSet { comment } }"
        )
        assert found["a"]["edges"][0]["node"]["comment"] == found["ruleSet"]["comment"]
        assert len(found["a"]["edges"]) == 2

    @pytest.mark.parametrize("role", Role)
    async def test_it_is_for_editors(self, make_client: MakeClient, contents: Contents, role: Role) -> None:
        client = await make_client(role)
        before = await contents()

        answer = await client.answer('mutation { quickStart(input: {template: "agency"}) { __typename } }')

        if role.covers(Role.EDITOR):
            assert answer["data"] == {"quickStart": {"__typename": "QuickStartPayload"}}
        else:
            (error,) = answer["errors"]
            assert error["extensions"] == {"code": "FORBIDDEN"}
            assert await contents() == before

    async def test_it_can_be_reverted(self, client: Client) -> None:
        await done(client, "quickStart", "ruleSet { version }", template="education")
        await with_levels(client, LEVELS)

        reverted = await done(
            client,
            "revertLevels",
            "levelSet { version revertedFrom levels { name } }",
            dimension="ENGAGEMENT",
            version=1,
        )

        template = await template_of(client, "education")
        assert (reverted["levelSet"]["version"], reverted["levelSet"]["revertedFrom"]) == (3, 1)
        assert reverted["levelSet"]["levels"] == [{"name": level["name"]} for level in template["levels"]]
