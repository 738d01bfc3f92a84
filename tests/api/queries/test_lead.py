"""A lead as it is now: found by its names, its scores explained, its history and activities walked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.scalars import now
from tests.api.calls import Json, done
from tests.api.queries.asking import of, pages
from tests.api.scenes import with_activity, with_levels, with_rules, with_score
from tests.client import Client


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
