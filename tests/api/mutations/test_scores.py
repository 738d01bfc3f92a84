"""Activities and adjustments move scores: once for each key, in order, and with their reasons."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.calls import Json, done
from tests.api.conftest import Contents
from tests.api.mutations.reads import lead
from tests.api.scenes import with_activity, with_rules, with_score
from tests.client import Client


class TestRecordActivity:
    WANTED = """duplicate lead { id version lastActivityAt engagement { score } }
      activity { id key kind properties occurredAt receivedAt }
      changes { id delta cause activity { id } parts { points rule { id } } }"""

    async def test_it_is_kept_scored_and_told_whole(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30)

        recorded = await done(
            client,
            "recordActivity",
            self.WANTED,
            lead={"externalId": "a"},
            activity={
                "kind": "CLICK",
                "key": "mail-7",
                "properties": {"url": "https://example.com", "tries": [1, 2]},
                "occurredAt": "2026-03-01T10:30:00.123456+01:00",
            },
        )

        activity, (change,) = recorded["activity"], recorded["changes"]
        assert recorded["duplicate"] is False
        assert recorded["lead"]["version"] == 1
        assert recorded["lead"]["engagement"] == {"score": 30}
        assert recorded["lead"]["lastActivityAt"] == "2026-03-01T09:30:00.123000+00:00"
        assert activity["occurredAt"] == "2026-03-01T09:30:00.123000+00:00"
        assert activity["properties"] == {"url": "https://example.com", "tries": [1, 2]}
        assert (activity["kind"], activity["key"]) == ("CLICK", "mail-7")
        assert (change["delta"], change["cause"], change["activity"]) == (
            30,
            "ACTIVITY",
            {"id": activity["id"]},
        )
        assert change["parts"] == [{"points": 30, "rule": {"id": rules["CLICK"]}}]

    async def test_without_a_rule_for_its_kind_it_is_kept_and_moves_nothing(self, client: Client) -> None:
        await with_rules(client, CLICK=30)

        recorded = await done(
            client, "recordActivity", self.WANTED, lead={"email": "a@example.com"}, activity={"kind": "OPEN"}
        )

        assert recorded["changes"] == []
        assert recorded["lead"]["engagement"] == {"score": 0}
        assert recorded["lead"]["version"] == 1
        assert recorded["activity"]["occurredAt"] == recorded["activity"]["receivedAt"]
        assert recorded["activity"]["properties"] == {}

    async def test_an_older_activity_does_not_turn_back_the_last(self, client: Client) -> None:
        for moment in ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"):
            await with_activity(client, "a", "CLICK", occurredAt=moment)

        assert await lead(client, "lastActivityAt") == {"lastActivityAt": "2026-03-02T00:00:00+00:00"}

    async def test_a_repeat_of_its_key_answers_as_the_first_and_writes_nothing(
        self, client: Client, contents: Contents
    ) -> None:
        await with_rules(client, CLICK=30)
        given: Json = {"lead": {"externalId": "a"}, "activity": {"kind": "CLICK", "key": "mail-7"}}
        first = await done(client, "recordActivity", self.WANTED, **given)
        before = await contents()

        again = await done(client, "recordActivity", self.WANTED, **given)

        assert again == {**first, "duplicate": True}
        assert await contents() == before

    async def test_a_key_sent_many_times_at_once_counts_once(self, client: Client) -> None:
        await with_rules(client, CLICK=30)
        given: Json = {"lead": {"externalId": "a"}, "activity": {"kind": "CLICK", "key": "mail-7"}}

        answers = await asyncio.gather(
            *(done(client, "recordActivity", "duplicate activity { id }", **given) for _ in range(10))
        )

        assert sorted(answer["duplicate"] for answer in answers) == [False] + [True] * 9
        assert len({answer["activity"]["id"] for answer in answers}) == 1
        assert (await lead(client, "engagement { score }"))["engagement"] == {"score": 30}

    async def test_many_at_once_lose_no_point(self, client: Client) -> None:
        await with_rules(client, CLICK=3)

        await asyncio.gather(*(with_activity(client, f"lead {number % 3}", "CLICK") for number in range(30)))

        for number in range(3):
            found = await lead(client, "version engagement { score }", f"lead {number}")
            assert found == {"version": 10, "engagement": {"score": 30}}

    async def test_several_are_recorded_in_order(self, client: Client) -> None:
        await with_rules(client, CLICK=30, SPAM=-100)
        kinds = ["SPAM", "CLICK", "CLICK", "OPEN", "SPAM", "CLICK"]

        bulk = await done(
            client,
            "recordActivities",
            "results { ... on RecordActivityPayload { lead { version } changes { scoreAfter } } }",
            records=[{"lead": {"externalId": "a"}, "activity": {"kind": kind}} for kind in kinds],
        )

        assert [each["lead"]["version"] for each in bulk["results"]] == [1, 2, 3, 4, 5, 6]
        assert [[change["scoreAfter"] for change in each["changes"]] for each in bulk["results"]] == [
            [0], [30], [60], [], [0], [30],
        ]  # fmt: skip


class TestAdjustScore:
    WANTED = """duplicate lead { version engagement { score } profile { score } }
      change { id delta dimension scoreBefore scoreAfter reason cause parts { points suppressed } }"""

    async def test_points_are_given_with_a_reason(self, client: Client) -> None:
        given = await done(
            client,
            "adjustScore",
            self.WANTED,
            lead={"email": "A@example.com"},
            dimension="PROFILE",
            delta=12,
            reason="Met at the fair",
        )

        assert given["lead"] == {"version": 1, "engagement": {"score": 0}, "profile": {"score": 12}}
        del given["change"]["id"]
        assert given["change"] == {
            "delta": 12,
            "dimension": "PROFILE",
            "scoreBefore": 0,
            "scoreAfter": 12,
            "reason": "Met at the fair",
            "cause": "ADJUSTMENT",
            "parts": [{"points": 12, "suppressed": None}],
        }

    async def test_no_more_is_taken_than_there_is(self, client: Client) -> None:
        await with_score(client, "a", 5)

        taken = await done(client, "adjustScore", self.WANTED, lead={"externalId": "a"}, delta=-8)

        assert taken["lead"]["engagement"] == {"score": 0}
        assert taken["change"]["delta"] == -5
        assert taken["change"]["parts"] == [{"points": -5, "suppressed": "FLOOR"}]

    async def test_a_repeat_of_its_key_answers_as_the_first_and_writes_nothing(
        self, client: Client, contents: Contents
    ) -> None:
        given: Json = {"lead": {"externalId": "a"}, "delta": 5, "key": "fair"}
        first = await done(client, "adjustScore", self.WANTED, **given)
        before = await contents()

        again = await done(client, "adjustScore", self.WANTED, **given)

        assert again == {**first, "duplicate": True}
        assert await contents() == before

    async def test_several_are_made_in_order_over_both_dimensions(self, client: Client) -> None:
        items = [("a", 5, "ENGAGEMENT"), ("b", 7, "PROFILE"), ("a", 3, "PROFILE"), ("a", -9, "ENGAGEMENT")]

        bulk = await done(
            client,
            "adjustScores",
            "results { ... on AdjustScorePayload { change { dimension scoreAfter lead { externalId } } } }",
            adjustments=[
                {"lead": {"externalId": lead}, "delta": delta, "dimension": dimension}
                for lead, delta, dimension in items
            ],
        )

        assert [tuple(each["change"].values()) for each in bulk["results"]] == [
            ("ENGAGEMENT", 5, {"externalId": "a"}),
            ("PROFILE", 7, {"externalId": "b"}),
            ("PROFILE", 3, {"externalId": "a"}),
            ("ENGAGEMENT", 0, {"externalId": "a"}),
        ]

    @pytest.mark.parametrize("sign", [1, -1])
    async def test_the_same_key_may_serve_an_activity_and_an_adjustment(
        self, client: Client, sign: int
    ) -> None:
        steps = [
            with_activity(client, "a", "CLICK", key="k"),
            done(client, "adjustScore", "duplicate", lead={"externalId": "a"}, delta=5, key="k"),
        ][::sign]

        assert [(await step)["duplicate"] for step in steps] == [False, False]
