"""An activity is retracted: it stays, marked, and counts no more."""

from __future__ import annotations

import pytest

from api.scalars import now
from domain.actors import Role
from domain.bounds import REASON
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import UNKNOWN, Json, call, done, refused
from tests.api.conftest import Contents
from tests.api.mutations.reads import lead
from tests.api.scenes import with_activity, with_levels, with_rules, with_score
from tests.client import Client
from tests.conftest import MakeClient

WANTED = """lead { id version engagement { score level { name } } }
  changes { delta cause reason actor { name } tierChanged scoreAfter activity { id isRetracted }
    parts { source points rule { name } } }"""


async def clicked(client: Client, lead: str = "a", **more: object) -> str:
    recorded = await with_activity(client, lead, "CLICK", **more)
    activity: str = recorded["activity"]["id"]
    return activity


async def test_its_points_are_taken_back_and_the_history_says_why(client: Client) -> None:
    await with_levels(client)
    await with_rules(client, CLICK=30)
    await with_score(client, "a", 7)
    activity = await clicked(client)

    retracted = await done(client, "retractActivity", WANTED, activity=activity, reason="a bot")

    assert retracted["lead"]["engagement"] == {"score": 7, "level": {"name": "Cold"}}
    change = {
        "delta": -30,
        "cause": "RETRACTION",
        "reason": "a bot",
        "actor": {"name": "Ada"},
        "tierChanged": True,
        "scoreAfter": 7,
        "activity": {"id": activity, "isRetracted": True},
        "parts": [{"source": "A click", "points": -30, "rule": {"name": "A click"}}],
    }
    assert retracted["changes"] == [change]
    found = await lead(client, "engagement { score } history { edges { node { cause delta } } }")
    assert found["engagement"] == {"score": 7}
    assert [each["node"] for each in found["history"]["edges"]] == [
        {"cause": "RETRACTION", "delta": -30},
        {"cause": "ACTIVITY", "delta": 30},
        {"cause": "ADJUSTMENT", "delta": 7},
    ]


async def test_it_stays_among_the_activities_and_is_marked(client: Client) -> None:
    first, second = await clicked(client), await clicked(client)

    await done(client, "retractActivity", WANTED, activity=first)

    found = await lead(client, "activities { edges { node { id isRetracted } } }")
    marks = {each["node"]["id"]: each["node"]["isRetracted"] for each in found["activities"]["edges"]}
    assert marks == {first: True, second: False}
    node = await client("query($id: ID!) { node(id: $id) { ... on Activity { isRetracted } } }", id=first)
    assert node == {"isRetracted": True}


async def test_twice_is_once(client: Client, contents: Contents) -> None:
    await with_rules(client, CLICK=30)
    activity = await clicked(client)
    await done(client, "retractActivity", WANTED, activity=activity)
    before = await contents()

    again = await done(client, "retractActivity", WANTED, activity=activity)

    assert (again["changes"], again["lead"]["engagement"]["score"]) == ([], 0)
    assert await contents() == before


async def test_sent_again_with_its_key_it_is_a_duplicate(client: Client) -> None:
    await with_rules(client, CLICK=30)
    activity = await clicked(client, key="mail-7")
    await done(client, "retractActivity", WANTED, activity=activity)

    again = await with_activity(client, "a", "CLICK", key="mail-7")

    assert (again["duplicate"], again["activity"]["id"]) == (True, activity)
    assert await lead(client, "engagement { score }") == {"engagement": {"score": 0}}


@pytest.mark.parametrize(
    ("given", "name", "message"),
    [
        ({"activity": UNKNOWN["activity"]}, "NotFound", UNKNOWN["activity"]),
        ({"activity": UNKNOWN["lead"]}, "InvalidInput", "those begin with act_"),
        ({"reason": "x" * (REASON + 1)}, "InvalidInput", "1,000"),
    ],
    ids=["unknown", "a lead", "a long reason"],
)
async def test_what_cannot_be_is_refused(
    client: Client, contents: Contents, given: Json, name: str, message: str
) -> None:
    await with_rules(client, CLICK=30)
    activity = await clicked(client)
    before = await contents()

    refusal = await refused(client, "retractActivity", **{"activity": activity, **given})

    assert refusal["__typename"] == name
    assert message in str(refusal)
    assert await contents() == before


async def test_one_of_another_workspace_is_not_found(
    client: Client, make_client: MakeClient, mongo: Mongo, contents: Contents
) -> None:
    activity = await clicked(client)
    other = await make_client(of=await Workspaces(mongo).named("a retracting workspace", now()))
    before = await contents()

    refusal = await refused(other, "retractActivity", activity=activity)

    assert refusal["__typename"] == "NotFound"
    assert await contents() == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_who_may_not_write_may_not_retract(
    client: Client, make_client: MakeClient, contents: Contents, role: Role
) -> None:
    activity = await clicked(client)
    someone = await make_client(role)
    before = await contents()

    answer = await someone.answer(**call("Mutation", "retractActivity", {"activity": activity}))

    is_allowed = role.covers(Role.INTEGRATION)
    assert ("errors" not in answer) is is_allowed
    assert (await contents() == before) is not is_allowed
