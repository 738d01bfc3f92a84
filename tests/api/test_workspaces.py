"""A key opens one workspace: every field of the schema is tried for what it shows of another."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from graphql import get_named_type

from api.scalars import now
from domain.actors import Workspace
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import Json, call, done, names_an_id, refused, root_fields
from tests.api.conftest import contents_of
from tests.api.scenes import LEVELS, told_of, with_activity, with_levels, with_rules, with_score
from tests.client import Client
from tests.conftest import owner_of

ZEBRA = [{**level, "name": f"{level['name']} zebra", "motion": "pet the zebra"} for level in LEVELS]


@pytest.fixture(scope="module")
async def zoo(mongo: Mongo) -> Workspace:
    """Another workspace, in which every text holds the word zebra."""
    return await Workspaces(mongo).named("the zebras", now())


@pytest.fixture(scope="module")
async def keeper(server: str, mongo: Mongo, zoo: Workspace) -> AsyncIterator[Client]:
    """The zoo's owner."""
    async with owner_of(zoo, mongo, server, "zebra keeper") as client:
        yield client


@pytest.fixture(scope="module")
async def ids(keeper: Client) -> dict[str, str]:
    """One id of everything there is in the zoo, by its type. The tests move only the zebra's score."""
    await with_levels(keeper, ZEBRA, comment="zebra levels")
    await with_levels(keeper, ZEBRA, "PROFILE", comment="zebra levels")
    rules = await with_rules(keeper, ZEBRA_SEEN=30)
    stripes = {"test": {"field": "lead.company", "operator": "CONTAINS", "value": "zebra"}}
    for more in ({"activity": "ZEBRA_FED", "limit": {"times": 1, "per": "DAY"}}, {"dimension": "PROFILE"}):
        rule = {"name": "zebra draft", "points": 1, "condition": stripes, **more}
        await done(keeper, "saveRule", "rule { id }", rule=rule)
    recorded = await with_activity(
        keeper, "zebra-1", "ZEBRA_SEEN", key="zebra-key", properties={"zebra": "zebra"}
    )
    trigger = {"event": "TIER_ENTERED", "level": "Hot zebra"}
    automation = {"name": "zebra", "trigger": trigger, "actions": [{"kind": "ADD_TAG", "tag": "zebra"}]}
    made = await done(keeper, "createAutomation", "automation { id }", automation=automation)
    await with_score(keeper, "zebra-1", 40, reason="a fine zebra", key="zebra-key")
    await done(
        keeper,
        "upsertLead",
        "lead { id }",
        lead={"externalId": "zebra-1"},
        email="zebra@zoo.example",
        name="Zoe Zebra",
        company="Zebra & Sons",
        attributes={"zebra": "zebra"},
        addTags=["zebra"],
    )
    found = await keeper(
        "{ viewer { workspace { id } } levelSet(dimension: ENGAGEMENT) { id } ruleSet { id } jobs { id } "
        "deliveries { edges { node { id } } } }"
    )
    return {
        "workspace": found["viewer"]["workspace"]["id"],
        "lead": recorded["lead"]["id"],
        "activity": recorded["activity"]["id"],
        "change": recorded["changes"][0]["id"],
        "levelSet": found["levelSet"]["id"],
        "ruleSet": found["ruleSet"]["id"],
        "rule": rules["ZEBRA_SEEN"],
        "job": found["jobs"][0]["id"],
        "automation": made["automation"]["id"],
        "deliver": found["deliveries"]["edges"][0]["node"]["id"],
    }


def shows_the_zoo(answer: Json, ids: dict[str, str]) -> bool:
    """Whether the answer tells anything of the other workspace. Numbered sets have the same ids in every one."""
    own = [each.partition("_")[2] for kind, each in ids.items() if not kind.endswith("Set")]
    text = json.dumps(answer.get("data")).casefold()
    return any(each in text for each in ("zebra", *own))


def without(answer: Json, *sent: str) -> Json:
    """The answer without what the caller said: a refusal repeats the id that it is about."""
    text = json.dumps(answer)
    for each in sent:
        text = text.replace(each, "")
    left: Json = json.loads(text)
    return left


class TestAcrossWorkspaces:
    async def test_the_zoo_is_seen_with_its_own_key(self, keeper: Client, ids: dict[str, str]) -> None:
        """Or else the tests below would prove nothing."""
        # Templates are everybody's, a suggestion is made of numbers and of the caller's own names, and the draft moves
        # nobody here.
        for name in set(root_fields("Query")) - {"templates", "suggestLevels", "previewRules"}:
            assert shows_the_zoo(await keeper.answer(**call("Query", name, ids, depth=5)), ids), name
        for kind, each in ids.items():
            node = await keeper("query($id: ID!) { node(id: $id) { id __typename } }", id=each)

            assert node["id"] == each, kind

    async def test_no_query_shows_anything_of_another_workspace(
        self, client: Client, ids: dict[str, str]
    ) -> None:
        await with_levels(client)
        await with_rules(client, CLICK=5)
        await done(client, "saveScoringPolicy", "rule { id }", ceiling=100)
        await with_activity(client, "own", "CLICK")

        for name in root_fields("Query"):
            for each in ids.values() if name == "node" else [""]:
                asked = {**call("Query", name, ids, depth=5), **({"id": each} if each else {})}
                answer = await client.answer(**asked)

                assert "errors" not in answer, name
                assert not shows_the_zoo(answer, ids), name

    @pytest.mark.parametrize(
        "ref",
        [{"externalId": "zebra-1"}, {"email": "zebra@zoo.example"}, {"email": "ZEBRA@zoo.example"}],
        ids=str,
    )
    async def test_a_lead_is_not_found_by_a_name_that_it_has_in_another(
        self, client: Client, keeper: Client, ids: dict[str, str], ref: Json
    ) -> None:
        query = "query($by: LeadRef!) { lead(by: $by) { id } }"

        assert await keeper(query, by=ref) == {"id": ids["lead"]}
        assert await client(query, by=ref) is None

    @pytest.mark.parametrize("by", ["id", "externalId", "email"])
    async def test_rules_are_not_tried_on_a_lead_of_another(
        self, client: Client, keeper: Client, ids: dict[str, str], by: str
    ) -> None:
        query = "query($input: TestRulesInput!) { testRules(input: $input) { before { score } } }"
        ref = {by: {"id": ids["lead"], "externalId": "zebra-1", "email": "zebra@zoo.example"}[by]}
        await with_rules(client, CLICK=5)
        asked = {"state": "PUBLISHED", "lead": ref, "activities": []}

        assert await keeper(query, input=asked) != {"before": {"score": 0}}
        assert "there is no lead" in await client.error(query, input=asked)

    async def test_a_node_of_another_is_null_as_one_that_never_was(
        self, client: Client, ids: dict[str, str]
    ) -> None:
        query = "query($id: ID!) { node(id: $id) { id __typename } }"
        unique = {kind: each for kind, each in ids.items() if not kind.endswith("Set")}

        for each in unique.values():
            assert await client(query, id=each) is None
        # Nor are the sets of those numbers: there is no rule set here, and the first levels are one's own.
        assert await client(query, id=ids["ruleSet"]) is None
        assert await client(query, id=ids["levelSet"]) is None

    @pytest.mark.parametrize("field", ["leads", "history", "levelSets", "ruleSets"])
    async def test_a_cursor_of_another_shows_nothing_of_it(
        self, client: Client, keeper: Client, ids: dict[str, str], field: str
    ) -> None:
        args = "dimension: ENGAGEMENT," if field == "levelSets" else ""
        page = await keeper(f"{{ {field}({args} first: 1) {{ pageInfo {{ endCursor }} }} }}")
        await with_levels(client)
        await with_score(client, "own", 30)

        answer = await client.answer(
            f"query($after: String) {{ {field}({args} after: $after) {{ edges {{ cursor node {{ id }} }} }} }}",
            after=page["pageInfo"]["endCursor"],
        )

        assert not shows_the_zoo(answer, ids)

    @pytest.mark.parametrize("name", root_fields("Mutation"))
    async def test_no_mutation_reaches_into_another_workspace(
        self, client: Client, mongo: Mongo, zoo: Workspace, ids: dict[str, str], name: str
    ) -> None:
        before = await contents_of(mongo, zoo)

        answer = await client.answer(**call("Mutation", name, ids, depth=3))

        result = answer["data"][name]
        assert await contents_of(mongo, zoo) == before
        sent = (ids[each] for each in ("lead", "rule", "job", "activity", "automation", "deliver"))
        assert not shows_the_zoo(without(answer, *sent), ids)
        (given,) = root_fields("Mutation")[name].args.values()
        if names_an_id(get_named_type(given.type)):
            assert {each["__typename"] for each in result.get("results", [result])} <= {
                "LeadNotFound",
                "NotFound",
            }

    async def test_a_name_taken_in_another_is_free_here(
        self, client: Client, keeper: Client, ids: dict[str, str]
    ) -> None:
        own = await done(
            client,
            "upsertLead",
            "created lead { id email }",
            lead={"externalId": "zebra-1"},
            email="zebra@zoo.example",
        )

        assert own["created"]
        assert own["lead"]["id"] != ids["lead"]
        assert (await keeper('{ lead(by: {externalId: "zebra-1"}) { id name } }'))["name"] == "Zoe Zebra"

    async def test_a_key_used_in_another_is_fresh_here(self, client: Client, ids: dict[str, str]) -> None:
        recorded = await with_activity(client, "own", "CLICK", key="zebra-key")
        adjusted = await done(
            client,
            "adjustScore",
            "duplicate lead { id }",
            lead={"externalId": "own"},
            delta=1,
            key="zebra-key",
        )

        assert not recorded["duplicate"]
        assert not adjusted["duplicate"]
        assert recorded["lead"]["id"] == adjusted["lead"]["id"] != ids["lead"]

    @pytest.mark.parametrize("only", [False, True])
    async def test_a_tier_change_is_not_told_to_a_board_of_another(
        self, client: Client, keeper: Client, ids: dict[str, str], only: bool
    ) -> None:
        await with_levels(client)
        own = await with_score(client, "own", 1)
        query = """subscription($leads: [ID!]) { leadTierChanged(leads: $leads) {
          ... on TierChanges { changes { lead { id } } } } }"""

        async with client.subscribe(query, leads=[ids["lead"], own] if only else None) as board:
            await with_score(keeper, "zebra-1", -1_000)
            await with_score(keeper, "zebra-1", 70)
            await with_score(client, "own", 50)

            assert await anext(board) == {"changes": [{"lead": {"id": own}}]}

    @pytest.mark.usefixtures("ids")
    async def test_a_cursor_of_another_resumes_only_what_is_ones_own(
        self, client: Client, keeper: Client
    ) -> None:
        query = """subscription($after: String) { leadTierChanged(after: $after) {
          ... on TierChanges { cursor changes { lead { id } } } } }"""
        await with_levels(client)
        async with keeper.subscribe(query) as board:
            await with_score(keeper, "zebra-1", -1_000)
            cursor = (await anext(board))["cursor"]
        await with_score(keeper, "zebra-1", 70)
        own = await with_score(client, "own", 50)

        async with client.subscribe(query, after=cursor) as board:
            assert (await anext(board))["changes"] == [{"lead": {"id": own}}]

    @pytest.mark.usefixtures("ids")
    async def test_new_levels_are_not_told_to_a_board_of_another(
        self, client: Client, keeper: Client
    ) -> None:
        async with client.subscribe(
            "subscription { levelSetChanged { version createdBy { name } } }"
        ) as board:
            await with_levels(keeper, ZEBRA)
            await with_levels(client)

            assert await told_of(board, 1) == [{"version": 1, "createdBy": {"name": "Ada"}}]

    async def test_a_lead_is_not_on_a_board_of_another(
        self, client: Client, keeper: Client, ids: dict[str, str]
    ) -> None:
        query = """subscription { leadBoard { ... on BoardSnapshot { entries { lead { id } } }
          ... on BoardDelta { entered { lead { id } } updated { lead { id } } left } } }"""

        async with client.subscribe(query) as board, keeper.subscribe(query) as of_the_zoo:
            assert await anext(of_the_zoo) == {"entries": [{"lead": {"id": ids["lead"]}}]}
            await with_score(keeper, "zebra-1", 1)
            assert (await anext(of_the_zoo))["updated"] == [{"lead": {"id": ids["lead"]}}]
            own = await with_score(client, "own", 50)

            assert await anext(board) == {"entries": []}
            assert (await anext(board))["entered"] == [{"lead": {"id": own}}]

    @pytest.mark.usefixtures("ids")
    async def test_a_version_that_only_another_has_is_not_found(self, client: Client) -> None:
        edits: dict[str, Json] = {"revertLevels": {"dimension": "ENGAGEMENT"}, "revertRules": {}}
        for mutation, given in edits.items():
            refusal = await refused(client, mutation, version=1, **given)

            assert refusal["__typename"] == "NotFound"
            assert "zebra" not in json.dumps(refusal)
