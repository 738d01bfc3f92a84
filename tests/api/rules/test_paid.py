"""What a rule pays for an activity, and why it pays less: by its limit, its most points, its condition."""

from __future__ import annotations

import pytest

from tests.api.calls import Json, done
from tests.api.mutations.reads import lead
from tests.api.rules.asking import (
    CLICK,
    IN_EU,
    PART,
    Given,
    at,
    entries,
    given,
    publish,
    record,
    save,
    score,
    upsert,
)
from tests.api.scenes import check, with_levels, with_score
from tests.client import Client

PAID: Given = (30, None)
CAPPED: Given = (0, "CAP_REACHED")
FAILED: Given = (0, "CONDITION_FAILED")


def limited(times: int, per: str) -> Json:
    return {**CLICK, "limit": {"times": times, "per": per}}


class TestALimit:
    @pytest.mark.parametrize(
        ("per", "days", "expected"),
        [
            ("EVER", ["01-01", "01-01", "02-01", "12-01"], [PAID, PAID, CAPPED, CAPPED]),
            ("DAY", ["03-03", "03-03", "03-03", "03-04"], [PAID, PAID, CAPPED, PAID]),
            # ISO weeks begin on Monday: 3 March 2025 was one.
            ("WEEK", ["03-03", "03-09", "03-05", "03-10", "03-02"], [PAID, PAID, CAPPED, PAID, PAID]),
            ("MONTH", ["03-01", "03-31", "03-15", "04-01", "02-28"], [PAID, PAID, CAPPED, PAID, PAID]),
        ],
    )
    async def test_is_so_many_times_in_each_period_by_the_activities_own_time(
        self, client: Client, per: str, days: list[str], expected: list[Given]
    ) -> None:
        await publish(client, limited(2, per))

        paid = [await record(client, occurredAt=at(day)) for day in days]

        assert paid == [[each] for each in expected]
        assert await score(client) == sum(points for points, _ in expected)

    async def test_counts_days_as_they_are_in_utc(self, client: Client) -> None:
        await publish(client, limited(1, "DAY"))
        late, early = "2025-03-03T23:30:00-02:00", "2025-03-03T23:30:00+00:00"

        assert await record(client, occurredAt=late) == [PAID]
        assert await record(client, occurredAt=early) == [PAID]
        assert await record(client, occurredAt="2025-03-04T12:00:00+00:00") == [CAPPED]

    async def test_is_of_each_lead_by_itself(self, client: Client) -> None:
        await publish(client, limited(1, "EVER"))

        assert [await record(client, each) for each in "aba"] == [[PAID], [PAID], [CAPPED]]

    async def test_is_of_each_rule_by_itself(self, client: Client) -> None:
        await publish(client, limited(1, "EVER"), {**CLICK, "points": 5})

        assert await record(client) == [PAID, (5, None)]
        assert await record(client) == [CAPPED, (5, None)]

    async def test_counts_what_was_paid_and_not_what_was_tried(self, client: Client) -> None:
        await publish(client, {**limited(1, "EVER"), "condition": IN_EU})

        assert await record(client) == [FAILED]
        await upsert(client, addTags=["eu"])
        assert await record(client) == [PAID]
        assert await record(client) == [CAPPED]

    async def test_holds_within_a_bulk(self, client: Client) -> None:
        await publish(client, limited(2, "DAY"))
        one = {"lead": {"externalId": "a"}, "activity": {"kind": "CLICK", "occurredAt": at("05-05")}}

        recorded = await done(
            client,
            "recordActivities",
            f"results {{ ... on RecordActivityPayload {{ changes {{ parts {{ {PART} }} }} }} }}",
            records=[one] * 4,
        )

        parts = [part for each in recorded["results"] for part in each["changes"][0]["parts"]]
        assert given(parts) == [PAID, PAID, CAPPED, CAPPED]

    async def test_is_remembered_when_the_rule_is_changed_and_published_anew(self, client: Client) -> None:
        (rule_id,) = await publish(client, limited(1, "EVER"))
        await record(client)
        await save(client, {**limited(2, "EVER"), "points": 4}, id=rule_id)
        await publish(client)

        assert await record(client) == [(4, None)]
        assert await record(client) == [CAPPED]


class TestTheMostPoints:
    async def test_cut_what_is_too_much_and_then_give_nothing(self, client: Client) -> None:
        await publish(client, {**CLICK, "maxPoints": 70})

        paid = [await record(client) for _ in range(4)]

        assert paid == [[PAID], [PAID], [(10, "CAP_REACHED")], [CAPPED]]
        assert await score(client) == 70

    async def test_hold_for_points_that_are_taken_too(self, client: Client) -> None:
        await publish(client, {**CLICK, "points": -30, "maxPoints": 40})
        await with_score(client, "a", 100)

        paid = [await record(client) for _ in range(3)]

        assert paid == [[(-30, None)], [(-10, "CAP_REACHED")], [CAPPED]]
        assert await score(client) == 60

    async def test_and_a_limit_both_hold(self, client: Client) -> None:
        await publish(client, {**limited(2, "DAY"), "maxPoints": 80})

        paid = [await record(client, occurredAt=at(day)) for day in ("05-05", "05-05", "05-05", "05-06")]

        assert paid == [[PAID], [PAID], [CAPPED], [(20, "CAP_REACHED")]]

    async def test_that_were_lowered_take_nothing_back(self, client: Client) -> None:
        (rule_id,) = await publish(client, CLICK)
        for _ in range(3):
            await record(client)
        await save(client, {**CLICK, "maxPoints": 30}, id=rule_id)
        await publish(client)

        assert await record(client) == [CAPPED]
        assert await score(client) == 90

    async def test_leave_the_lead_with_what_it_got(self, client: Client) -> None:
        await publish(client, {**CLICK, "maxPoints": 40})
        for _ in range(3):
            await record(client)

        found = await lead(client, "engagement { score contributions { source points uses } }")

        assert found["engagement"] == {
            "score": 40,
            "contributions": [{"source": "A click", "points": 40.0, "uses": 2}],
        }


class TestACondition:
    async def test_is_held_against_the_activity(self, client: Client) -> None:
        await publish(client, {**CLICK, "condition": check("activity.page.name", "MATCHES", "/pric*")})

        assert await record(client, properties={"page": {"name": "/Pricing"}}) == [PAID]
        assert await record(client, properties={"page": {"name": "/blog"}}) == [FAILED]
        assert await record(client) == [FAILED]

    async def test_is_held_against_the_lead_as_it_was_before_the_activity(self, client: Client) -> None:
        await with_levels(client)
        cold, unscored = (
            check("lead.engagement.level", "EQUALS", "cold"),
            check("lead.engagement.score", "LT", 1),
        )
        await publish(client, {**CLICK, "condition": cold}, {**CLICK, "points": 1, "condition": unscored})

        assert await record(client) == [PAID, (1, None)]
        assert await record(client) == [FAILED, FAILED]

    async def test_of_the_lead_is_true_as_soon_as_that_is_known(self, client: Client) -> None:
        await publish(client, {**CLICK, "condition": check("lead.attributes.size", "GTE", 100)})

        assert await record(client) == [FAILED]
        await upsert(client, attributes={"size": 100})
        assert await record(client) == [PAID]


async def test_every_reason_is_told_beside_what_was_paid_and_stays_in_the_history(client: Client) -> None:
    rules = [
        {**CLICK, "name": "Pays"},
        {**CLICK, "name": "Is off", "isEnabled": False, "condition": IN_EU},
        {**CLICK, "name": "Is not met", "condition": IN_EU},
        {**CLICK, "name": "Is used up", "limit": {"times": 1, "per": "EVER"}},
        {**CLICK, "name": "Is nearly full", "points": 4, "maxPoints": 7},
    ]
    await publish(client, *rules)
    await record(client)

    assert await record(client) == [PAID, (0, "RULE_DISABLED"), FAILED, CAPPED, (3, "CAP_REACHED")]

    last = (await entries(client, dimension="ENGAGEMENT"))[-1]
    assert [(part["rule"]["name"], part["points"], part["suppressed"]) for part in last["parts"]] == [
        ("Pays", 30, None),
        ("Is off", 0, "RULE_DISABLED"),
        ("Is not met", 0, "CONDITION_FAILED"),
        ("Is used up", 0, "CAP_REACHED"),
        ("Is nearly full", 3, "CAP_REACHED"),
    ]
    assert (last["delta"], last["scoreAfter"]) == (33, 97)


async def test_an_activity_that_no_rule_pays_for_moves_nothing_and_says_why(client: Client) -> None:
    await publish(client, {**CLICK, "condition": IN_EU})

    assert await record(client) == [FAILED]
    (entry,) = await entries(client, dimension="ENGAGEMENT")
    assert (entry["cause"], entry["delta"], entry["scoreAfter"]) == ("ACTIVITY", 0, 0)
