"""One request from the client to the database and back to a board."""

from __future__ import annotations

from typing import Any

from tests.client import Client

LEVELS = [
    {"name": "Cold", "min": 0, "max": 24},
    {"name": "Warm", "min": 25, "max": 49},
    {"name": "Hot", "min": 50, "max": 74},
    {"name": "Very Hot", "min": 75},
]


async def configured(client: Client) -> None:
    """Give the workspace four levels, and ten points for a click."""
    levels = await client(
        """mutation($levels: [LevelInput!]!) {
          replaceLevels(input: {dimension: ENGAGEMENT, levels: $levels}) {
            ... on LevelsPayload { levelSet { version } } ... on UserError { message } } }""",
        levels=LEVELS,
    )
    assert levels == {"levelSet": {"version": 1}}
    rule = {"name": "Click", "activity": "LINK_CLICKED", "points": 30}
    await client("mutation($rule: RuleInput!) { saveRule(input: {rule: $rule}) { __typename } }", rule=rule)
    published = await client(
        "mutation { publishRules(input: {}) { ... on PublishRulesPayload { ruleSet { state } } } }"
    )
    assert published == {"ruleSet": {"state": "PUBLISHED"}}


async def click(client: Client, lead: str, key: str) -> dict[str, Any]:
    recorded: dict[str, Any] = await client(
        """mutation($lead: String!, $key: String) {
          recordActivity(input: {lead: {externalId: $lead}, activity: {kind: "LINK_CLICKED", key: $key}}) {
            ... on UserError { message }
            ... on RecordActivityPayload {
              duplicate lead { id version engagement { score level { name } contributions { source points } } }
              changes { delta tierChanged parts { points rule { name } } } } } }""",
        lead=lead,
        key=key,
    )
    return recorded


async def test_a_click_is_scored_explained_kept_and_told(client: Client) -> None:
    await configured(client)
    tiers = """subscription { leadTierChanged { ... on TierChanges {
      cursor changes { lead { externalId engagement { score } } from { name } to { name } score version } } } }"""

    async with client.subscribe(tiers) as board:
        recorded = await click(client, "crm-1", "mail-7")
        told = await anext(board)

    assert recorded["lead"]["engagement"] == {
        "score": 30,
        "level": {"name": "Warm"},
        "contributions": [{"source": "Click", "points": 30.0}],
    }
    assert recorded["changes"] == [
        {"delta": 30, "tierChanged": True, "parts": [{"points": 30, "rule": {"name": "Click"}}]}
    ]
    (change,) = told["changes"]
    assert (change["from"]["name"], change["to"]["name"]) == ("Cold", "Warm")
    assert change["lead"] == {"externalId": "crm-1", "engagement": {"score": 30}}
    again = await click(client, "crm-1", "mail-7")
    assert again == {**recorded, "duplicate": True}
