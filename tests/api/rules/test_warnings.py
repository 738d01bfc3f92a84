"""What is odd about rules is said in words, with the way out: of a draft, and of every version."""

from __future__ import annotations

import pytest

from tests.api.calls import Json, done
from tests.api.rules.asking import (
    CLICK,
    IN_EU,
    LOSS,
    PROFILE,
    history,
    publish,
    record,
    save,
    upsert,
    warnings,
)
from tests.api.scenes import check
from tests.client import Client

INFLATING = (
    "nothing takes points away, so that in time every lead is hot; let points expire or halve, or inactive leads lose "
    "some (saveScoringPolicy)"
)
OPEN: Json = {"name": "An open", "activity": "OPEN", "points": 10}


async def drafted(client: Client, *rules: Json) -> list[str]:
    for rule in rules:
        await save(client, rule)
    return await warnings(client)


async def test_rules_that_are_as_they_should_be_warn_of_nothing(client: Client) -> None:
    assert (
        await drafted(client, CLICK, {**CLICK, "condition": IN_EU}, {**PROFILE, "condition": IN_EU}, LOSS)
        == []
    )


@pytest.mark.parametrize(
    "rules", [[CLICK], [CLICK, OPEN, {**LOSS, "isEnabled": False}]], ids=["one", "disabled"]
)
async def test_that_nothing_takes_points_away(client: Client, rules: list[Json]) -> None:
    assert await drafted(client, *rules) == [INFLATING]


async def test_of_a_set_without_rules_there_is_nothing_to_say(client: Client) -> None:
    await done(client, "saveScoringPolicy", "rule { id }", ceiling=5)

    assert await warnings(client) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"all": [check("activity.n", "GT", 5), check("activity.n", "LT", 3)]},
        {"all": [check("lead.company", "EQUALS", "A"), check("lead.company", "EQUALS", "B")]},
        {"all": [check("lead.email", "MISSING"), {"all": [check("lead.email", "EXISTS")]}]},
    ],
    ids=["a range", "two values", "missing and there"],
)
async def test_that_a_condition_contradicts_itself(client: Client, condition: Json) -> None:
    assert await drafted(client, {**CLICK, "condition": condition}, LOSS) == [
        "'A click' can never pay, for its condition contradicts itself; change the condition"
    ]
    assert await drafted(client, {**PROFILE, "condition": check("lead.tags", "EXISTS")}) != []


@pytest.mark.parametrize("rule", [CLICK, {**CLICK, "condition": IN_EU}, {**PROFILE, "condition": IN_EU}])
async def test_that_two_rules_pay_for_the_same(client: Client, rule: Json) -> None:
    other = {**rule, "name": "The other", "points": 3}

    assert await drafted(client, rule, other, LOSS) == [
        f"'{rule['name']}' and 'The other' pay for the same; remove one, or give them different conditions"
    ]
    assert await drafted(client, {**other, "name": "Off", "isEnabled": False}) != []
    assert "Off" not in str(await warnings(client))


async def test_rules_that_ask_for_1_and_for_true_do_not_pay_for_the_same(client: Client) -> None:
    one, true = check("activity.it", "EQUALS", 1), check("activity.it", "EQUALS", value=True)

    assert await drafted(client, {**CLICK, "condition": one}, {**CLICK, "condition": true}, LOSS) == []


class TestThatOneRuleGivesTooMuch:
    """More than two fifths of all points, taken or given, by what was recorded."""

    async def test_is_told_by_what_was_recorded(self, client: Client) -> None:
        await publish(client, {**CLICK, "points": 10}, OPEN, {**LOSS, "points": -10})
        assert await warnings(client, "PUBLISHED") == []
        for kind in ("CLICK", "CLICK", "OPEN", "OPEN", "UNSUBSCRIBED"):
            await record(client, kind=kind)
        assert await warnings(client, "PUBLISHED") == []

        await record(client, "b")

        assert await warnings(client, "PUBLISHED") == [
            "'A click' gives 50% of all points, by the last 30 days; lower its points, or limit how often it pays"
        ]

    async def test_counts_what_was_paid_alone(self, client: Client) -> None:
        capped = {**CLICK, "points": 10, "limit": {"times": 1, "per": "EVER"}}
        await publish(client, capped, OPEN, {**LOSS, "points": -10})
        for kind in ("OPEN", "UNSUBSCRIBED", *["CLICK"] * 10):
            await record(client, kind=kind)

        assert await warnings(client, "PUBLISHED") == []

    async def test_is_told_of_a_draft_by_the_points_that_it_would_give(self, client: Client) -> None:
        ids = await publish(client, {**CLICK, "points": 10}, OPEN, {**LOSS, "points": -10})
        for kind in ("CLICK", "OPEN", "UNSUBSCRIBED"):
            await record(client, kind=kind)

        await save(client, {**OPEN, "points": 30}, id=ids[1])

        assert await warnings(client, "PUBLISHED") == []
        assert await warnings(client) == [
            "'An open' gives 60% of all points, by the last 30 days; lower its points, or limit how often it pays"
        ]

    async def test_is_told_of_rules_of_the_profile_too(self, client: Client) -> None:
        await publish(client, {**PROFILE, "condition": IN_EU}, CLICK, LOSS)
        for name in "abcd":
            await upsert(client, name, addTags=["eu"])
        for kind in ("CLICK", "UNSUBSCRIBED"):
            await record(client, kind=kind)

        (warning,) = await warnings(client, "PUBLISHED")

        assert warning.startswith("'In the EU' gives 70% of all points")


async def test_everything_odd_is_told_at_once_and_of_every_version(client: Client) -> None:
    never = {"all": [check("activity.n", "GT", 5), check("activity.n", "LT", 3)]}
    await publish(
        client, CLICK, {**CLICK, "name": "The other"}, {**CLICK, "name": "Never", "condition": never}
    )
    await record(client)
    await publish(client, LOSS)
    await save(client, CLICK)

    told = [each["warnings"] for each in await history(client, "warnings")]

    assert [len(each) for each in told] == [5, 4, 5]
    assert told[2][-1] == INFLATING
    assert [each.split(" ")[0] for each in told[2]] == ["'Never'", "'A", "'A", "'The", "nothing"]


async def test_the_warnings_of_every_version_are_told_on_a_page_whose_size_is_a_variable(
    client: Client,
) -> None:
    await publish(client, LOSS)

    found = await client(
        "query($first: Int) { ruleSets(first: $first) { edges { node { warnings } } } }", first=5
    )

    assert found == {"edges": [{"node": {"warnings": []}}]}
