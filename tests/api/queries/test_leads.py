"""Leads are found by filters, in every order, in pages that neither skip nor repeat."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.scalars import now
from persistence.mongo import Mongo, new_id
from persistence.workspaces import Workspaces
from tests.api.calls import Json, done
from tests.api.queries.asking import DAY, names, of, pages
from tests.api.scenes import LEVELS, with_activity, with_levels, with_score
from tests.client import Client
from tests.conftest import owner_of


@pytest.fixture(scope="module")
async def crowd(server: str, mongo: Mongo) -> AsyncIterator[Client]:
    """Some leads to choose among: engagement 10, 30, 55, 80 and none, one of them below every level."""
    # Of a name that is new each time: the fixture is made twice where others' tests run between those of this file.
    workspace = await Workspaces(mongo).named(f"a crowd {new_id()}", now())
    async with owner_of(workspace, mongo, server) as client:
        await with_levels(client, [{**LEVELS[0], "min": 5}, *LEVELS[1:]])
        await with_levels(
            client, [{"name": "Good", "min": 50}, {"name": "Poor", "min": 1, "max": 20}], "PROFILE"
        )
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
