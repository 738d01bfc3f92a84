"""Two leads are merged: both names, and both ids, name one lead from then on."""

from __future__ import annotations

import pytest

from api.scalars import now
from domain.actors import Role
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import UNKNOWN, Json, call, done, refused
from tests.api.conftest import Contents
from tests.api.mutations.reads import lead
from tests.api.rules.asking import upsert
from tests.api.scenes import with_activity, with_levels, with_rules, with_score
from tests.client import Client
from tests.conftest import MakeClient

LEAD = "id externalId email tags attributes engagement { score level { name } }"
A, B = {"externalId": "a"}, {"externalId": "b"}


async def merge(client: Client, into: Json = A, other: Json = B) -> Json:
    """Merge one lead into another; that one then."""
    merged: Json = (await done(client, "mergeLeads", f"lead {{ {LEAD} }}", **{"into": into, "from": other}))[
        "lead"
    ]
    return merged


async def two(client: Client) -> tuple[str, str]:
    """Leads a and b, who both clicked; their ids."""
    await with_levels(client)
    await with_rules(client, CLICK=30)
    ids = [str((await with_activity(client, name, "CLICK"))["lead"]["id"]) for name in "ab"]
    await upsert(client, "b", email="b@x.com", addTags=["vip"], attributes={"size": 3})
    await with_score(client, "b", 7)
    return ids[0], ids[1]


async def test_the_lead_that_stays_has_what_both_had(client: Client) -> None:
    one, _ = await two(client)

    merged = await merge(client)

    assert merged == {
        "id": one,
        "externalId": "a",
        "email": "b@x.com",
        "tags": ["vip"],
        "attributes": {"size": 3},
        "engagement": {"score": 67, "level": {"name": "Hot"}},
    }
    assert await lead(client, LEAD) == merged
    found = await client("{ leads { totalCount edges { node { id } } } }")
    assert found == {"totalCount": 1, "edges": [{"node": {"id": one}}]}


async def test_one_entry_says_what_came_with_it(client: Client) -> None:
    await two(client)
    await merge(client)

    found = await lead(
        client,
        "history { edges { node { cause delta actor { name } parts { source points } } } } activities { edges { node { kind } } }",
    )

    entry = found["history"]["edges"][0]["node"]
    assert (entry["cause"], entry["delta"], entry["actor"]) == ("MERGE", 37, {"name": "Ada"})
    assert sorted((part["source"], part["points"]) for part in entry["parts"]) == [
        ("A click", 30),
        ("Adjustments", 7),
    ]
    assert len(found["history"]["edges"]) == 2
    assert len(found["activities"]["edges"]) == 2


async def test_the_id_of_the_other_is_that_of_the_lead_that_stays(client: Client) -> None:
    one, other = await two(client)
    await merge(client)

    node = await client("query($id: ID!) { node(id: $id) { id ... on Lead { externalId } } }", id=other)
    by_id = await client("query($id: ID!) { lead(by: {id: $id}) { id } }", id=other)

    assert node == {"id": one, "externalId": "a"}
    assert by_id == {"id": one}


async def test_entries_of_the_other_lead_to_the_one_that_stays(client: Client) -> None:
    one, _ = await two(client)
    await merge(client)

    found = await client("{ history(first: 50) { edges { node { id delta lead { id } } } } }")

    entries = [edge["node"] for edge in found["edges"]]
    assert {each["lead"]["id"] for each in entries} == {one}
    assert sorted(each["delta"] for each in entries) == [7, 30, 30, 37]
    for each in entries:
        node = await client(
            "query($id: ID!) { node(id: $id) { ... on ScoreChange { lead { id } } } }", id=each["id"]
        )
        assert node == {"lead": {"id": one}}


async def test_writes_by_the_old_names_are_of_the_lead_that_stays(client: Client) -> None:
    one, other = await two(client)
    await merge(client)

    recorded = await with_activity(client, "b", "CLICK")
    adjusted = await done(client, "adjustScore", "lead { id }", lead={"id": other}, delta=3)
    upserted = await upsert(client, "b", name="Bob")

    assert recorded["lead"]["id"] == adjusted["lead"]["id"] == upserted["lead"]["id"] == one
    assert upserted["created"] is False
    assert await lead(client, "engagement { score }") == {"engagement": {"score": 100}}
    assert (await done(client, "deleteLead", "deletedId", lead=B))["deletedId"] == one
    assert await lead(client, "id") is None


async def test_again_does_nothing(client: Client, contents: Contents) -> None:
    _, other = await two(client)
    merged = await merge(client)
    before = await contents()

    assert await merge(client) == merged
    assert await merge(client, A, {"id": other}) == merged
    assert await contents() == before


@pytest.mark.parametrize(
    ("into", "other", "name", "message"),
    [
        (A, A, "InvalidInput", "names the same lead as `into`"),
        (A, {"externalId": "c"}, "LeadNotFound", "c"),
        ({"externalId": "c"}, B, "LeadNotFound", "c"),
        (A, {"id": UNKNOWN["lead"]}, "LeadNotFound", UNKNOWN["lead"]),
        (A, {"id": UNKNOWN["rule"]}, "InvalidInput", "those begin with lead_"),
        (A, {"email": ""}, "InvalidInput", "email"),
    ],
    ids=["itself", "unknown", "into unknown", "unknown id", "a rule", "no email"],
)
async def test_what_cannot_be_is_refused(
    client: Client, contents: Contents, into: Json, other: Json, name: str, message: str
) -> None:
    await two(client)
    before = await contents()

    refusal = await refused(client, "mergeLeads", **{"into": into, "from": other})

    assert refusal["__typename"] == name
    assert message in str(refusal)
    assert await contents() == before


async def test_too_many_tags_for_one_are_refused(client: Client, contents: Contents) -> None:
    for name in "ab":
        await upsert(client, name, addTags=[f"{name}{at}" for at in range(60)])
    before = await contents()

    refusal = await refused(client, "mergeLeads", **{"into": A, "from": B})

    assert refusal["__typename"] == "InvalidInput"
    assert "100" in str(refusal)
    assert await contents() == before


async def test_leads_of_another_workspace_are_not_found(
    client: Client, make_client: MakeClient, mongo: Mongo, contents: Contents
) -> None:
    one, other = await two(client)
    stranger = await make_client(of=await Workspaces(mongo).named("a merging workspace", now()))
    before = await contents()

    refusal = await refused(stranger, "mergeLeads", **{"into": {"id": one}, "from": {"id": other}})

    assert refusal["__typename"] == "LeadNotFound"
    assert await contents() == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_who_may_not_write_may_not_merge(
    client: Client, make_client: MakeClient, contents: Contents, role: Role
) -> None:
    one, other = await two(client)
    someone = await make_client(role)
    asked = call("Mutation", "mergeLeads", {"lead": one})
    asked["input"] = {"into": {"id": one}, "from": {"id": other}}
    before = await contents()

    answer = await someone.answer(**asked)

    is_allowed = role.covers(Role.INTEGRATION)
    assert ("errors" not in answer) is is_allowed
    assert (await contents() == before) is not is_allowed
