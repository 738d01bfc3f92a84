"""Where scores end is said in the draft, and is so once that is published."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.rules.asking import CLICK, LOSS, entries, publish, record, rule_set, save, score
from tests.api.scenes import with_score
from tests.client import Client


async def policy(client: Client, **given: Any) -> Json:
    """Save the policy, and return the draft as it came back."""
    saved = await done(
        client, "saveScoringPolicy", "ruleSet { version state floor ceiling } rule { id }", **given
    )
    assert saved["rule"] is None
    draft: Json = saved["ruleSet"]
    return draft


async def ends(client: Client, state: str = "PUBLISHED") -> Json | None:
    return await rule_set(client, state, "floor ceiling")


async def test_scores_are_held_to_it_only_after_publishing(client: Client) -> None:
    await publish(client, CLICK, LOSS)

    assert await policy(client, floor=-3, ceiling=40) == {
        "version": 3,
        "state": "DRAFT",
        "floor": -3,
        "ceiling": 40,
    }
    assert await ends(client) == {"floor": 0, "ceiling": None}
    assert [await record(client) for _ in range(2)] == [[(30, None)]] * 2
    assert await record(client, "b", "UNSUBSCRIBED") == [(0, "FLOOR")]
    await publish(client)

    assert await ends(client) == {"floor": -3, "ceiling": 40}
    assert await record(client) == [(0, "CEILING")]
    assert await score(client) == 60
    assert await record(client, "b", "UNSUBSCRIBED") == [(-3, "FLOOR")]
    assert await record(client, "c") == [(30, None)]
    assert await record(client, "c") == [(10, "CEILING")]
    assert [each["scoreAfter"] for each in await entries(client, "c", "ENGAGEMENT")] == [30, 40]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"floor": -5, "ceiling": 50}),
        ({"floor": None}, {"floor": None, "ceiling": 50}),
        ({"ceiling": None}, {"floor": -5, "ceiling": None}),
        ({"floor": None, "ceiling": None}, {"floor": None, "ceiling": None}),
        ({"floor": 0}, {"floor": 0, "ceiling": 50}),
        ({"ceiling": 1}, {"floor": -5, "ceiling": 1}),
    ],
    ids=str,
)
async def test_what_is_left_out_stays_and_null_clears_it(client: Client, given: Json, expected: Json) -> None:
    await policy(client, floor=-5, ceiling=50)
    await publish(client)

    saved = await policy(client, **given)
    await publish(client)

    assert {name: saved[name] for name in expected} == await ends(client) == expected


async def test_without_a_floor_scores_fall_under_0_and_without_a_ceiling_rise(client: Client) -> None:
    await policy(client, floor=None, ceiling=None)
    await publish(client, CLICK, LOSS)

    assert await record(client, "a", "UNSUBSCRIBED") == [(-5, None)]
    await with_score(client, "a", 1_000_000)
    assert await record(client) == [(30, None)]


async def test_it_stays_when_rules_are_edited_and_they_stay_when_it_is(client: Client) -> None:
    await save(client, CLICK)
    await policy(client, floor=-5)
    await save(client, LOSS)
    await policy(client, ceiling=50)
    await publish(client)

    found = await rule_set(client, wanted="floor ceiling rules { name }")

    assert found == {"floor": -5, "ceiling": 50, "rules": [{"name": "A click"}, {"name": "Goes away"}]}


async def test_a_draft_begins_with_what_is_published(client: Client) -> None:
    await policy(client, floor=-5, ceiling=50)
    await publish(client)

    await save(client, CLICK)

    assert await ends(client, "DRAFT") == {"floor": -5, "ceiling": 50}


@pytest.mark.parametrize("given", [{"floor": 1}, {"ceiling": 0}, {"floor": 5, "ceiling": -5}], ids=str)
async def test_one_out_of_bounds_opens_no_draft(client: Client, contents: Contents, given: Json) -> None:
    await publish(client, CLICK)
    before = await contents()

    refusal = await refused(client, "saveScoringPolicy", **given)

    assert refusal["__typename"] == "InvalidInput"
    assert [problem["path"] for problem in refusal["problems"]] == [[name] for name in given]
    assert await contents() == before
