"""A bad item of a bulk is refused by itself."""

from __future__ import annotations

import pytest

from tests.api.bad_input.inputs import UNKNOWN, activity, adjustment
from tests.api.calls import done
from tests.api.conftest import Contents
from tests.api.scenes import with_rules
from tests.client import Client

RESULTS = """results {{
  ... on {} {{ {} }} ... on LeadNotFound {{ __typename }} ... on InvalidInput {{ problems {{ path }} }} }}"""


class TestInBulk:
    """A bad item is refused by itself: those beside it are done, and every answer stands in its item's place."""

    async def test_of_leads(self, other: Client) -> None:
        refs = [
            {"externalId": "a"},
            {"id": UNKNOWN},
            {"externalId": "b"},
            {"id": "rule_1"},
            {"externalId": "c"},
        ]
        items = [{"lead": ref, "name": f"number {place}"} for place, ref in enumerate(refs)]
        items[4]["name"] = ""

        bulk = await done(
            other, "upsertLeads", RESULTS.format("UpsertLeadPayload", "lead { name } created"), leads=items
        )

        assert bulk["results"] == [
            {"lead": {"name": "number 0"}, "created": True},
            {"__typename": "LeadNotFound"},
            {"lead": {"name": "number 2"}, "created": True},
            {"problems": [{"path": ["lead", "id"]}]},
            {"problems": [{"path": ["name"]}]},
        ]
        assert (await other("{ leads { totalCount } }"))["totalCount"] == 2

    async def test_of_activities(self, other: Client) -> None:
        await with_rules(other, CLICK=5)
        items = [
            activity(),
            activity(kind="click"),
            activity(key="one"),
            activity(key="one"),
            activity(key=""),
        ]
        items += [
            {**activity(), "lead": {"id": UNKNOWN}},
            {**activity(key="one"), "lead": {"externalId": "b"}},
        ]

        bulk = await done(
            other,
            "recordActivities",
            RESULTS.format("RecordActivityPayload", "duplicate changes { scoreAfter }"),
            records=items,
        )

        assert bulk["results"] == [
            {"duplicate": False, "changes": [{"scoreAfter": 5}]},
            {"problems": [{"path": ["activity", "kind"]}]},
            {"duplicate": False, "changes": [{"scoreAfter": 10}]},
            {"duplicate": True, "changes": [{"scoreAfter": 10}]},
            {"problems": [{"path": ["activity", "key"]}]},
            {"__typename": "LeadNotFound"},
            {"problems": [{"path": ["activity", "key"]}]},
        ]
        found = await other("{ leads { totalCount edges { node { externalId engagement { score } } } } }")
        assert found == {
            "totalCount": 1,
            "edges": [{"node": {"externalId": "a", "engagement": {"score": 10}}}],
        }

    async def test_of_adjustments(self, other: Client) -> None:
        items = [
            adjustment(delta=3),
            adjustment(delta=0),
            adjustment(delta=4),
            {**adjustment(), "lead": {"id": "nonsense"}},
        ]
        items += [adjustment(delta=5), {**adjustment(), "lead": {"id": UNKNOWN}}]

        bulk = await done(
            other,
            "adjustScores",
            RESULTS.format("AdjustScorePayload", "change { scoreAfter }"),
            adjustments=items,
        )

        assert bulk["results"] == [
            {"change": {"scoreAfter": 3}},
            {"problems": [{"path": ["delta"]}]},
            {"change": {"scoreAfter": 7}},
            {"problems": [{"path": ["lead", "id"]}]},
            {"change": {"scoreAfter": 12}},
            {"__typename": "LeadNotFound"},
        ]

    @pytest.mark.parametrize("mutation", ["upsertLeads", "recordActivities", "adjustScores"])
    async def test_of_nothing(self, client: Client, contents: Contents, mutation: str) -> None:
        before = await contents()
        items = {"upsertLeads": "leads", "recordActivities": "records", "adjustScores": "adjustments"}[
            mutation
        ]

        assert await done(client, mutation, "results { __typename }", **{items: []}) == {"results": []}
        assert await contents() == before

    async def test_of_a_thousand(self, other: Client) -> None:
        items = [{"lead": {"externalId": f"lead {number}"}, "delta": number + 1} for number in range(1_000)]

        bulk = await done(
            other, "adjustScores", RESULTS.format("AdjustScorePayload", "change { delta }"), adjustments=items
        )

        assert [result["change"]["delta"] for result in bulk["results"]] == [item["delta"] for item in items]
