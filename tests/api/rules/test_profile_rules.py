"""Rules of the profile hold or do not hold for a lead as it is: looked at when it is made known, and edited."""

from __future__ import annotations

import pytest

from tests.api.calls import Json, done
from tests.api.mutations.reads import lead
from tests.api.rules.asking import (
    CLICK,
    IN_EU,
    PROFILE,
    entries,
    publish,
    record,
    rule_set,
    save,
    score,
    upsert,
)
from tests.api.scenes import LEVELS, check, with_activity, with_levels, with_score
from tests.client import Client

EU: Json = {**PROFILE, "condition": IN_EU}
LARGE: Json = {
    **PROFILE,
    "name": "Large",
    "points": 30,
    "condition": check("lead.attributes.size", "GTE", 100),
}
MAILED: Json = {**PROFILE, "name": "Has an email", "points": 5, "condition": check("lead.email", "EXISTS")}
FREE: Json = {
    **PROFILE,
    "name": "Free mail",
    "points": -15,
    "condition": check("lead.email", "ENDS_WITH", "@mail.example"),
}


async def profile(client: Client, external_id: str = "a") -> int:
    return await score(client, external_id, "profile")


async def test_an_edit_moves_the_profile_and_the_history_says_by_which_rule(client: Client) -> None:
    await publish(client, EU, LARGE)
    await upsert(client)

    edited = await upsert(client, addTags=["eu"], attributes={"size": 250})

    assert edited["lead"]["profile"] == {
        "score": 50,
        "contributions": [{"source": "In the EU", "points": 20.0}, {"source": "Large", "points": 30.0}],
    }
    assert await entries(client) == [
        {
            "cause": "PROFILE",
            "delta": 50,
            "scoreAfter": 50,
            "ruleSetVersion": 2,
            "actor": {"name": "Ada"},
            "parts": [
                {"points": 20, "suppressed": None, "rule": {"name": "In the EU"}},
                {"points": 30, "suppressed": None, "rule": {"name": "Large"}},
            ],
        }
    ]
    assert await entries(client, dimension="ENGAGEMENT") == []


async def test_points_leave_when_the_condition_no_longer_holds(client: Client) -> None:
    await publish(client, EU, LARGE)
    await upsert(client, addTags=["eu"], attributes={"size": 250})

    await upsert(client, removeTags=["EU"], attributes={"size": 99})
    assert await profile(client) == 20
    await upsert(client, removeTags=["eu"])
    assert await profile(client) == 0

    told = [
        (each["cause"], [(part["rule"]["name"], part["points"]) for part in each["parts"]])
        for each in await entries(client)
    ]
    assert told == [
        ("PROFILE", [("In the EU", 20), ("Large", 30)]),
        ("PROFILE", [("Large", -30)]),
        ("PROFILE", [("In the EU", -20)]),
    ]


async def test_what_holds_is_paid_once_however_often_the_lead_is_edited(client: Client) -> None:
    await publish(client, EU)
    for name in ("Ada", "Eve", "Eve"):
        await upsert(client, name=name, addTags=["eu"])

    assert await profile(client) == 20
    assert [each["delta"] for each in await entries(client)] == [20]


async def test_an_edit_that_no_rule_asks_about_moves_nothing(client: Client) -> None:
    await publish(client, EU)
    await upsert(client, name="Ada", attributes={"size": 250})

    assert await profile(client) == 0
    assert await entries(client) == []


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("recordActivity", {"activity": {"kind": "CLICK"}}),
        ("recordActivity", {"activity": {"kind": "UNHEARD_OF"}}),
        ("adjustScore", {"delta": 7}),
        ("upsertLead", {}),
    ],
    ids=str,
)
async def test_a_new_lead_gets_what_holds_for_it_whatever_made_it_known(
    client: Client, mutation: str, given: Json
) -> None:
    await publish(client, MAILED, CLICK, EU)

    made = await done(
        client, mutation, "lead { profile { score } }", lead={"email": "Ada@Example.com"}, **given
    )

    assert made["lead"]["profile"] == {"score": 5}
    found = await client(
        '{ lead(by: {email: "ada@example.com"}) { history { edges { node { cause dimension delta } } } } }'
    )
    told = [edge["node"] for edge in found["history"]["edges"]]
    assert {"cause": "PROFILE", "dimension": "PROFILE", "delta": 5} in told
    assert sum(each["delta"] for each in told if each["dimension"] == "PROFILE") == 5


async def test_a_new_leads_activity_tells_both_moves(client: Client) -> None:
    await publish(client, {**PROFILE, "condition": check("lead.externalId", "STARTS_WITH", "a")}, CLICK)

    recorded = await done(
        client,
        "recordActivity",
        "changes { dimension cause delta }",
        lead={"externalId": "a"},
        activity={"kind": "CLICK"},
    )

    assert recorded["changes"] == [
        {"dimension": "ENGAGEMENT", "cause": "ACTIVITY", "delta": 30},
        {"dimension": "PROFILE", "cause": "PROFILE", "delta": 20},
    ]


async def test_an_activity_of_a_lead_that_is_known_does_not_touch_its_profile(client: Client) -> None:
    await upsert(client, addTags=["eu"])
    await publish(client, EU, CLICK)

    await record(client)

    assert (await profile(client), await score(client)) == (0, 30)


async def test_publishing_touches_no_lead_until_it_is_edited(client: Client) -> None:
    for name in "ab":
        await upsert(client, name, addTags=["eu"])
    await publish(client, EU)
    assert [await profile(client, name) for name in "ab"] == [0, 0]

    await upsert(client, "a", name="Ada")

    assert [await profile(client, name) for name in "ab"] == [20, 0]


async def test_a_rule_that_was_changed_pays_the_difference_at_the_next_edit(client: Client) -> None:
    (rule_id,) = await publish(client, EU)
    await upsert(client, addTags=["eu"])
    await save(client, {**EU, "points": 12}, id=rule_id)
    await publish(client)
    assert await profile(client) == 20

    await upsert(client, name="Ada")

    assert await profile(client) == 12
    assert [each["delta"] for each in await entries(client)] == [20, -8]


@pytest.mark.parametrize("how", ["disabled", "removed", "of engagement now"])
async def test_a_rule_that_pays_no_more_takes_its_points_at_the_next_edit(client: Client, how: str) -> None:
    (rule_id, _) = await publish(client, EU, LARGE)
    await upsert(client, addTags=["eu"], attributes={"size": 250})
    if how == "removed":
        await done(client, "removeRule", "rule { id }", id=rule_id)
    else:
        changed = {**EU, "isEnabled": False} if how == "disabled" else CLICK
        await save(client, changed, id=rule_id)
    await publish(client)
    assert await profile(client) == 50

    await upsert(client, name="Ada")

    assert await profile(client) == 30
    last = (await entries(client))[-1]
    assert (last["cause"], last["delta"], [part["points"] for part in last["parts"]]) == (
        "PROFILE",
        -20,
        [-20],
    )


async def test_the_history_names_a_rule_that_was_removed_where_its_points_leave(client: Client) -> None:
    (rule_id, _) = await publish(client, EU, LARGE)
    await upsert(client, addTags=["eu"])
    await done(client, "removeRule", "rule { id }", id=rule_id)
    await publish(client)
    await upsert(client, name="Ada")

    last = (await entries(client))[-1]

    assert last["parts"] == [{"points": -20, "suppressed": None, "rule": {"name": "In the EU"}}]


async def test_a_draft_pays_nothing(client: Client) -> None:
    await publish(client, CLICK)
    await save(client, EU)
    await upsert(client, addTags=["eu"])

    assert await profile(client) == 0


async def test_points_by_hand_stay_beside_those_of_rules(client: Client) -> None:
    await publish(client, EU)
    await with_score(client, "a", 7, dimension="PROFILE")
    await upsert(client, addTags=["eu"])
    await upsert(client, removeTags=["eu"])

    assert await profile(client) == 7
    assert [(each["cause"], each["delta"]) for each in await entries(client)] == [
        ("ADJUSTMENT", 7),
        ("PROFILE", 20),
        ("PROFILE", -20),
    ]


async def test_points_may_be_taken_down_to_the_floor(client: Client) -> None:
    await publish(client, MAILED, FREE)

    await upsert(client, email="a@mail.example")
    assert await profile(client) == 0
    await upsert(client, email="a@firm.example")
    assert await profile(client) == 5


async def test_a_profile_that_crosses_a_bound_changes_the_tier_and_boards_hear_of_it(client: Client) -> None:
    await with_levels(client, LEVELS, "PROFILE")
    await publish(client, LARGE)
    await upsert(client)
    query = """subscription { leadTierChanged(dimension: PROFILE) { ... on TierChanges {
      changes { cause from { name } to { name } } } } }"""

    async with client.subscribe(query) as board:
        await upsert(client, attributes={"size": 100})

        assert await anext(board) == {
            "changes": [{"cause": "PROFILE", "from": {"name": "Cold"}, "to": {"name": "Warm"}}]
        }
    found = await lead(client, "profile { level { name } }")
    assert found == {"profile": {"level": {"name": "Warm"}}}


async def test_a_bulk_of_leads_is_looked_at_one_by_one(client: Client) -> None:
    await publish(client, EU, LARGE)
    leads = [
        {"lead": {"externalId": "a"}, "addTags": ["eu"]},
        {"lead": {"externalId": "b"}, "attributes": {"size": 100}},
        {"lead": {"externalId": "c"}},
        {"lead": {"externalId": "a"}, "attributes": {"size": 500}},
    ]

    await done(client, "upsertLeads", "results { __typename }", leads=leads)

    assert [await profile(client, name) for name in "abc"] == [50, 30, 0]


async def test_a_repeated_activity_of_a_new_lead_moves_its_profile_once(client: Client) -> None:
    await publish(client, {**PROFILE, "condition": check("lead.externalId", "EXISTS")})
    for _ in range(2):
        await with_activity(client, "a", "CLICK", key="one")

    assert await profile(client) == 20
    assert len(await entries(client)) == 1


async def test_a_rule_of_the_profile_shows_that_it_is_one(client: Client) -> None:
    await publish(client, EU)

    found = await rule_set(client)

    assert found is not None
    (rule,) = found["rules"]
    assert (rule["dimension"], rule["activity"], rule["limit"], rule["maxPoints"]) == (
        "PROFILE",
        None,
        None,
        None,
    )
    assert rule["condition"] == IN_EU
