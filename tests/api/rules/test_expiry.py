"""Points by hand that expire: foretold, told to boards at their moment, and in the history."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from api.scalars import now
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.scenes import with_activity, with_levels, with_rules, with_score
from tests.api.subscriptions.boards import TIERS, moves, told
from tests.client import Client

SOON = timedelta(seconds=2)
NEXT = (
    "engagement { score level { name } next { level { name } at } contributions { source points expiresAt } }"
)


def ahead(by: timedelta) -> str:
    return (now() + by).isoformat()


async def lead(client: Client, wanted: str = NEXT) -> Json:
    found: Json = await client(f'{{ lead(by: {{externalId: "a"}}) {{ {wanted} }} }}')
    return found


async def history(client: Client) -> list[Json]:
    """The entries of the lead, oldest first."""
    entries = """history(first: 50) { edges { node { cause dimension delta scoreBefore scoreAfter tierChanged at
      levelBefore { name } levelAfter { name } actor { kind name } parts { source points suppressed rule { name } } } } }"""
    found = await lead(client, entries)
    return [edge["node"] for edge in reversed(found["history"]["edges"])]


async def test_points_that_expire_are_foretold_told_and_explained(client: Client) -> None:
    await with_levels(client)
    await with_rules(client, CLICK=10)
    await with_activity(client, "a", "CLICK")
    async with client.subscribe(TIERS) as board:
        expires_at = ahead(SOON)
        await with_score(client, "a", 30, expiresAt=expires_at, reason="the fair")
        before = await lead(client)
        rise, fall = await told(board, 2)
    after, entries = await lead(client), await history(client)

    assert before["engagement"] == {
        "score": 40,
        "level": {"name": "Warm"},
        "next": {"level": {"name": "Cold"}, "at": before["engagement"]["next"]["at"]},
        "contributions": [
            {"source": "A click", "points": 10, "expiresAt": None},
            {"source": "Adjustments", "points": 30, "expiresAt": expires_at},
        ],
    }
    foretold = datetime.fromisoformat(before["engagement"]["next"]["at"])
    assert abs(foretold - datetime.fromisoformat(expires_at)) < timedelta(seconds=1)
    assert moves([rise, fall]) == [("a", "Cold", "Warm"), ("a", "Warm", "Cold")]
    assert (rise["cause"], fall["cause"]) == ("ADJUSTMENT", "EXPIRY")
    assert (fall["scoreBefore"], fall["score"]) == (40, 10)
    assert datetime.fromisoformat(fall["at"]) >= datetime.fromisoformat(expires_at)
    assert (after["engagement"]["score"], after["engagement"]["next"]) == (10, None)
    assert after["engagement"]["contributions"][0]["points"] == 10
    entry = entries[-1]
    assert (entry["cause"], entry["delta"], entry["at"]) == ("EXPIRY", -30, fall["at"])
    assert (entry["levelBefore"], entry["levelAfter"], entry["tierChanged"]) == (
        {"name": "Warm"},
        {"name": "Cold"},
        True,
    )
    assert entry["parts"] == [{"source": "Adjustments", "points": -30, "suppressed": None, "rule": None}]
    assert entry["actor"]["kind"] == "SYSTEM"
    assert [each["cause"] for each in entries] == ["ACTIVITY", "ADJUSTMENT", "EXPIRY"]
    assert sum(each["delta"] for each in entries) == after["engagement"]["score"]


async def test_points_that_were_taken_come_back_at_their_moment(client: Client) -> None:
    await with_levels(client)
    async with client.subscribe(TIERS) as board:
        await with_score(client, "a", 60)
        await with_score(client, "a", -50, expiresAt=ahead(SOON))
        changes = await told(board, 3)

    assert moves(changes) == [("a", "Cold", "Hot"), ("a", "Hot", "Cold"), ("a", "Cold", "Hot")]
    assert [change["cause"] for change in changes] == ["ADJUSTMENT", "ADJUSTMENT", "EXPIRY"]
    assert [entry["delta"] for entry in await history(client)] == [60, -50, 50]


async def test_the_next_level_is_null_where_time_changes_none(client: Client) -> None:
    await with_levels(client)
    await with_score(client, "a", 30)
    lasting = await lead(client)
    await with_score(client, "a", 5, expiresAt=ahead(timedelta(days=1)))

    expiring = await lead(client)

    assert lasting["engagement"]["next"] is None
    assert (expiring["engagement"]["score"], expiring["engagement"]["next"]) == (35, None)


async def test_a_level_that_is_left_for_none_is_foretold_as_none(client: Client) -> None:
    await with_levels(client, [{"name": "Warm", "min": 10, "max": 19}])
    at = (now() + timedelta(days=1)).replace(microsecond=0).isoformat()
    await with_score(client, "a", 15, expiresAt=at)

    assert (await lead(client))["engagement"]["next"] == {"level": None, "at": at}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("ago", [timedelta(0), timedelta(days=400)], ids=["now", "long ago"])
async def test_a_moment_that_has_passed_is_refused_and_nothing_written(
    client: Client, contents: Contents, known: bool, ago: timedelta
) -> None:
    if known:
        await with_score(client, "a", 3)
    before, expires_at = await contents(), ahead(-ago)

    refusal = await refused(
        client, "adjustScore", lead={"externalId": "a"}, delta=30, expiresAt=expires_at, key="k"
    )

    (problem,) = refusal["problems"]
    assert (refusal["__typename"], problem["path"]) == ("InvalidInput", ["expiresAt"])
    assert problem["message"].startswith("must lie ahead of now, ")
    assert problem["message"].endswith(f"; it is {expires_at}")
    assert await contents() == before


@pytest.mark.parametrize(
    ("expires_at", "message"),
    [
        ("2099-01-01T00:00:00", "needs an offset, as in 2099-01-01T00:00:00Z or 2099-01-01T00:00:00+02:00"),
        (
            "tomorrow",
            "must be a time as ISO 8601 with an offset, as in 2026-03-01T09:30:00Z; it is 'tomorrow'",
        ),
        (
            "9999-12-31T23:59:59-12:00",
            "must be a time as ISO 8601 with an offset, as in 2026-03-01T09:30:00Z; it is '9999-12-31T23:59:59-12:00'",
        ),
    ],
)
async def test_what_is_no_moment_is_refused_and_nothing_written(
    client: Client, contents: Contents, expires_at: str, message: str
) -> None:
    before = await contents()

    refusal = await refused(client, "adjustScore", lead={"externalId": "a"}, delta=30, expiresAt=expires_at)

    assert [(each["path"], each["message"]) for each in refusal["problems"]] == [(["expiresAt"], message)]
    assert await contents() == before


async def test_one_of_a_bulk_that_is_refused_harms_no_other(client: Client) -> None:
    adjustments = [
        {"lead": {"externalId": "a"}, "delta": 10, "expiresAt": ahead(by)}
        for by in (timedelta(days=1), timedelta(days=-1), timedelta(days=2))
    ]

    found = await done(client, "adjustScores", "results { __typename }", adjustments=adjustments)

    assert len(found["results"]) == 3
    standing = (await lead(client))["engagement"]
    assert standing["score"] == 20
    assert standing["contributions"] == [
        {"source": "Adjustments", "points": 20, "expiresAt": adjustments[0]["expiresAt"]}
    ]


async def test_points_by_hand_expire_within_ten_years(client: Client, contents: Contents) -> None:
    await with_levels(client)
    await with_score(client, "a", 30)
    before = await contents()

    refusal = await refused(
        client, "adjustScore", lead={"externalId": "a"}, delta=5, expiresAt="9999-12-31T23:59:59.999Z"
    )

    assert "may lie at most 3,650 days ahead" in refusal["message"]
    assert await contents() == before
