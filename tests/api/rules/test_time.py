"""Points that time takes back: what the rules say of them, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.scalars import now
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.rules.asking import CLICK, LOSS, PROFILE, publish, rule_set, save, tried, warnings
from tests.api.scenes import check
from tests.client import Client

DAY = timedelta(days=1)
TIMED = "name expiresAfterDays halfLifeDays"
INACTIVITY = "inactivity { afterDays everyDays points percent }"
IDLE: Json = {"afterDays": 30, "everyDays": 7, "points": 5}
TENTH: Json = {"afterDays": 1, "everyDays": 3650, "percent": 12.5}
IN_EU = check("lead.tags", "CONTAINS", "eu")


async def standing(client: Client, lead: str = "a") -> Json:
    found: Json = await client(
        """query($id: String!) { lead(by: {externalId: $id}) { engagement { score
          contributions { source points uses capped expiresAt rule { name } } } } }""",
        id=lead,
    )
    engagement: Json = found["engagement"]
    return engagement


async def recorded(client: Client, ago: timedelta, kind: str = "CLICK") -> list[Json]:
    """Record what happened so long ago; the parts of what it did."""
    wanted = "changes { delta parts { points suppressed rule { name } } }"
    activity = {"kind": kind, "occurredAt": (now() - ago).isoformat()}
    found = await done(client, "recordActivity", wanted, lead={"externalId": "a"}, activity=activity)
    return [part for change in found["changes"] for part in change["parts"]]


class TestRules:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({}, (None, None)),
            ({"expiresAfterDays": 1}, (1, None)),
            ({"expiresAfterDays": 3650, "halfLifeDays": None}, (3650, None)),
            ({"halfLifeDays": 1}, (None, 1)),
            ({"halfLifeDays": 3650}, (None, 3650)),
        ],
        ids=str,
    )
    async def test_are_kept_as_they_were_given(
        self, client: Client, given: Json, expected: tuple[int | None, int | None]
    ) -> None:
        saved = await done(client, "saveRule", f"rule {{ {TIMED} }}", rule={**CLICK, **given})
        await publish(client)

        found = await rule_set(client, wanted=f"rules {{ {TIMED} }}")

        wanted = dict(zip(TIMED.split(), ("A click", *expected), strict=True))
        assert saved == {"rule": wanted}
        assert found == {"rules": [wanted]}

    async def test_are_replaced_whole(self, client: Client) -> None:
        rule_id = (await save(client, {**CLICK, "expiresAfterDays": 30}))["id"]

        await save(client, {**CLICK, "halfLifeDays": 14}, id=rule_id)
        halving = await rule_set(client, "DRAFT", f"rules {{ {TIMED} }}")
        await save(client, CLICK, id=rule_id)
        lasting = await rule_set(client, "DRAFT", f"rules {{ {TIMED} }}")

        assert halving == {"rules": [{"name": "A click", "expiresAfterDays": None, "halfLifeDays": 14}]}
        assert lasting == {"rules": [{"name": "A click", "expiresAfterDays": None, "halfLifeDays": None}]}

    @pytest.mark.parametrize("drafted", [False, True])
    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            (
                {**CLICK, "expiresAfterDays": 0},
                [("expiresAfterDays", "must lie between 1 and 3,650; it is 0")],
            ),
            (
                {**CLICK, "expiresAfterDays": 3651},
                [("expiresAfterDays", "must lie between 1 and 3,650; it is 3651")],
            ),
            ({**CLICK, "halfLifeDays": -1}, [("halfLifeDays", "must lie between 1 and 3,650; it is -1")]),
            ({**CLICK, "halfLifeDays": 3651}, [("halfLifeDays", "must lie between 1 and 3,650; it is 3651")]),
            (
                {**CLICK, "expiresAfterDays": 1, "halfLifeDays": 1},
                [
                    (
                        "halfLifeDays",
                        "must be left out beside expiresAfterDays: points expire or halve, not both",
                    )
                ],
            ),
            (
                {**PROFILE, "condition": IN_EU, "expiresAfterDays": 1, "halfLifeDays": 1},
                [
                    (
                        name,
                        "is for rules of engagement; a rule of the profile pays for as long as its condition holds",
                    )
                    for name in ("expiresAfterDays", "halfLifeDays")
                ],
            ),
        ],
        ids=["0", "3651", "-1", "half 3651", "both", "profile"],
    )
    async def test_that_are_refused_change_nothing(
        self, client: Client, contents: Contents, rule: Json, expected: list[tuple[str, str]], drafted: bool
    ) -> None:
        given = {"id": (await save(client, CLICK))["id"]} if drafted else {}
        before = await contents()

        refusal = await refused(client, "saveRule", rule=rule, **given)

        assert refusal["__typename"] == "InvalidInput"
        assert refusal["problems"] == [
            {"__typename": "InputProblem", "path": ["rule", name], "message": message}
            for name, message in expected
        ]
        assert await contents() == before

    @pytest.mark.parametrize(
        "way_out",
        [{"expiresAfterDays": 90}, {"halfLifeDays": 30}],
        ids=str,
    )
    async def test_whose_points_end_do_not_inflate_scores(self, client: Client, way_out: Json) -> None:
        rule_id = (await save(client, CLICK))["id"]
        (before,) = await warnings(client)

        await save(client, {**CLICK, **way_out}, id=rule_id)

        assert "nothing takes points away" in before
        assert await warnings(client) == []

    async def test_do_not_inflate_scores_where_inactivity_costs(self, client: Client) -> None:
        await save(client, CLICK)
        assert await warnings(client)

        await done(client, "saveScoringPolicy", "rule { id }", inactivity=IDLE)

        assert await warnings(client) == []


class TestInactivity:
    @pytest.mark.parametrize("given", [IDLE, TENTH, {**IDLE, "percent": None}], ids=str)
    async def test_is_kept_when_it_is_left_out_and_cleared_by_null(self, client: Client, given: Json) -> None:
        async def saved(**policy: Any) -> Any:
            draft = await done(client, "saveScoringPolicy", f"ruleSet {{ {INACTIVITY} }}", **policy)
            return draft["ruleSet"]["inactivity"]

        expected = {"points": None, "percent": None, **given}

        assert await saved(inactivity=given) == expected
        assert await saved(ceiling=100) == expected
        await save(client, CLICK)
        await publish(client)
        assert await rule_set(client, wanted=INACTIVITY) == {"inactivity": expected}
        assert await saved(floor=-5) == expected
        assert await saved(inactivity=None) is None
        assert await rule_set(client, wanted=INACTIVITY) == {"inactivity": expected}
        await publish(client)
        assert await rule_set(client, wanted=f"floor ceiling {INACTIVITY}") == {
            "floor": -5,
            "ceiling": 100,
            "inactivity": None,
        }

    @pytest.mark.parametrize("drafted", [False, True])
    @pytest.mark.parametrize(
        ("given", "path", "message"),
        [
            ({"percent": 10}, [], "needs exactly one of points and percent"),
            ({"points": None}, [], "needs exactly one of points and percent"),
            ({"afterDays": 0}, ["afterDays"], "must lie between 1 and 3,650; it is 0"),
            ({"afterDays": 3651}, ["afterDays"], "must lie between 1 and 3,650; it is 3651"),
            ({"everyDays": 0}, ["everyDays"], "must lie between 1 and 3,650; it is 0"),
            ({"everyDays": 3651}, ["everyDays"], "must lie between 1 and 3,650; it is 3651"),
            ({"points": 0}, ["points"], "must lie between 1 and 1,000,000; it is 0"),
            ({"points": -1}, ["points"], "must lie between 1 and 1,000,000; it is -1"),
            ({"points": 1_000_001}, ["points"], "must lie between 1 and 1,000,000; it is 1000001"),
            ({"points": None, "percent": 0}, ["percent"], "must lie between 0.01 and 100; it is 0.0"),
            ({"points": None, "percent": -0.5}, ["percent"], "must lie between 0.01 and 100; it is -0.5"),
            ({"points": None, "percent": 100.5}, ["percent"], "must lie between 0.01 and 100; it is 100.5"),
        ],
        ids=str,
    )
    async def test_that_is_refused_changes_nothing(
        self,
        client: Client,
        contents: Contents,
        given: Json,
        path: list[str],
        message: str,
        drafted: bool,
    ) -> None:
        if drafted:
            await done(client, "saveScoringPolicy", "rule { id }", inactivity=TENTH)
        before = await contents()

        refusal = await refused(client, "saveScoringPolicy", floor=-3, inactivity={**IDLE, **given})

        assert refusal["__typename"] == "InvalidInput"
        assert [(each["path"], each["message"]) for each in refusal["problems"]] == [
            (["inactivity", *path], message)
        ]
        assert await contents() == before


class TestLateActivities:
    async def test_bring_what_is_left_of_points_that_halve(self, client: Client) -> None:
        await publish(client, {**CLICK, "points": 40, "halfLifeDays": 10})

        parts = await recorded(client, 20 * DAY)

        found = await standing(client)
        (contribution,) = found["contributions"]
        assert (found["score"], [part["points"] for part in parts]) == (10, [10])
        assert (contribution["source"], contribution["rule"]) == ("A click", {"name": "A click"})
        assert (contribution["uses"], contribution["capped"], contribution["expiresAt"]) == (1, False, None)
        assert 9.99 < contribution["points"] < 10

    async def test_bring_nothing_when_their_points_have_expired(self, client: Client) -> None:
        await publish(client, {**CLICK, "expiresAfterDays": 10}, LOSS)

        parts = await recorded(client, 10 * DAY)

        assert parts == [{"points": 0, "suppressed": "EXPIRED", "rule": {"name": "A click"}}]
        assert await standing(client) == {"score": 0, "contributions": []}

    async def test_bring_points_that_expire_by_when_it_happened(self, client: Client) -> None:
        await publish(client, {**CLICK, "expiresAfterDays": 10})
        happened = now() - 4 * DAY

        activity = {"kind": "CLICK", "occurredAt": happened.isoformat()}
        await done(client, "recordActivity", "lead { id }", lead={"externalId": "a"}, activity=activity)

        (contribution,) = (await standing(client))["contributions"]
        assert (contribution["points"], contribution["expiresAt"]) == (30, (happened + 10 * DAY).isoformat())


async def test_a_trial_runs_through_time(client: Client) -> None:
    await save(client, {**CLICK, "points": 40, "halfLifeDays": 10})
    await save(client, {"name": "A visit", "activity": "VISIT", "points": 7, "expiresAfterDays": 5})
    begin = now()
    did = [
        {"kind": kind, "occurredAt": (begin + days * DAY).isoformat()}
        for kind, days in (("CLICK", 0), ("VISIT", 0), ("VISIT", 20))
    ]

    found = await client(
        """query($input: TestRulesInput!) { testRules(input: $input) {
          before { score } after { score contributions { source points } }
          parts { source points suppressed rule { name } } } }""",
        input={"activities": did},
    )

    assert found["before"] == {"score": 0}
    assert found["after"]["score"] == 17
    assert [(part["source"], part["points"], part["suppressed"]) for part in found["parts"]] == [
        ("A click", 40, None),
        ("A visit", 7, None),
        ("A visit", -7, None),
        ("A click", -30, None),
        ("A visit", 7, None),
    ]
    assert sum(part["points"] for part in found["parts"]) == 17


async def test_a_trial_tells_what_doing_nothing_costs(client: Client) -> None:
    await done(client, "saveScoringPolicy", "rule { id }", inactivity=IDLE)
    await save(client, CLICK)
    begin = now()
    did = [{"kind": "CLICK", "occurredAt": (begin + days * DAY).isoformat()} for days in (0, 38)]

    found = await tried(client, *did)

    assert [(part["points"], part["rule"]) for part in found["parts"]] == [
        (30, {"name": "A click"}),
        (-10, None),
        (30, {"name": "A click"}),
    ]
    assert found["after"]["score"] == 50
