"""What sets automations off, seen from outside: by points, by edits, by nothing twice; and foretold."""

from __future__ import annotations

import pytest

from tests.api.automations.asking import ENTERS_HOT, TAG, create, deliveries
from tests.api.calls import Json, done
from tests.api.scenes import LEVELS, all_told, check, with_crowd, with_levels, with_score
from tests.client import Client

RAISED: list[Json] = [
    {"name": "Cold", "min": 0, "max": 29},
    {"name": "Warm", "min": 30, "max": 59},
    {"name": "Hot", "min": 60, "max": 74},
    {"name": "Very Hot", "min": 75},
]
LEAVES_HOT: Json = {"event": "TIER_LEFT", "level": "Hot"}
CROWD = {f"lead-{score}": score for score in (10, 26, 52, 55, 57, 63, 80)}


async def told(client: Client) -> list[str]:
    found = await deliveries(client, "lead { externalId }")
    return sorted(each["lead"]["externalId"] for each in found)


async def test_each_action_of_a_firing_is_a_delivery(client: Client) -> None:
    await with_levels(client)
    await create(client, ENTERS_HOT, TAG, {"kind": "REMOVE_TAG", "tag": "cold"})

    await with_score(client, "ada", 60)
    await with_score(client, "ada", 1)

    found = await deliveries(client, "action { kind tag } lead { externalId } automation { name }")
    assert sorted(each["action"]["tag"] for each in found) == ["cold", "hot"]
    assert {each["lead"]["externalId"] for each in found} == {"ada"}


async def test_a_change_that_is_sent_twice_sets_nothing_off_twice(client: Client) -> None:
    await with_levels(client)
    await create(client, {"event": "SCORE_REACHED", "threshold": 50})

    for _ in range(2):
        await with_score(client, "ada", 60, key="once")

    assert await told(client) == ["ada"]


@pytest.mark.parametrize(
    ("announce", "expected"), [("ALL", ["lead-52", "lead-55", "lead-57"]), ("UPWARD", []), ("SILENT", [])]
)
async def test_an_edit_of_the_levels_sets_off_what_it_announces(
    client: Client, announce: str, expected: list[str]
) -> None:
    await with_levels(client)
    await with_crowd(client, CROWD)
    await create(client, LEAVES_HOT)

    await with_levels(client, RAISED, announce=announce)
    await all_told(client)

    assert await told(client) == expected


@pytest.mark.parametrize("condition", [None, check("lead.engagement.score", "GT", 53)])
@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("announce", ["ALL", "SILENT"])
async def test_a_preview_of_levels_foretells_what_the_edit_sets_off(
    client: Client, condition: Json | None, once: bool, announce: str
) -> None:
    """However the table before was announced."""
    await with_levels(client, announce=announce)
    await with_crowd(client, CROWD)
    made = await create(client, LEAVES_HOT, condition=condition, oncePerLead=once)
    await create(client, {"event": "TIER_ENTERED", "level": "Very Hot"})

    preview = await client(
        "query($levels: [LevelInput!]!) { previewLevels(dimension: ENGAGEMENT, levels: $levels) "
        "{ automations { automation { id } firings } } }",
        levels=RAISED,
    )
    await with_levels(client, RAISED)
    await all_told(client)

    foretold = {each["automation"]["id"]: each["firings"] for each in preview["automations"]}
    assert foretold == {made: len(await told(client))}
    assert foretold[made] == (2 if condition else 3)


async def test_a_preview_of_rules_foretells_what_their_replay_sets_off(client: Client) -> None:
    await with_levels(client)
    rule = {"name": "Clicked", "activity": "LINK_CLICKED", "points": 20}
    saved = await done(client, "saveRule", "rule { id }", rule=rule)
    await done(client, "publishRules", "ruleSet { version }")
    for lead in ("ada", "bob", "eve"):
        for _ in range(1 if lead == "eve" else 2):
            await done(
                client,
                "recordActivity",
                "lead { id }",
                lead={"externalId": lead},
                activity={"kind": "LINK_CLICKED"},
            )
    made = await create(client, ENTERS_HOT)
    await done(client, "saveRule", "rule { id }", id=saved["rule"]["id"], rule={**rule, "points": 30})

    preview = await client("{ previewRules { automations { automation { id } firings } } }")
    await done(client, "publishRules", "job { id }", rescore="REPLAY")
    await all_told(client)

    assert preview["automations"] == [{"automation": {"id": made}, "firings": 2}]
    assert await told(client) == ["ada", "bob"]


async def test_a_trial_of_rules_says_what_it_would_set_off_and_sets_nothing_off(client: Client) -> None:
    await with_levels(client)
    rule = {"name": "Clicked", "activity": "LINK_CLICKED", "points": 30}
    await done(client, "saveRule", "rule { id }", rule=rule)
    made = await create(client, ENTERS_HOT)

    trial = await client(
        "query($activities: [ActivityInput!]!) { testRules(input: {activities: $activities}) { firings { id } } }",
        activities=[{"kind": "LINK_CLICKED"}] * 2,
    )

    assert trial["firings"] == [{"id": made}]
    assert await deliveries(client, "id") == []


async def test_a_lead_that_was_deleted_leaves_what_was_set_off_by_it(client: Client) -> None:
    await with_levels(client, LEVELS)
    await create(client)
    await with_score(client, "ada", 60)

    await done(client, "deleteLead", "deletedId", lead={"externalId": "ada"})

    assert await deliveries(client, "lead { id } action { tag }") == [
        {"lead": None, "action": {"tag": "hot"}}
    ]
