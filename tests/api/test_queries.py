"""What is read: as it is now, explained, in pages that neither skip nor repeat, and the past as it was then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from api.scalars import now
from domain.actors import Role, Workspace
from persistence.mongo import Mongo
from persistence.workspaces import Keys, Workspaces
from tests.api.calls import Json, done
from tests.api.scenes import LEVELS, with_activity, with_levels, with_rules, with_score
from tests.client import Client
from tests.conftest import MakeClient

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


class TestTheViewer:
    @pytest.mark.parametrize("role", Role)
    async def test_a_key_is_told_what_it_opens(
        self, make_client: MakeClient, workspace: Workspace, role: Role
    ) -> None:
        client = await make_client(role, "The key")

        found = await client("{ viewer { actor { kind name } role workspace { id name } } }")

        assert found == {
            "actor": {"kind": "API_KEY", "name": "The key"},
            "role": role.value,
            "workspace": {"id": f"ws_{workspace.id}", "name": workspace.name},
        }


class TestANode:
    async def test_whatever_has_an_id_is_fetched_by_it(self, client: Client) -> None:
        await with_levels(client)
        rules = await with_rules(client, CLICK=30)
        recorded = await with_activity(client, "a", "CLICK")
        found = await client(
            "{ viewer { workspace { id name } } levelSet(dimension: ENGAGEMENT) { id version } ruleSet { id version } }"
        )
        expected: list[tuple[str, str, str, Json]] = [
            ("Workspace", found["viewer"]["workspace"]["id"], "name", found["viewer"]["workspace"]),
            ("Lead", recorded["lead"]["id"], "version", recorded["lead"]),
            ("Activity", recorded["activity"]["id"], "kind", {"kind": "CLICK"}),
            ("ScoreChange", recorded["changes"][0]["id"], "delta", {"delta": 30}),
            ("LevelSet", found["levelSet"]["id"], "version isCurrent", {"version": 1, "isCurrent": True}),
            ("RuleSet", found["ruleSet"]["id"], "version state", {**found["ruleSet"], "state": "PUBLISHED"}),
            ("Rule", rules["CLICK"], "name points", {"name": "A click", "points": 30}),
        ]
        for kind, node_id, fields, values in expected:
            node = await client(
                f"query($id: ID!) {{ node(id: $id) {{ __typename id ... on {kind} {{ {fields} }} }} }}",
                id=node_id,
            )

            assert node == {"__typename": kind, **values, "id": node_id}

    async def test_an_old_level_set_and_a_retired_rule_set_are_still_there(self, client: Client) -> None:
        for _ in range(2):
            await with_levels(client)
            await with_rules(client, CLICK=30)
        found = await client(
            """{ old: levelSet(dimension: ENGAGEMENT, version: 1) { id } none: levelSet(dimension: PROFILE) { id }
              retired: ruleSet(state: RETIRED) { id } }"""
        )
        query = """query($id: ID!) { node(id: $id) {
          ... on LevelSet { version isCurrent } ... on RuleSet { state rules { name } } } }"""

        assert [await client(query, id=found[each]["id"]) for each in ("old", "none", "retired")] == [
            {"version": 1, "isCurrent": False},
            {"version": 0, "isCurrent": True},
            {"state": "RETIRED", "rules": [{"name": "A click"}]},
        ]

    async def test_a_removed_rule_is_shown_as_it_last_was(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30)
        await done(client, "removeRule", "ruleSet { rules { id } }", id=rules["CLICK"])
        await done(client, "publishRules", "ruleSet { version }")

        node = await client(
            "query($id: ID!) { node(id: $id) { ... on Rule { name points } } }", id=rules["CLICK"]
        )

        assert node == {"name": "A click", "points": 30}

    async def test_a_deleted_lead_is_gone_with_all_it_did(self, client: Client) -> None:
        await with_rules(client, CLICK=30)
        recorded = await with_activity(client, "a", "CLICK")
        await done(client, "deleteLead", "deletedId", lead={"externalId": "a"})

        for node_id in (recorded["lead"]["id"], recorded["activity"]["id"], recorded["changes"][0]["id"]):
            assert await client("query($id: ID!) { node(id: $id) { id } }", id=node_id) is None


class TestALead:
    async def test_a_lead_is_found_by_each_name_it_has(self, client: Client) -> None:
        made = await done(
            client, "upsertLead", "lead { id }", lead={"externalId": "crm-1"}, email=" Jane@Example.com "
        )
        lead_id = made["lead"]["id"]

        for by in (
            {"id": lead_id},
            {"externalId": "crm-1"},
            {"email": "jane@example.com"},
            {"email": "JANE@EXAMPLE.COM "},
        ):
            found = await client("query($by: LeadRef!) { lead(by: $by) { id email } }", by=by)
            assert found == {"id": lead_id, "email": "jane@example.com"}

    @pytest.mark.parametrize(
        "by",
        [{"id": "lead_0123456789abcdef01234567"}, {"externalId": "CRM-1"}, {"email": "nobody@example.com"}],
        ids=str,
    )
    async def test_an_unknown_lead_is_null(self, client: Client, by: Json) -> None:
        await done(client, "upsertLead", "lead { id }", lead={"externalId": "crm-1"})

        assert await client("query($by: LeadRef!) { lead(by: $by) { id } }", by=by) is None

    async def test_everything_that_was_said_of_a_lead_is_read_again(self, client: Client) -> None:
        before = now()
        given = {
            "externalId": "crm-1",
            "email": "jane@example.com",
            "name": "Jane",
            "company": "Example",
            "attributes": {"size": 5, "nested": {"list": [1, "a", None, 1.5]}},
        }
        await done(
            client, "upsertLead", "created", lead={"externalId": "crm-1"}, **given, addTags=["b", "a", "b"]
        )

        found = await client(
            """{ lead(by: {externalId: "crm-1"}) { externalId email name company attributes tags version
              lastActivityAt createdAt updatedAt
              engagement { dimension score level { name } contributions { source } }
              profile { dimension score level { name } contributions { source } } } }"""
        )

        times = {found.pop(name) for name in ("createdAt", "updatedAt")}
        assert len(times) == 1
        assert before.isoformat() <= times.pop() <= now().isoformat()
        empty: Json = {"score": 0, "level": None, "contributions": []}
        assert found == {
            **given,
            "tags": ["b", "a"],
            "version": 1,
            "lastActivityAt": None,
            "engagement": {"dimension": "ENGAGEMENT", **empty},
            "profile": {"dimension": "PROFILE", **empty},
        }

    async def test_its_contributions_explain_its_score(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30, OPEN=5, SPAM=-50)
        for kind in ("OPEN", "CLICK", "OPEN"):
            await with_activity(client, "a", kind)
        await with_score(client, "a", 7)
        await with_score(client, "a", -2)
        await with_activity(client, "a", "SPAM")

        found = await client(
            """{ lead(by: {externalId: "a"}) { engagement { score contributions { source points uses rule { id } } } } }"""
        )

        standing = found["engagement"]
        assert standing["contributions"] == [
            {"source": "A open", "points": 10.0, "uses": 2, "rule": {"id": rules["OPEN"]}},
            {"source": "A click", "points": 30.0, "uses": 1, "rule": {"id": rules["CLICK"]}},
            {"source": "Adjustments", "points": 5.0, "uses": 2, "rule": None},
            {"source": "A spam", "points": -45.0, "uses": 1, "rule": {"id": rules["SPAM"]}},
        ]
        assert standing["score"] == sum(each["points"] for each in standing["contributions"]) == 0

    async def test_the_two_dimensions_are_scored_apart(self, client: Client) -> None:
        await with_levels(client)
        await with_levels(client, [{"name": "Poor", "max": 9}, {"name": "Good", "min": 10}], "PROFILE")
        await with_score(client, "a", 60)
        await with_score(client, "a", 12, dimension="PROFILE")

        found = await client(
            """{ lead(by: {externalId: "a"}) { engagement { score level { name rank } } profile { score level { name rank } } } }"""
        )

        assert found == {
            "engagement": {"score": 60, "level": {"name": "Hot", "rank": 3}},
            "profile": {"score": 12, "level": {"name": "Good", "rank": 2}},
        }

    async def test_its_history_is_walked_newest_first(self, client: Client) -> None:
        await with_levels(client)
        for delta in (10, 20, 30, 40):
            await with_score(client, "a", delta)
            await with_score(client, "a", delta, dimension="PROFILE")
        query = """query($first: Int, $after: String, $dimension: Dimension, $only: Boolean) {
          lead(by: {externalId: "a"}) { history(first: $first, after: $after, dimension: $dimension, tierChangesOnly: $only) {
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            edges { cursor node { version dimension delta scoreBefore scoreAfter tierChanged } } } } }"""

        for first in (1, 3, 8, 200):
            walked = await pages(client, query, first)
            assert of(walked, "version") == [8, 7, 6, 5, 4, 3, 2, 1]
            assert [len(page["edges"]) for page in walked[:-1]] == [first] * (len(walked) - 1)
            assert [page["pageInfo"]["hasPreviousPage"] for page in walked] == [False] + [True] * (
                len(walked) - 1
            )
            for page in walked:
                cursors = [edge["cursor"] for edge in page["edges"]]
                assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (
                    cursors[0],
                    cursors[-1],
                )
        engagement = await pages(client, query, 2, dimension="ENGAGEMENT")
        assert of(engagement, "delta") == [40, 30, 20, 10]
        assert of(engagement, "scoreBefore") == [60, 30, 10, 0]
        assert of(engagement, "scoreAfter") == [100, 60, 30, 10]
        moved = await pages(client, query, 2, only=True)
        assert of(moved, "scoreAfter") == [100, 60, 30]
        assert of(moved, "tierChanged") == [True] * 3

    async def test_what_it_did_is_walked_by_when_it_did_it(self, client: Client) -> None:
        today = now()
        for days in (3, 1, 2, 1):
            await with_activity(
                client,
                "a",
                "CLICK",
                occurredAt=(today - timedelta(days=days)).isoformat(),
                properties={"days": days},
            )
        query = """query($first: Int, $after: String) { lead(by: {externalId: "a"}) { lastActivityAt
          activities(first: $first, after: $after) {
            pageInfo { hasNextPage endCursor } edges { node { kind key properties occurredAt receivedAt } } } } }"""

        lead = await client(query)
        for first in (1, 2, 200):
            walked = await pages(client, query.replace("lastActivityAt", ""), first)
            assert [each["days"] for each in of(walked, "properties")] == [1, 1, 2, 3]
        assert lead["lastActivityAt"] == (today - timedelta(days=1)).isoformat()
        assert of([lead["activities"]], "occurredAt") == [
            (today - timedelta(days=days)).isoformat() for days in (1, 1, 2, 3)
        ]
        assert all(each >= today.isoformat() for each in of([lead["activities"]], "receivedAt"))

    async def test_a_list_with_nothing_in_it_has_no_cursors(self, client: Client) -> None:
        await done(client, "upsertLead", "created", lead={"externalId": "a"})
        empty = {
            "edges": [],
            "pageInfo": {
                "hasNextPage": False,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
        }

        found = await client(
            """query { lead(by: {externalId: "a"}) { history { ...P } activities { ...A } } }
            fragment P on ScoreChangeConnection { edges { cursor } pageInfo { ...I } }
            fragment A on ActivityConnection { edges { cursor } pageInfo { ...I } }
            fragment I on PageInfo { hasNextPage hasPreviousPage startCursor endCursor }"""
        )

        assert found == {"history": empty, "activities": empty}


DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def crowd(server: str, mongo: Mongo) -> AsyncIterator[Client]:
    """Some leads to choose among: engagement 10, 30, 55, 80 and none, one of them below every level."""
    workspace = await Workspaces(mongo).named("a crowd", now())
    client = Client(server, await Keys(mongo).create(workspace, "Ada", Role.OWNER, now()))
    await with_levels(client, [{**LEVELS[0], "min": 5}, *LEVELS[1:]])
    await with_levels(client, [{"name": "Good", "min": 50}, {"name": "Poor", "min": 1, "max": 20}], "PROFILE")
    leads: list[tuple[str, int, int, int | None, list[str], Json]] = [
        ("ann", 10, 60, 9, ["mail", "eu"], {"name": "Ann Ångström", "company": "Example (Nordic)"}),
        ("bob", 30, 10, 3, ["mail"], {"email": "Bob@Example.com"}),
        ("cid", 55, 30, 5, ["eu"], {"company": "50% of .* [Ltd]"}),
        ("dan", 80, 60, 1, ["mail", "eu", "vip"], {"name": "STRASSE"}),
        ("eve", 0, 0, None, [], {}),
    ]
    for name, engagement, profile, days, tags, fields in leads:
        await done(client, "upsertLead", "created", lead={"externalId": name}, addTags=tags, **fields)
        if engagement:
            await with_score(client, name, engagement)
            await with_score(client, name, profile, dimension="PROFILE")
        if days:
            await with_activity(client, name, "SEEN", occurredAt=(now() - days * DAY).isoformat())
    yield client
    await client.close()


FILTERS: dict[str, tuple[Json | None, list[str]]] = {
    "no filter": (None, ["dan", "cid", "bob", "ann", "eve"]),
    "an empty filter": ({}, ["dan", "cid", "bob", "ann", "eve"]),
    "one level": ({"engagementLevels": ["Warm"]}, ["bob"]),
    "a level in another case": ({"engagementLevels": ["wARM"]}, ["bob"]),
    "two levels": ({"engagementLevels": ["Very Hot", "Cold"]}, ["dan", "ann"]),
    "all levels": ({"engagementLevels": ["Cold", "Warm", "Hot", "Very Hot"]}, ["dan", "cid", "bob", "ann"]),
    "no level of several": ({"engagementLevels": []}, []),
    "a profile level": ({"profileLevels": ["Good"]}, ["dan", "ann"]),
    "levels of both": ({"profileLevels": ["Good"], "engagementLevels": ["Cold"]}, ["ann"]),
    "unclassified engagement": ({"unclassifiedIn": "ENGAGEMENT"}, ["eve"]),
    "unclassified profile": ({"unclassifiedIn": "PROFILE"}, ["cid", "eve"]),
    "unclassified, and in a level": ({"unclassifiedIn": "PROFILE", "profileLevels": ["Good"]}, []),
    "at least": ({"minEngagement": 30}, ["dan", "cid", "bob"]),
    "at most": ({"maxEngagement": 30}, ["bob", "ann", "eve"]),
    "between": ({"minEngagement": 30, "maxEngagement": 55}, ["cid", "bob"]),
    "between nothing": ({"minEngagement": 56, "maxEngagement": 55}, []),
    "a tag": ({"tags": ["mail"]}, ["dan", "bob", "ann"]),
    "two tags": ({"tags": ["mail", "eu"]}, ["dan", "ann"]),
    "an unknown tag": ({"tags": ["mail", "MAIL"]}, []),
    "text in a name": ({"search": "ångSTRÖM"}, ["ann"]),
    "text in an email": ({"search": "BOB@"}, ["bob"]),
    "text in a company": ({"search": "example (nordic)"}, ["ann"]),
    "text in two fields": ({"search": "example"}, ["bob", "ann"]),
    "text in an external id": ({"search": "EVE"}, ["eve"]),
    "text that looks like a pattern": ({"search": "% of .* [l"}, ["cid"]),
    "text that would be a pattern": ({"search": ".*"}, ["cid"]),
    "text that folds": ({"search": "straße"}, ["dan"]),
    "text that is nowhere": ({"search": "zebra"}, []),
    "everything": (
        {"engagementLevels": ["Very Hot"], "profileLevels": ["Good"], "minEngagement": 80, "tags": ["vip"], "search": "dan"},
        ["dan"],
    ),
}  # fmt: skip
ORDERS = {
    ("ENGAGEMENT_SCORE", "DESC"): ["dan", "cid", "bob", "ann", "eve"],
    ("ENGAGEMENT_SCORE", "ASC"): ["eve", "ann", "bob", "cid", "dan"],
    ("PROFILE_SCORE", "DESC"): ["dan", "ann", "cid", "bob", "eve"],
    ("PROFILE_SCORE", "ASC"): ["eve", "bob", "cid", "ann", "dan"],
    ("LAST_ACTIVITY_AT", "DESC"): ["dan", "bob", "cid", "ann", "eve"],
    ("LAST_ACTIVITY_AT", "ASC"): ["eve", "ann", "cid", "bob", "dan"],
    ("CREATED_AT", "DESC"): ["eve", "dan", "cid", "bob", "ann"],
    ("CREATED_AT", "ASC"): ["ann", "bob", "cid", "dan", "eve"],
}
PAGE = """query($filter: LeadFilter, $order: LeadOrder, $first: Int, $after: String) {
  leads(filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id externalId engagement { score level { name } } } } } }"""


class TestLeads:
    @pytest.mark.parametrize(("wanted", "expected"), FILTERS.values(), ids=FILTERS)
    async def test_a_filter_finds_the_leads_that_meet_all_of_it(
        self, crowd: Client, wanted: Json | None, expected: list[str]
    ) -> None:
        found = await crowd(PAGE, filter=wanted)

        assert [edge["node"]["externalId"] for edge in found["edges"]] == expected
        assert found["totalCount"] == len(expected)

    @pytest.mark.parametrize(
        ("days", "expected"),
        [(10, ["eve"]), (4, ["cid", "ann", "eve"]), (0, ["dan", "cid", "bob", "ann", "eve"])],
    )
    async def test_those_that_did_nothing_since_a_moment_are_found(
        self, crowd: Client, days: int, expected: list[str]
    ) -> None:
        since = (now() - days * DAY).isoformat()

        assert await names(crowd, filter={"inactiveSince": since}) == expected

    @pytest.mark.parametrize("first", [1, 2, 5, 200])
    @pytest.mark.parametrize(("order", "expected"), ORDERS.items(), ids=lambda value: " ".join(value[:2]))
    async def test_an_order_holds_over_pages_of_any_size(
        self, crowd: Client, order: tuple[str, str], expected: list[str], first: int
    ) -> None:
        walked = await pages(crowd, PAGE, first, order={"field": order[0], "direction": order[1]})

        assert of(walked, "externalId") == expected
        assert {page["totalCount"] for page in walked} == {5}
        assert [len(page["edges"]) for page in walked[:-1]] == [first] * (len(walked) - 1)

    async def test_the_hottest_come_first_unless_told_otherwise(self, crowd: Client) -> None:
        hottest = ORDERS["ENGAGEMENT_SCORE", "DESC"]

        assert await names(crowd) == hottest
        assert await names(crowd, order={"field": "ENGAGEMENT_SCORE"}) == hottest
        assert await names(crowd, order=None, filter=None) == hottest

    async def test_a_filter_holds_over_pages(self, crowd: Client) -> None:
        walked = await pages(crowd, PAGE, 1, filter={"tags": ["mail"]})

        assert of(walked, "externalId") == ["dan", "bob", "ann"]
        assert [page["totalCount"] for page in walked] == [3, 3, 3]
        assert [page["pageInfo"]["hasNextPage"] for page in walked] == [True, True, False]

    async def test_leads_that_are_level_are_neither_skipped_nor_repeated(self, client: Client) -> None:
        many = [{"lead": {"externalId": f"lead {number}"}, "delta": 5} for number in range(25)]
        await done(client, "adjustScores", "results { __typename }", adjustments=many)

        for direction in ("ASC", "DESC"):
            order = {"field": "ENGAGEMENT_SCORE", "direction": direction}
            ids = of(await pages(client, PAGE, 4, order=order), "id")

            assert ids == sorted(ids, reverse=direction == "DESC")
            assert len(set(ids)) == 25

    async def test_a_walk_neither_skips_nor_repeats_a_lead_that_moves_meanwhile(self, client: Client) -> None:
        for number in range(1, 7):
            await with_score(client, f"lead {number}", number)
        page = await client(PAGE, first=2)
        await with_score(client, "lead 6", -6)
        await with_score(client, "lead 1", 100)
        await with_score(client, "lead 7", 50)

        rest = await pages(client, PAGE, 4, page["pageInfo"]["endCursor"])

        assert of([page], "externalId") == ["lead 6", "lead 5"]
        assert of(rest, "externalId") == ["lead 4", "lead 3", "lead 2", "lead 1"]
        assert of(rest, "engagement", "score") == [4, 3, 2, 101]
        assert rest[0]["totalCount"] == 7

    async def test_leads_are_shown_and_filtered_by_the_levels_in_force_now(self, client: Client) -> None:
        await with_levels(client)
        await with_score(client, "a", 30)
        assert await names(client, filter={"engagementLevels": ["Warm"]}) == ["a"]

        await with_levels(client, [{"name": "Low", "max": 29}, {"name": "High", "min": 30}])

        found = await client(PAGE, filter={"engagementLevels": ["high"]})
        assert of([found], "engagement", "level", "name") == ["High"]
        message = await client.error(PAGE, filter={"engagementLevels": ["High", "Warm"]})
        assert message.endswith(
            "engagementLevels names 'Warm', but there is no such level; there are Low, High"
        )


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


class TestTheHistory:
    QUERY = """query($first: Int, $after: String, $dimension: Dimension, $only: Boolean, $since: DateTime) {
      history(first: $first, after: $after, dimension: $dimension, tierChangesOnly: $only, since: $since) {
        pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { node { id at delta dimension reason cause tierChanged ruleSetVersion levelSetVersion
          lead { externalId } activity { kind } parts { points suppressed rule { name } } } } } }"""

    async def test_it_is_walked_newest_first_and_chosen_from(self, client: Client) -> None:
        await with_levels(client)
        for number, lead in enumerate(("a", "b", "a", "c"), 1):
            await with_score(client, lead, number * 10, reason=f"number {number}")
            await with_score(client, lead, 1, dimension="PROFILE")

        for first in (1, 3, 200):
            walked = await pages(client, self.QUERY, first)
            assert of(walked, "delta") == [1, 40, 1, 30, 1, 20, 1, 10]
        assert of(await pages(client, self.QUERY, 3, dimension="PROFILE"), "delta") == [1, 1, 1, 1]
        moved = await pages(client, self.QUERY, 1, only=True)
        assert of(moved, "reason") == ["number 4", "number 3"]
        assert of(moved, "lead", "externalId") == ["c", "a"]
        assert of(await pages(client, self.QUERY, 2, only=True, dimension="PROFILE"), "delta") == []

    async def test_nothing_before_a_moment_is_shown(self, client: Client) -> None:
        for delta in (1, 2, 3):
            await with_score(client, "a", delta)
        entries = of([await client(self.QUERY)])
        moments = [entry["at"] for entry in entries]

        for since in (*moments, (now() - DAY).isoformat(), (now() + DAY).isoformat()):
            expected = [entry["delta"] for entry in entries if entry["at"] >= since]
            assert of(await pages(client, self.QUERY, 1, since=since), "delta") == expected

    async def test_a_change_tells_what_each_rule_gave_and_why_not(self, client: Client) -> None:
        rules = [("Pays", "CLICK", 5, True), ("Sleeps", "CLICK", 7, False), ("Takes", "CLICK", -9, True)]
        for name, kind, points, is_enabled in rules:
            rule = {"name": name, "activity": kind, "points": points, "isEnabled": is_enabled}
            await done(client, "saveRule", "rule { id }", rule=rule)
        await done(client, "publishRules", "ruleSet { version }")
        await with_activity(client, "a", "CLICK")

        (entry,) = of([await client(self.QUERY)])
        assert entry["parts"] == [
            {"points": 5, "suppressed": None, "rule": {"name": "Pays"}},
            {"points": 0, "suppressed": "RULE_DISABLED", "rule": {"name": "Sleeps"}},
            {"points": -5, "suppressed": "FLOOR", "rule": {"name": "Takes"}},
        ]
        assert entry["delta"] == 0
        assert entry["cause"] == "ACTIVITY"
        assert entry["activity"] == {"kind": "CLICK"}
        assert (entry["ruleSetVersion"], entry["levelSetVersion"]) == (3, 0)

    async def test_an_adjustment_has_no_rule_and_no_activity(self, client: Client) -> None:
        await with_score(client, "a", 5, reason="A good talk")

        (entry,) = of([await client(self.QUERY)])
        assert entry["parts"] == [{"points": 5, "suppressed": None, "rule": None}]
        assert (entry["cause"], entry["reason"], entry["activity"]) == ("ADJUSTMENT", "A good talk", None)
        assert (entry["ruleSetVersion"], entry["levelSetVersion"]) == (None, 0)

    async def test_the_levels_of_a_change_are_those_of_then(self, client: Client) -> None:
        await with_levels(
            client,
            [{"name": "Low", "max": 9, "color": "#111111"}, {"name": "High", "min": 10, "color": "#222222"}],
        )
        await with_score(client, "a", 30)
        await with_levels(client, [{"name": "Low", "max": 99, "color": "#333333"}])
        await with_levels(client, [{"name": "Other"}])

        query = f"{{ history {{ edges {{ node {{ levelSetVersion levelBefore {{ {LEVEL} }} levelAfter {{ {LEVEL} }} }} }} }} }}"
        (entry,) = of([await client(query)])

        assert entry == {
            "levelSetVersion": 1,
            "levelBefore": {
                "name": "Low",
                "min": None,
                "max": 9,
                "color": "#111111",
                "motion": None,
                "rank": 1,
            },
            "levelAfter": {
                "name": "High",
                "min": 10,
                "max": None,
                "color": "#222222",
                "motion": None,
                "rank": 2,
            },
        }

    async def test_the_score_is_the_sum_of_the_history(self, client: Client) -> None:
        await with_rules(client, CLICK=30, SPAM=-100)
        for kind in ("CLICK", "SPAM", "CLICK", "CLICK", "SPAM", "CLICK"):
            await with_activity(client, "a", kind)
            await with_score(client, "a", -7)

        deltas = of(await pages(client, self.QUERY, 5), "delta")
        lead = await client(
            '{ lead(by: {externalId: "a"}) { engagement { score contributions { points } } } }'
        )
        assert (
            lead["engagement"]["score"]
            == sum(deltas)
            == sum(each["points"] for each in lead["engagement"]["contributions"])
        )
