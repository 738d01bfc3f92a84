"""Leads are made, changed and deleted, and every read after it tells so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.mutations.reads import lead
from tests.api.scenes import with_activity, with_rules, with_score
from tests.client import Client

FIELDS = "externalId email name company attributes tags version"


async def upserted(client: Client, **given: Any) -> Any:
    """What is answered when a lead is given that."""
    return await done(client, "upsertLead", f"created lead {{ {FIELDS} }}", lead={"externalId": "a"}, **given)


class TestUpsertLead:
    @pytest.mark.parametrize(
        ("ref", "names"),
        [
            ({"externalId": "a"}, {"externalId": "a", "email": None}),
            ({"email": " A@Example.com"}, {"externalId": None, "email": "a@example.com"}),
        ],
        ids=str,
    )
    async def test_an_unknown_lead_is_made_with_the_name_it_was_called_by(
        self, client: Client, ref: Json, names: Json
    ) -> None:
        made = await done(client, "upsertLead", f"created lead {{ {FIELDS} }}", lead=ref)
        again = await done(client, "upsertLead", f"created lead {{ {FIELDS} }}", lead=ref)

        empty: Json = {"name": None, "company": None, "attributes": {}, "tags": [], "version": 1}
        assert made == {"created": True, "lead": {**names, **empty}}
        assert again == {**made, "created": False}

    async def test_what_is_left_out_stays_and_null_clears(self, client: Client) -> None:
        names = {"email": "a@example.com", "name": "Ann", "company": "Example"}
        attributes = {"size": 5, "city": "Oslo", "plan": {"name": "free"}}
        await upserted(client, **names, attributes=attributes, addTags=["one", "two"])

        same = await upserted(client)
        cleared = await upserted(
            client,
            email=None,
            name=None,
            attributes={"size": None, "plan": {"seats": 3}},
            removeTags=["one", "unknown"],
            addTags=["three"],
        )

        kept: Json = {"externalId": "a", **names, "attributes": attributes, "tags": ["one", "two"]}
        changed: Json = {
            "externalId": "a",
            "email": None,
            "name": None,
            "company": "Example",
            "attributes": {"city": "Oslo", "plan": {"seats": 3}},
            "tags": ["two", "three"],
        }
        assert same == {"created": False, "lead": {**kept, "version": 1}}
        assert cleared == {"created": False, "lead": {**changed, "version": 2}}
        assert await lead(client, FIELDS) == cleared["lead"]

    async def test_null_lists_and_attributes_change_nothing(self, client: Client) -> None:
        await done(
            client, "upsertLead", "created", lead={"externalId": "a"}, attributes={"a": 1}, addTags=["b"]
        )

        again = await done(
            client,
            "upsertLead",
            "lead { attributes tags version }",
            lead={"externalId": "a"},
            attributes=None,
            addTags=None,
            removeTags=None,
        )

        assert again == {"lead": {"attributes": {"a": 1}, "tags": ["b"], "version": 1}}

    async def test_a_lead_is_renamed_and_its_old_names_are_free(self, client: Client) -> None:
        made = await done(
            client, "upsertLead", "lead { id }", lead={"externalId": "a"}, email="a@example.com"
        )
        await done(
            client, "upsertLead", "lead { id }", lead=made["lead"], externalId="b", email="B@example.com"
        )

        renamed = await lead(client, "id email", "b")
        assert renamed == {**made["lead"], "email": "b@example.com"}
        assert await lead(client, "id", "a") is None
        other = await done(client, "upsertLead", "created", lead={"externalId": "a"}, email="a@example.com")
        assert other == {"created": True}

    async def test_a_cleared_name_is_free_and_the_lead_stays_known_by_its_id(self, client: Client) -> None:
        made = await done(client, "upsertLead", "lead { id }", lead={"externalId": "a"})

        await done(client, "upsertLead", "lead { id }", lead=made["lead"], externalId=None)

        assert await lead(client, "id", "a") is None
        found = await client("query($by: LeadRef!) { lead(by: $by) { externalId } }", by=made["lead"])
        assert found == {"externalId": None}

    async def test_several_leads_refer_to_each_other_in_order(self, client: Client) -> None:
        bulk = await done(
            client,
            "upsertLeads",
            "results { ... on UpsertLeadPayload { created lead { externalId name } } }",
            leads=[
                {"lead": {"externalId": "a"}, "name": "first"},
                {"lead": {"externalId": "a"}, "name": "second"},
                {"lead": {"externalId": "a"}, "externalId": "b"},
                {"lead": {"externalId": "b"}, "name": "third"},
                {"lead": {"externalId": "a"}},
            ],
        )

        assert [(each["created"], *each["lead"].values()) for each in bulk["results"]] == [
            (True, "a", "first"),
            (False, "a", "second"),
            (False, "b", "second"),
            (False, "b", "third"),
            (True, "a", None),
        ]


class TestDeleteLead:
    @pytest.mark.parametrize("by", ["id", "externalId", "email"])
    async def test_a_lead_goes_with_all_it_did_and_the_others_stay(
        self, client: Client, contents: Contents, by: str
    ) -> None:
        await with_rules(client, CLICK=5)
        await with_activity(client, "other", "CLICK")
        before = await contents()
        recorded = await with_activity(client, "a", "CLICK")
        await done(client, "upsertLead", "created", lead={"externalId": "a"}, email="a@example.com")
        names = {"id": recorded["lead"]["id"], "externalId": "a", "email": "a@example.com"}

        deleted = await done(client, "deleteLead", "deletedId", lead={by: names[by]})

        assert deleted == {"deletedId": names["id"]}
        assert await contents() == before
        assert (await refused(client, "deleteLead", lead={by: names[by]}))["__typename"] == "LeadNotFound"

    async def test_a_lead_of_the_same_name_begins_anew(self, client: Client) -> None:
        old = await with_score(client, "a", 5)
        await done(client, "deleteLead", "deletedId", lead={"externalId": "a"})

        new = await with_score(client, "a", 1)

        assert new != old
        assert await lead(client, "version engagement { score }") == {
            "version": 1,
            "engagement": {"score": 1},
        }
