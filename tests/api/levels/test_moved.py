"""Leads are found by how their level moved since a moment, together with all else that they can be found by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from api.scalars import now
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import Json, done
from tests.api.levels.asking import edit
from tests.api.queries.asking import DAY, names, of, pages
from tests.api.scenes import LEVELS, all_told, with_crowd, with_levels, with_score
from tests.client import Client
from tests.conftest import owner_of

LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture(scope="module")
async def crowd(server: str, mongo: Mongo) -> AsyncIterator[Client]:
    """Leads that went here and there; nothing is written to them after."""
    workspace = await Workspaces(mongo).named("leads that moved", now())
    async with owner_of(workspace, mongo, server) as client:
        for dimension in ("ENGAGEMENT", "PROFILE"):
            await with_levels(client, dimension=dimension)
        paths = {
            "still": [5],  # Cold
            "riser": [30, 25, 26],  # Cold, Warm, Hot, Very Hot
            "jumper": [80],  # Cold, Very Hot
            "faller": [80, -30, -45],  # Cold, Very Hot, Hot, Cold
            "turner": [30, -25, 30],  # Cold, Warm, Cold, Warm
        }
        for lead, deltas in paths.items():
            for delta in deltas:
                await with_score(client, lead, delta)
        await with_score(client, "still", 60, dimension="PROFILE")
        for lead, tags in (("riser", ["vip", "eu"]), ("jumper", ["vip"]), ("faller", ["vip"])):
            await done(client, "upsertLead", "created", lead={"externalId": lead}, addTags=tags)
        yield client


MOVES: dict[str, tuple[Json, list[str]]] = {
    "from anywhere to anywhere": ({}, ["riser", "jumper", "turner", "faller"]),
    "at once": ({"from": "Cold", "to": "Warm"}, ["riser", "turner"]),
    "by others between": ({"from": "Cold", "to": "Very Hot"}, ["riser", "jumper", "faller"]),
    "down": ({"from": "Very Hot", "to": "Cold"}, ["faller"]),
    "down by one": ({"from": "Warm", "to": "Cold"}, ["turner"]),
    "out and back in": ({"from": "Warm", "to": "Warm"}, ["turner"]),
    "from one": ({"from": "Very Hot"}, ["faller"]),
    "to one": ({"to": "Hot"}, ["riser", "faller"]),
    "in other letters": ({"from": " vERY hot", "to": "COLD "}, ["faller"]),
    "that nobody made": ({"from": "Very Hot", "to": "Warm"}, []),
    "of the other dimension": ({"dimension": "PROFILE", "from": "Cold", "to": "Hot"}, ["still"]),
    "not of the other dimension": ({"dimension": "PROFILE", "to": "Very Hot"}, []),
}


class TestMoved:
    @pytest.mark.parametrize(("moved", "expected"), MOVES.values(), ids=MOVES)
    async def test_the_leads_that_made_the_move_are_found(
        self, crowd: Client, moved: Json, expected: list[str]
    ) -> None:
        assert await names(crowd, filter={"moved": {"since": LONG_AGO, **moved}}) == expected

    async def test_together_with_what_else_they_are_found_by(self, crowd: Client) -> None:
        moved = {"from": "Cold", "to": "Very Hot", "since": LONG_AGO}

        async def found(**more: Any) -> list[str]:
            return await names(crowd, filter={"moved": moved, **more})

        assert await found(engagementLevels=["Very Hot"]) == ["riser", "jumper"]
        assert await found(engagementLevels=["cold"]) == ["faller"]
        assert await found(tags=["vip", "eu"]) == ["riser"]
        assert await found(tags=["vip"], engagementLevels=["Very Hot"], search="JUMP") == ["jumper"]
        assert await found(profileLevels=["Hot"]) == []
        assert await found(minEngagement=6, maxEngagement=81) == ["riser", "jumper"]

    @pytest.mark.parametrize("first", [1, 2, 3, 200])
    async def test_they_are_walked_in_pages_and_counted(self, crowd: Client, first: int) -> None:
        walked = await pages(
            crowd,
            """query($first: Int, $after: String, $filter: LeadFilter) {
              leads(first: $first, after: $after, filter: $filter, orderBy: {field: CREATED_AT, direction: ASC}) {
                totalCount pageInfo { hasNextPage endCursor } edges { node { externalId } } } }""",
            first,
            filter={"moved": {"to": "Very Hot", "since": LONG_AGO}},
        )

        assert of(walked, "externalId") == ["riser", "jumper", "faller"]
        assert {page["totalCount"] for page in walked} == {3}

    async def test_what_lies_before_the_moment_does_not_count(self, crowd: Client) -> None:
        found = await crowd(
            '{ lead(by: {externalId: "faller"}) { history { edges { node { at levelAfter { name } } } } } }'
        )
        left, fell, rose = (edge["node"]["at"] for edge in found["history"]["edges"])

        async def moved(start: str | None, end: str | None, since: str) -> list[str]:
            return await names(
                crowd, filter={"moved": {"from": start, "to": end, "since": since}, "search": "faller"}
            )

        assert await moved("Cold", "Very Hot", rose) == ["faller"]
        assert await moved("Cold", "Very Hot", fell) == []
        assert await moved("Very Hot", "Cold", fell) == ["faller"]
        assert await moved("Very Hot", "Cold", left) == []
        assert await moved("Hot", None, left) == ["faller"]
        assert await moved(None, None, (datetime.fromisoformat(left) + DAY).isoformat()) == []


REFUSED: list[tuple[Json, str]] = [
    ({"from": "Tepid", "since": LONG_AGO}, "filter.moved.from names 'Tepid', but there is no such level; there are Cold, Warm, Hot, Very Hot"),
    ({"to": "Tepid", "since": LONG_AGO}, "filter.moved.to names 'Tepid', but there is no such level; there are Cold, Warm, Hot, Very Hot"),
    ({"to": "", "since": LONG_AGO}, "filter.moved.to names '', but there is no such level; there are Cold, Warm, Hot, Very Hot"),
    ({"since": "2026-01-01T00:00:00"}, "filter.moved.since needs an offset, as in 2026-01-01T00:00:00Z or 2026-01-01T00:00:00+02:00"),
    ({"since": "yesterday"}, "filter.moved.since must be a time as ISO 8601 with an offset, as in 2026-03-01T09:30:00Z; it is 'yesterday'"),
    ({"since": "1969-12-31T00:00:00Z"}, "filter.moved.since must lie between 1970-01-02T00:00:00+00:00 and now; it is 1969-12-31T00:00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("moved", "words"), REFUSED, ids=[words[:40] for _, words in REFUSED])
@pytest.mark.parametrize("wanted", ["totalCount", "edges { cursor }"])
async def test_a_move_that_cannot_be_is_refused(crowd: Client, moved: Json, words: str, wanted: str) -> None:
    answer = await crowd.answer(
        f"query($filter: LeadFilter) {{ leads(filter: $filter) {{ {wanted} }} }}", filter={"moved": moved}
    )

    (error,) = answer["errors"]
    assert error["message"] == words
    assert error["extensions"] == {"code": "InvalidInput"}


class TestEdits:
    """A level is its name: under another name its leads move, and both names can be asked for."""

    async def test_a_renamed_level_is_found_by_both_its_names(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, {"a": 10, "b": 30})
        renamed = await edit(
            client, "updateLevel", name="Warm", level={"name": "Tepid", "min": 25, "max": 49}
        )
        await all_told(client)
        await with_score(client, "c", 30)
        since = renamed["levelSet"]["createdAt"]

        async def moved(start: str | None, end: str | None, since: str = LONG_AGO) -> list[str]:
            given = {"from": start, "to": end, "since": since}
            return await names(client, filter={"moved": given})

        assert await moved("Cold", "Warm") == ["b"]
        assert await moved("Warm", "Tepid") == ["b"]
        assert sorted(await moved("Cold", "Tepid")) == ["b", "c"]
        assert await moved("Cold", "Tepid", since) == ["c"]
        assert sorted(await moved(None, "tepid", since)) == ["b", "c"]
        assert await moved("Cold", "Warm", since) == []

    async def test_a_removed_level_can_be_asked_for_and_a_later_spelling_too(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, {"a": 10})
        await edit(client, "removeLevel", name="Cold")
        await all_told(client)
        await edit(client, "addLevel", level={**LEVELS[0], "name": "COLD"})
        await all_told(client)

        assert await names(client, filter={"moved": {"from": "cold", "since": LONG_AGO}}) == ["a"]
        assert await names(client, filter={"moved": {"to": "cold", "since": LONG_AGO}}) == ["a"]
        assert await names(client, filter={"moved": {"from": "cold", "to": "Cold", "since": LONG_AGO}}) == [
            "a"
        ]

    async def test_a_deleted_lead_is_not_found_by_what_it_did(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, {"a": 30, "b": 30})
        await done(client, "deleteLead", "deletedId", lead={"externalId": "a"})

        assert await names(client, filter={"moved": {"to": "Warm", "since": LONG_AGO}}) == ["b"]

    async def test_without_levels_there_are_none_to_name(self, client: Client) -> None:
        message = await client.error(
            "query($filter: LeadFilter) { leads(filter: $filter) { totalCount } }",
            filter={"moved": {"to": "Hot", "since": LONG_AGO}},
        )

        assert message == (
            "filter.moved.to names 'Hot', but there is no such level; there are none yet: "
            "add some with replaceLevels"
        )
