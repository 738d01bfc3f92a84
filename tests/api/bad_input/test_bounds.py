"""What is just within the bounds is taken."""

from __future__ import annotations

from tests.api.bad_input.conditions import deep
from tests.api.bad_input.inputs import ahead, nested, rule
from tests.api.calls import Json, done
from tests.api.scenes import check, with_levels
from tests.client import Client

EXTERNAL_ID, EMAIL = "x" * 255, "e" * 320
LONGEST_LEAD: Json = {
    "name": "n" * 200,
    "company": "c" * 200,
    "email": EMAIL,
    "attributes": {"text": "x" * 99_989},
    "addTags": [f"{number:0200}" for number in range(100)],
}
MANY_LEVELS: list[Json] = [{"name": str(number), "min": number, "max": number} for number in range(50)]
VALUES = {"number": 2**63 - 1, "least": -(2**63), "dotted.name": 1.5, "text": "nul \0", "none": None}


def longest_activity() -> Json:
    """The longest in every way, at about the latest time."""
    return {
        "kind": "K" * 64,
        "key": "k" * 255,
        "properties": nested(10),
        "occurredAt": ahead(hours=23, minutes=50),
    }


KNOWN = check("lead.email", "EXISTS")
WIDEST: list[Json] = [
    {"limit": {"times": 1, "per": "EVER"}, "maxPoints": 1},
    {"limit": {"times": 10_000, "per": "MONTH"}, "maxPoints": 2_000_000_000},
    {"points": 1_000_000, "maxPoints": 1_000_000},
    {"points": -1_000_000, "maxPoints": 1_000_000},
    {"condition": deep(5)},
    {"condition": {"all": [{"any": [KNOWN] * 25}, {"not": {"all": [KNOWN] * 25}}]}},
    {"condition": check("activity." + "x" * 991, "MATCHES", "?" * 1_000)},
    {"condition": check("activity.a", "IN", ["x" * 1_000, *range(99)])},
    {"condition": check("activity.a", "GTE", 2**63 - 1)},
]


async def test_rules_just_within_the_bounds_are_taken(other: Client) -> None:
    for given in WIDEST:
        saved = await done(other, "saveRule", "rule { condition maxPoints points }", **rule(**given))
        assert {name: saved["rule"][name] for name in given if name in saved["rule"]} == {
            name: value for name, value in given.items() if name in saved["rule"]
        }
    for floor, ceiling in ((-2_000_000_000, 2_000_000_000), (0, 1)):
        ends = {"floor": floor, "ceiling": ceiling}
        saved = await done(other, "saveScoringPolicy", "ruleSet { floor ceiling }", **ends)
        assert saved == {"ruleSet": ends}
    await done(other, "publishRules", "ruleSet { version }", comment="c" * 1_000)
    await done(other, "revertRules", "ruleSet { version }", version=11, comment="c" * 1_000)
    tried = await other(
        "query($input: TestRulesInput!) { testRules(input: $input) { after { score } } }",
        input={"state": "PUBLISHED", "activities": [{"kind": "CLICK"}] * 100},
    )

    assert tried == {"after": {"score": 1}}


async def test_what_is_just_within_the_bounds_is_taken(other: Client) -> None:
    lead = {"externalId": EXTERNAL_ID}
    await done(other, "upsertLead", "lead { id }", lead=lead, **LONGEST_LEAD)
    await done(other, "recordActivity", "lead { id }", lead=lead, activity=longest_activity())
    for delta in (1_000_000, -1_000_000):
        await done(
            other, "adjustScore", "change { delta }", lead={"email": EMAIL}, delta=delta, reason="r" * 1_000
        )
    await with_levels(other, MANY_LEVELS, comment="c" * 1_000)
    recorded = await done(
        other,
        "recordActivity",
        "activity { properties }",
        lead={"externalId": "b"},
        activity={"kind": "K2", "properties": VALUES},
    )

    found = await other("{ leads { totalCount edges { node { name tags } } } }")
    assert found["totalCount"] == 2
    assert max(len(edge["node"]["tags"]) for edge in found["edges"]) == 100
    assert recorded["activity"]["properties"] == VALUES
