"""A database of an earlier version is as one of this when it has been opened."""

from __future__ import annotations

from api.app import build_house
from api.scalars import now
from persistence.declared import COLLECTIONS
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Workspaces
from tests.persistence.given import ADA, by_id, email, external, known

RETIRED = [("workspace", 1), ("external_id", 1)]


async def make_earlier(mongo: Mongo) -> None:
    """Leads had fields for their names, and an index for each of those."""
    await mongo.leads.drop_index("workspace_1_names_1")
    await mongo.leads.update_many({}, {"$unset": {"names": ""}})
    await mongo.leads.create_index(RETIRED)


async def test_leads_of_before_are_found_by_every_name_they_had(mongo_uri: str) -> None:
    async with open_mongo(mongo_uri, "upgrades") as mongo:
        workspace = (await Workspaces(mongo).named("earlier", now())).id
        house = build_house(mongo)
        for ref in (external("crm-1"), external("crm-2"), email("ada@example.com")):
            await house.ledger.apply(workspace, ref, known({"name": ref.value}))
        nameless = (await house.ledger.apply(workspace, external("x"), known({"external_id": None}))).lead
        other = await house.leads.find(workspace, external("crm-2"))
        assert other
        await house.corrections.merge(workspace, external("crm-1"), external("crm-2"), ADA)
        before = await mongo.leads.find().sort("_id").to_list(None)
        await make_earlier(mongo)

    async with open_mongo(mongo_uri, "upgrades") as mongo:
        house = build_house(mongo)
        refs = (external("crm-1"), external("crm-2"), by_id(other.id), email("ada@example.com"))
        found = [await house.leads.find(workspace, ref) for ref in refs]
        indexes = {each["name"] for each in await mongo.leads.list_indexes().to_list(None)}
        after = await mongo.leads.find().sort("_id").to_list(None)

    assert [lead and lead.name for lead in found] == ["crm-1", "crm-1", "crm-1", "ada@example.com"]
    assert [{**each, "names": sorted(each.get("names", []))} for each in after] == [
        {**each, "names": sorted(each.get("names", []))} for each in before
    ]
    assert [each["_id"] for each in after if "names" not in each] == [nameless.id]
    assert indexes == {"_id_", *(index.document["name"] for index in COLLECTIONS["leads"].indexes)}


async def test_leads_that_an_earlier_version_changed_meanwhile_are_found_by_the_names_they_have_now(
    mongo_uri: str,
) -> None:
    async with open_mongo(mongo_uri, "upgrades") as mongo:
        workspace = (await Workspaces(mongo).named("once more", now())).id
        house = build_house(mongo)
        one, two = [
            (await house.ledger.apply(workspace, email(f"{name}@example.com"), known({}))).lead
            for name in ("one", "two")
        ]
        await mongo.leads.create_index(RETIRED)
        await mongo.leads.update_one({"_id": one.id}, {"$set": {"email": "two@example.com"}})
        await mongo.leads.update_one({"_id": two.id}, {"$unset": {"email": ""}})

    async with open_mongo(mongo_uri, "upgrades") as mongo:
        find = build_house(mongo).leads.find
        assert await find(workspace, email("one@example.com")) is None
        assert (found := await find(workspace, email("two@example.com")))
        assert found.id == one.id
        assert (lead := await mongo.leads.find_one({"_id": two.id}))
        assert "names" not in lead
