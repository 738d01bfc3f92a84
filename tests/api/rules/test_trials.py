"""testRules says what rules would pay for activities, and does nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from domain.actors import Role
from tests.api.calls import Json, done
from tests.api.conftest import Contents
from tests.api.rules.asking import (
    CLICK,
    IN_EU,
    LOSS,
    PROFILE,
    at,
    entries,
    given,
    in_years,
    publish,
    record,
    save,
    score,
    tried,
    upsert,
)
from tests.api.scenes import check, with_levels, with_score
from tests.client import Client
from tests.conftest import MakeClient

DID: Json = {"kind": "CLICK"}
COLD, WARM = {"name": "Cold"}, {"name": "Warm"}
Named = Callable[[str], Awaitable[Json]]
QUERY = "query($input: TestRulesInput!) { testRules(input: $input) { parts { points } } }"


async def parts(client: Client, *activities: Json, **more: object) -> list[tuple[int, str | None]]:
    return given((await tried(client, *activities, **more))["parts"])


async def test_of_the_draft_by_default_on_a_lead_that_nobody_has_heard_of(client: Client) -> None:
    await with_levels(client)
    await publish(client, {**CLICK, "points": 1})
    await save(client, {**CLICK, "limit": {"times": 1, "per": "EVER"}})

    found = await tried(client, DID, DID)

    assert found == {
        "before": {"dimension": "ENGAGEMENT", "score": 0, "level": COLD},
        "after": {"score": 32, "level": WARM},
        "parts": [
            {"points": 1, "suppressed": None, "rule": {"name": "A click"}},
            {"points": 30, "suppressed": None, "rule": {"name": "A click"}},
            {"points": 1, "suppressed": None, "rule": {"name": "A click"}},
            {"points": 0, "suppressed": "CAP_REACHED", "rule": {"name": "A click"}},
        ],
    }


async def test_of_those_published_now_or_before_where_one_asks_for_them(client: Client) -> None:
    (rule_id,) = await publish(client, {**CLICK, "points": 1})
    for points in (2, 3):
        await save(client, {**CLICK, "points": points}, id=rule_id)
        if points == 2:
            await publish(client)

    assert {state: await parts(client, DID, state=state) for state in ("DRAFT", "PUBLISHED", "RETIRED")} == {
        "DRAFT": [(3, None)],
        "PUBLISHED": [(2, None)],
        "RETIRED": [(1, None)],
    }


@pytest.mark.parametrize("state", ["DRAFT", "PUBLISHED", "RETIRED"])
async def test_of_rules_that_there_are_not_is_explained(client: Client, state: str) -> None:
    if state == "DRAFT":
        await publish(client, CLICK)
    else:
        await save(client, CLICK)

    answer = await client.answer(QUERY, input={"state": state, "activities": [DID]})

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "NotFound"}
    assert f"there is no RuleSet '{state}' here" in error["message"]


@pytest.mark.parametrize("by", ["id", "externalId", "email"])
async def test_on_a_lead_as_it_is_now(client: Client, by: str) -> None:
    await with_levels(client)
    made = await upsert(client, email="ada@example.com", addTags=["eu"])
    await publish(client, {**CLICK, "points": 20, "maxPoints": 50, "condition": IN_EU})
    await record(client)
    await save(client, LOSS)
    ref = {"id": made["lead"]["id"], "externalId": "a", "email": "Ada@Example.com"}[by]

    found = await tried(client, DID, DID, {"kind": "UNSUBSCRIBED"}, lead={by: ref})

    assert found["before"] == {"dimension": "ENGAGEMENT", "score": 20, "level": COLD}
    assert found["after"] == {"score": 45, "level": WARM}
    assert given(found["parts"]) == [(20, None), (10, "CAP_REACHED"), (-5, None)]


@pytest.mark.parametrize(
    "ref",
    [{"id": "lead_0123456789abcdef01234567"}, {"externalId": "b"}, {"email": "b@example.com"}],
    ids=str,
)
async def test_on_a_lead_that_is_unknown_is_explained_and_makes_none(
    client: Client, contents: Contents, ref: Json
) -> None:
    await upsert(client)
    await save(client, CLICK)
    before = await contents()

    answer = await client.answer(QUERY, input={"lead": ref, "activities": [DID]})

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "LeadNotFound"}
    assert f"there is no lead '{next(iter(ref.values()))}'" in error["message"]
    assert await contents() == before


async def test_is_what_becomes_of_the_lead_when_it_is_done(client: Client) -> None:
    """Every kind of rule and reason, tried and then recorded."""
    await with_levels(client)
    await upsert(client, addTags=["eu"])
    warm = check("lead.engagement.level", "EQUALS", "Warm")
    await done(client, "saveScoringPolicy", "rule { id }", ceiling=100)
    for rule in (
        CLICK,
        {**CLICK, "points": 9, "condition": warm},
        {**CLICK, "points": 5, "limit": {"times": 1, "per": "DAY"}, "condition": IN_EU},
        {**CLICK, "points": 4, "maxPoints": 6},
        {**CLICK, "isEnabled": False},
        {**LOSS, "points": -200, "condition": check("activity.why", "EXISTS")},
    ):
        await save(client, rule)
    did: list[Json] = [
        {"kind": "CLICK", "occurredAt": at("06-02")},
        {"kind": "CLICK", "occurredAt": at("06-02", 13)},
        {"kind": "UNSUBSCRIBED", "occurredAt": at("06-03")},
        {"kind": "CLICK", "occurredAt": at("06-04")},
        {"kind": "CLICK", "occurredAt": at("06-05")},
        {"kind": "UNSUBSCRIBED", "occurredAt": at("06-06"), "properties": {"why": "too many"}},
        {"kind": "OTHER", "occurredAt": at("06-07")},
    ]

    foretold = await tried(client, *did, lead={"externalId": "a"})
    await publish(client)
    happened = [each for activity in did for each in await record(client, **activity)]

    assert given(foretold["parts"]) == happened
    assert foretold["after"]["score"] == await score(client) == 0
    assert {why for _, why in happened} == {
        None,
        "CONDITION_FAILED",
        "CAP_REACHED",
        "RULE_DISABLED",
        "CEILING",
        "FLOOR",
    }


async def test_takes_activities_in_the_order_in_which_they_happen(client: Client) -> None:
    first = check("lead.engagement.score", "EQUALS", 0)
    await save(client, {**CLICK, "condition": first})
    await save(client, LOSS)
    later, earlier = {"kind": "UNSUBSCRIBED", "occurredAt": at("06-02")}, {**DID, "occurredAt": at("06-01")}

    assert await parts(client, later, earlier) == [(30, None), (-5, None)]


async def test_looks_years_ahead(client: Client) -> None:
    """Where a recorded activity may lie a day ahead at most."""
    await save(client, {**CLICK, "limit": {"times": 1, "per": "MONTH"}})
    then = {**DID, "occurredAt": in_years(5)}

    assert await parts(client, DID, then, {**DID, "occurredAt": in_years(9)}, then) == [
        (30, None),
        (30, None),
        (0, "CAP_REACHED"),
        (30, None),
    ]


async def test_looks_ten_years_ahead_and_no_further(client: Client) -> None:
    await save(client, CLICK)
    query = "query($input: TestRulesInput!) { testRules(input: $input) { parts { points } } }"

    for moment in (in_years(11), "9999-12-31T23:59:59Z"):
        error = await client.error(query, input={"activities": [{**DID, "occurredAt": moment}]})
        assert "activities.0.occurredAt may lie at most 3,650 days ahead" in error


async def test_of_no_activities_is_the_lead_as_it_is(client: Client) -> None:
    await with_score(client, "a", 12)
    await save(client, CLICK)

    found = await tried(client, lead={"externalId": "a"})

    assert (found["before"]["score"], found["after"]["score"], found["parts"]) == (12, 12, [])


async def test_of_the_profile_shows_what_a_new_lead_would_get(client: Client) -> None:
    await with_levels(client, dimension="PROFILE")
    await save(client, {**PROFILE, "condition": check("lead.email", "MISSING")})
    await save(client, {**PROFILE, "points": 30, "condition": IN_EU})
    await save(client, CLICK)

    found = await tried(client, DID, DID, dimension="PROFILE")

    assert found == {
        "before": {"dimension": "PROFILE", "score": 0, "level": COLD},
        "after": {"score": 20, "level": COLD},
        "parts": [{"points": 20, "suppressed": None, "rule": {"name": "In the EU"}}],
    }
    assert await parts(client, DID) == [(30, None)]


async def test_of_the_profile_looks_at_who_a_known_lead_is(client: Client) -> None:
    await upsert(client, addTags=["eu"])
    await with_score(client, "a", 12, dimension="PROFILE")
    await save(client, {**PROFILE, "condition": IN_EU})

    found = await tried(client, DID, lead={"externalId": "a"}, dimension="PROFILE")

    assert (found["before"]["score"], found["after"]["score"]) == (12, 32)
    assert given(found["parts"]) == [(20, None)]


async def test_stores_nothing(client: Client, contents: Contents) -> None:
    await with_levels(client)
    await upsert(client, addTags=["eu"])
    await publish(client, CLICK, {**PROFILE, "condition": IN_EU})
    await save(client, LOSS)
    before = await contents()

    for state in ("DRAFT", "PUBLISHED"):
        for lead in (None, {"externalId": "a"}):
            for dimension in ("ENGAGEMENT", "PROFILE"):
                await tried(client, {**DID, "key": "k"}, state=state, lead=lead, dimension=dimension)

    assert await contents() == before
    assert await entries(client, dimension="ENGAGEMENT") == []


async def test_leaves_a_key_free(client: Client) -> None:
    await publish(client, CLICK)
    await tried(client, {**DID, "key": "one"}, state="PUBLISHED")

    assert await record(client, key="one") == [(30, None)]


async def test_counts_a_key_once_as_recording_does(client: Client) -> None:
    await publish(client, CLICK)
    did = {**DID, "key": "one"}

    assert await parts(client, did, did, state="PUBLISHED") == [(30, None)]


async def test_may_be_asked_for_by_a_viewer(make_client: MakeClient) -> None:
    owner, viewer = await make_client(), await make_client(Role.VIEWER)
    await save(owner, CLICK)

    assert await parts(viewer, DID) == [(30, None)]


async def test_takes_a_hundred_activities(client: Client) -> None:
    await save(client, {**CLICK, "limit": {"times": 50, "per": "DAY"}})

    found = await tried(client, *[{**DID, "occurredAt": at("06-02")}] * 100)

    assert found["after"]["score"] == 50 * 30
    assert [part["suppressed"] for part in found["parts"]] == [None] * 50 + ["CAP_REACHED"] * 50
