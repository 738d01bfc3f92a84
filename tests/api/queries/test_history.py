"""The history of all leads: walked newest first, chosen from, each change explained."""

from __future__ import annotations

from api.scalars import now
from tests.api.calls import done
from tests.api.queries.asking import DAY, LEVEL, of, pages
from tests.api.scenes import with_activity, with_levels, with_rules, with_score
from tests.client import Client


class TestTheHistory:
    QUERY = """query($first: Int, $after: String, $dimension: Dimension, $only: Boolean, $since: DateTime) {
      history(first: $first, after: $after, dimension: $dimension, tierChangesOnly: $only, since: $since) {
        pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { node { id at delta dimension reason cause tierChanged ruleSetVersion levelSetVersion
          lead { externalId } activity { kind } parts { points suppressed rule { name } } } } } }"""

    async def test_it_is_walked_newest_first_and_chosen_from(self, client: Client) -> None:
        await with_levels(client)
        for number, lead in enumerate(("a", "b", "a", "c"), 1):
            await with_score(client, lead, number * 10, reason=f"number {number}")
            await with_score(client, lead, 1, dimension="PROFILE")

        for first in (1, 3, 200):
            walked = await pages(client, self.QUERY, first)
            assert of(walked, "delta") == [1, 40, 1, 30, 1, 20, 1, 10]
        assert of(await pages(client, self.QUERY, 3, dimension="PROFILE"), "delta") == [1, 1, 1, 1]
        moved = await pages(client, self.QUERY, 1, only=True)
        assert of(moved, "reason") == ["number 4", "number 3"]
        assert of(moved, "lead", "externalId") == ["c", "a"]
        assert of(await pages(client, self.QUERY, 2, only=True, dimension="PROFILE"), "delta") == []

    async def test_nothing_before_a_moment_is_shown(self, client: Client) -> None:
        for delta in (1, 2, 3):
            await with_score(client, "a", delta)
        entries = of([await client(self.QUERY)])
        moments = [entry["at"] for entry in entries]

        for since in (*moments, (now() - DAY).isoformat(), (now() + DAY).isoformat()):
            expected = [entry["delta"] for entry in entries if entry["at"] >= since]
            assert of(await pages(client, self.QUERY, 1, since=since), "delta") == expected

    async def test_a_change_tells_what_each_rule_gave_and_why_not(self, client: Client) -> None:
        rules = [("Pays", "CLICK", 5, True), ("Sleeps", "CLICK", 7, False), ("Takes", "CLICK", -9, True)]
        for name, kind, points, is_enabled in rules:
            rule = {"name": name, "activity": kind, "points": points, "isEnabled": is_enabled}
            await done(client, "saveRule", "rule { id }", rule=rule)
        await done(client, "publishRules", "ruleSet { version }")
        await with_activity(client, "a", "CLICK")

        (entry,) = of([await client(self.QUERY)])
        assert entry["parts"] == [
            {"points": 5, "suppressed": None, "rule": {"name": "Pays"}},
            {"points": 0, "suppressed": "RULE_DISABLED", "rule": {"name": "Sleeps"}},
            {"points": -5, "suppressed": "FLOOR", "rule": {"name": "Takes"}},
        ]
        assert entry["delta"] == 0
        assert entry["cause"] == "ACTIVITY"
        assert entry["activity"] == {"kind": "CLICK"}
        assert (entry["ruleSetVersion"], entry["levelSetVersion"]) == (3, 0)

    async def test_an_adjustment_has_no_rule_and_no_activity(self, client: Client) -> None:
        await with_score(client, "a", 5, reason="A good talk")

        (entry,) = of([await client(self.QUERY)])
        assert entry["parts"] == [{"points": 5, "suppressed": None, "rule": None}]
        assert (entry["cause"], entry["reason"], entry["activity"]) == ("ADJUSTMENT", "A good talk", None)
        assert (entry["ruleSetVersion"], entry["levelSetVersion"]) == (None, 0)

    async def test_the_levels_of_a_change_are_those_of_then(self, client: Client) -> None:
        await with_levels(
            client,
            [{"name": "Low", "max": 9, "color": "#111111"}, {"name": "High", "min": 10, "color": "#222222"}],
        )
        await with_score(client, "a", 30)
        await with_levels(client, [{"name": "Low", "max": 99, "color": "#333333"}])
        await with_levels(client, [{"name": "Other"}])

        query = f"{{ history {{ edges {{ node {{ levelSetVersion levelBefore {{ {LEVEL} }} levelAfter {{ {LEVEL} }} }} }} }} }}"
        first = of([await client(query)])[-1]

        assert first == {
            "levelSetVersion": 1,
            "levelBefore": {
                "name": "Low",
                "min": None,
                "max": 9,
                "color": "#111111",
                "motion": None,
                "rank": 1,
            },
            "levelAfter": {
                "name": "High",
                "min": 10,
                "max": None,
                "color": "#222222",
                "motion": None,
                "rank": 2,
            },
        }

    async def test_the_score_is_the_sum_of_the_history(self, client: Client) -> None:
        await with_rules(client, CLICK=30, SPAM=-100)
        for kind in ("CLICK", "SPAM", "CLICK", "CLICK", "SPAM", "CLICK"):
            await with_activity(client, "a", kind)
            await with_score(client, "a", -7)

        deltas = of(await pages(client, self.QUERY, 5), "delta")
        lead = await client(
            '{ lead(by: {externalId: "a"}) { engagement { score contributions { points } } } }'
        )
        assert (
            lead["engagement"]["score"]
            == sum(deltas)
            == sum(each["points"] for each in lead["engagement"]["contributions"])
        )
